import { Option, type Command } from 'commander';
import { clientFacts } from './client-facts.js';
import { UsageError } from '../command.error.js';
import { withConnection } from '../connection/connection.option.js';
import { jsonText } from '../terminal/json-text.js';

interface ScopeOptions {
  readonly id: string;
  readonly scopes?: string;
  readonly clear?: true;
  readonly json?: true;
}

/** A command that replaces the scope of a client, under the name its group gives it. */
export function addClientScopeCommand(group: Command, name: string): void {
  withConnection(
    group
      .command(name)
      .description('replace the scopes that a client may ask for')
      .requiredOption('--id <client_id>', 'the client identifier')
      .addOption(new Option('--scopes <scope>', "the scopes from now on: 'api:read api:write'").conflicts('clear'))
      .option('--clear', 'take every scope away')
      .option('--json', 'a JSON object instead of lines, times in seconds since the epoch'),
  )
    .addHelpText('after', `\nExample:\n  $ dcr ${group.name()} ${name} --id com.acme.app --scopes 'api:read'`)
    .action(async ({ id, scopes, clear, json }: ScopeOptions, command: Command) => {
      if (scopes === undefined && !clear) throw new UsageError("give --scopes 'api:read api:write', or --clear");
      if (scopes?.trim() === '') throw new UsageError('--scopes names no scope: give --clear to take every scope away');
      const { setScope } = await import('./clients.js');
      const client = await setScope(command, id, scopes);
      process.stdout.write(json ? jsonText(client, 2) : clientFacts(client));
    });
}
