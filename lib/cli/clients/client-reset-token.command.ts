import type { Command } from 'commander';
import { clientFacts } from './client-facts.js';
import { withConnection } from '../connection/connection.option.js';
import { jsonText } from '../terminal/json-text.js';

interface ResetOptions {
  readonly id: string;
  readonly json?: true;
}

/** `dcr clients reset-token`: for a client that has lost its registration access token, or whose token somebody else has. */
export function addResetTokenCommand(clients: Command): void {
  withConnection(
    clients
      .command('reset-token')
      .description(
        'replace the registration access token of a client by a new one, shown this once; those before are refused at once',
      )
      .requiredOption('--id <client_id>', 'the client identifier')
      .option('--json', 'a JSON object instead of lines'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients reset-token --id com.acme.app --connect sqlite:auth.sqlite')
    .action(async ({ id, json }: ResetOptions, command: Command) => {
      const { resetToken } = await import('./clients.js');
      const client = await resetToken(command, id);
      process.stdout.write(json ? jsonText(client, 2) : clientFacts(client));
    });
}
