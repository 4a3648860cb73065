import { Option, type Command } from 'commander';
import type { ClientSource, ClientState } from '../../index.js';
import { addApproveCommand } from './client-approve.command.js';
import { addClientAddCommand } from './client-add.command.js';
import { clientFacts } from './client-facts.js';
import { addResumeCommand } from './client-resume.command.js';
import { addClientScopeCommand } from './client-scope.command.js';
import { addResetTokenCommand } from './client-reset-token.command.js';
import { addRotateSecretCommand } from './client-rotate-secret.command.js';
import { addSuspendCommand } from './client-suspend.command.js';
import { clientTable } from './clients-list.js';
import { addPurgeCommand } from './client-purge.command.js';
import { addReencryptCommand } from './client-reencrypt.command.js';
import { addTransferCommands } from './clients-transfer.command.js';
import { pageSize } from './page-size.option.js';
import { withBoundary } from '../connection/boundary.option.js';
import { withConnection } from '../connection/connection.option.js';
import { jsonText } from '../terminal/json-text.js';
import { printable, shellWord } from '../terminal/message-text.js';

const PAGE = 100;
const LARGEST_PAGE = 1_000;
/** What makes clients, and says itself whose they are. */
const UNBOUNDED = ['add', 'add-client', 'import'];

/** `dcr clients`: what an operator does with clients. */
export function addClientsCommand(program: Command): void {
  const clients = program
    .command('clients')
    .description('add, list, change, remove, export and import clients')
    .addHelpText('after', '\nExample:\n  $ dcr clients list --connect sqlite:auth.sqlite');
  addClientAddCommand(clients, 'add');
  addClientScopeCommand(clients, 'set-scope');
  addList(clients);
  addShow(clients);
  addRotateSecretCommand(clients);
  addResetTokenCommand(clients);
  addApproveCommand(clients);
  addSuspendCommand(clients);
  addResumeCommand(clients);
  addRemove(clients);
  addTransferCommands(clients);
  addReencryptCommand(clients);
  addPurgeCommand(clients);
  bound(clients);
}

/** `dcr auth`: two of them under the names that users of other servers know. */
export function addAuthCommand(program: Command): void {
  const auth = program.command('auth').description('add a client, or replace its scopes: the same as dcr clients');
  addClientAddCommand(auth, 'add-client');
  addClientScopeCommand(auth, 'set-scope');
  bound(auth);
}

/** Whoever looks after one owner or tenant sees and changes nothing of the others. */
function bound(group: Command): void {
  for (const command of group.commands) if (!UNBOUNDED.includes(command.name())) withBoundary(command);
}

interface ListOptions {
  readonly source?: ClientSource;
  readonly status?: ClientState;
  readonly after?: string;
  readonly limit: number;
  readonly json?: true;
}

function addList(clients: Command): void {
  withConnection(
    clients
      .command('list')
      .description('list the clients in the order of their ids; never a secret, which is not kept')
      .addOption(
        new Option('--source <source>', 'only those that registered themselves, or that were added by hand').choices([
          'dynamic',
          'manual',
        ]),
      )
      .addOption(
        new Option('--status <status>', 'only those that are that now').choices([
          'pending',
          'active',
          'suspended',
          'expired',
        ]),
      )
      .option('--limit <number>', `how many at most, up to ${LARGEST_PAGE}`, pageSize(LARGEST_PAGE), PAGE)
      .option('--after <client_id>', 'the last client of the page before')
      .option('--json', 'a JSON array instead of a table, times in seconds since the epoch'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients list --owner acme --limit 20 --connect sqlite:auth.sqlite')
    .action(async ({ source, status, after, limit, json }: ListOptions, command: Command) => {
      const { listClients } = await import('./clients.js');
      const page = {
        ...(source !== undefined && { source }),
        ...(status !== undefined && { status }),
        ...(after !== undefined && { after }),
        limit,
      };
      const { clients: found, hasMore } = await listClients(command, page);
      process.stdout.write(json ? jsonText(found, 2) : clientTable(found));
      const last = found.at(-1)?.['client_id'];
      if (hasMore) process.stderr.write(`there are more: --after ${shellWord(String(last))}\n`);
    });
}

interface OneClient {
  readonly id: string;
  readonly json?: true;
}

function addShow(clients: Command): void {
  withConnection(
    clients
      .command('show')
      .description('show a client; never its secret, which is not kept')
      .requiredOption('--id <client_id>', 'the client identifier')
      .option('--json', 'a JSON object instead of lines, times in seconds since the epoch'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients show --id com.acme.app --connect sqlite:auth.sqlite')
    .action(async ({ id, json }: OneClient, command: Command) => {
      const { findClient } = await import('./clients.js');
      const client = await findClient(command, id);
      process.stdout.write(json ? jsonText(client, 2) : clientFacts(client));
    });
}

function addRemove(clients: Command): void {
  withConnection(
    clients
      .command('remove')
      .description('remove a client at once, with its secret and its registration access token')
      .requiredOption('--id <client_id>', 'the client identifier'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients remove --id com.acme.app --connect sqlite:auth.sqlite')
    .action(async ({ id }: OneClient, command: Command) => {
      const { removeClient } = await import('./clients.js');
      await removeClient(command, id);
      process.stdout.write(`removed ${printable(id)}\n`);
    });
}
