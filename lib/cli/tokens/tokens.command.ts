import { InvalidArgumentError, type Command } from 'commander';
import type { InitialAccessTokenService, IssuedInitialAccessToken } from '../../index.js';
import { RefusedError } from '../command.error.js';
import { boundaryOf, withBoundary } from '../connection/boundary.option.js';
import { withConnection } from '../connection/connection.option.js';
import { parseDuration } from './duration.js';
import { printable } from '../terminal/message-text.js';
import { time } from '../terminal/time.js';
import { boundsOf, withBounds, type BoundsOptions } from './token-bounds.option.js';
import { boundsText, tokenJson, tokenTable, UNLIMITED } from './tokens-list.js';

/** What fits the column. */
const MOST_USES = 2_147_483_647;

/** `dcr tokens`: initial access tokens, which say who may register (RFC 7591 section 3). */
export function addTokensCommand(program: Command): void {
  const tokens = program
    .command('tokens')
    .description('create, list and revoke initial access tokens, with which clients register')
    .addHelpText('after', '\nExample:\n  $ dcr tokens create --max-uses 1 --connect sqlite:auth.sqlite');
  addCreate(tokens);
  addList(tokens);
  addRevoke(tokens);
  for (const command of tokens.commands) if (command.name() !== 'create') withBoundary(command);
}

interface CreateOptions extends BoundsOptions {
  readonly maxUses?: number;
  readonly expiresIn?: number;
  readonly owner?: string;
  readonly tenant?: string;
}

function addCreate(tokens: Command): void {
  const create = tokens
    .command('create')
    .description(
      'make a token: the token alone on the standard output, what it is good for on the standard error output',
    )
    .option('--max-uses <number>', 'how many clients may register with it (default: unlimited)', positiveInteger)
    .option(
      '--expires-in <duration>',
      'lifetime, such as 30s, 15m, 1h or 7d; 0 means it never expires (default: 1h)',
      duration,
    )
    .option('--owner <owner>', 'who is responsible for the clients that register with it')
    .option('--tenant <tenant>', 'in whose part of the server these clients live');
  withConnection(withBounds(create))
    .addHelpText(
      'after',
      '\nExamples:\n  $ TOKEN=$(dcr tokens create --max-uses 1 --expires-in 1h --owner ops --connect sqlite:auth.sqlite)' +
        "\n  $ dcr tokens create --scopes 'api:read' --redirect-hosts '*.acme.example' --connect sqlite:auth.sqlite",
    )
    .action(async ({ maxUses, expiresIn, owner, tenant, ...others }: CreateOptions, command: Command) => {
      const bounds = await boundsOf(others);
      const issued = await withTokens(command, (service) =>
        service.issue({
          ...(maxUses !== undefined && { maxUses }),
          ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }),
          ...(owner !== undefined && { owner }),
          ...(tenant !== undefined && { tenant }),
          ...(bounds && { bounds }),
        }),
      );
      process.stderr.write(facts(issued));
      process.stdout.write(`${issued.token}\n`);
    });
}

function facts({ record }: IssuedInitialAccessToken): string {
  const { id, owner, tenant, expiresAt, maxUses, bounds } = record;
  return [
    `id:       ${id}`,
    `owner:    ${printable(owner ?? '-')}`,
    `tenant:   ${printable(tenant ?? '-')}`,
    `expires:  ${time(expiresAt)}`,
    `uses:     ${maxUses === null ? UNLIMITED : maxUses}`,
    `bounds:   ${boundsText(bounds)}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

interface ListOptions {
  readonly json?: true;
}

function addList(tokens: Command): void {
  withConnection(
    tokens
      .command('list')
      .description('list the tokens, the newest first; never a token itself, which is not kept')
      .option('--json', 'a JSON array instead of a table, times in seconds since the epoch'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr tokens list --owner ops --json --connect sqlite:auth.sqlite')
    .action(async ({ json }: ListOptions, command: Command) => {
      const { owner, tenant } = boundaryOf(command);
      const found = await withTokens(command, (service) => service.list(owner, tenant));
      const now = Math.floor(Date.now() / 1000);
      process.stdout.write(json ? tokenJson(found, now) : tokenTable(found, now));
    });
}

function addRevoke(tokens: Command): void {
  withConnection(
    tokens
      .command('revoke')
      .description('revoke a token at once; clients that registered with it stay')
      .argument('<id>', 'the id of the token, as tokens list shows it'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ dcr tokens revoke 5f0c2f0e-6c1d-4a52-9d0b-0b8f6c1f7a11 --connect sqlite:auth.sqlite',
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      // Not repeated: what stands in its place may be a token.
      if (!(await withTokens(command, (service) => service.revoke(id, boundaryOf(command))))) {
        throw new RefusedError('there is no initial access token with this id: dcr tokens list shows the ids');
      }
      process.stdout.write(`revoked ${id}\n`);
    });
}

/** What needs a database is loaded only when a command runs. */
async function withTokens<T>(command: Command, work: (service: InitialAccessTokenService) => Promise<T>): Promise<T> {
  const [{ withServices }, { InitialAccessTokenService }] = await Promise.all([
    import('../services/services.js'),
    import('../../index.js'),
  ]);
  return withServices(command, (services) => work(services(InitialAccessTokenService)));
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text) || Number(text) > MOST_USES) {
    throw new InvalidArgumentError(`It must be an integer from 1 to ${MOST_USES}.`);
  }
  return Number(text);
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : '');
  }
}
