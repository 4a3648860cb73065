import type { Command } from 'commander';
import { clientFacts } from './client-facts.js';
import { secretOf, withSecret, type SecretOptions } from './client-secret.option.js';
import { withConnection } from '../connection/connection.option.js';
import { jsonText } from '../terminal/json-text.js';

interface AddOptions extends SecretOptions {
  readonly id: string;
  readonly redirectUri: readonly string[];
  readonly allowedScopes?: string;
  readonly grantTypes?: readonly string[];
  readonly owner?: string;
  readonly tenant?: string;
  readonly json?: true;
}

/** A command that adds a client by hand, under the name its group gives it. */
export function addClientAddCommand(group: Command, name: string): void {
  const add = group
    .command(name)
    .description(
      'add a client; without a secret it is public, without redirect URIs and grant types it can do nothing yet',
    )
    .requiredOption('--id <client_id>', 'the client identifier, of your choice')
    .option('--redirect-uri <uri>', 'a redirect URI; may be repeated', collected, [])
    .option('--allowed-scopes <scope>', "scopes the client may ask for: 'api:read api:write'")
    .option('--grant-types <type...>', 'grant types (default: authorization_code where there is a redirect URI)')
    .option('--owner <owner>', 'who is responsible for the client')
    .option('--tenant <tenant>', 'in whose part of the server the client lives');
  withConnection(withSecret(add).option('--json', 'a JSON object instead of lines, times in seconds since the epoch'))
    .addHelpText(
      'after',
      `\nExample:\n  $ dcr ${group.name()} ${name} --id com.acme.app --redirect-uri https://app.acme.example/cb --generate-secret`,
    )
    .action(async (options: AddOptions, command: Command) => {
      const secret = await secretOf(options);
      const { addClient } = await import('./clients.js');
      const client = await addClient(command, {
        id: options.id,
        secret,
        redirectUris: options.redirectUri,
        scope: options.allowedScopes?.trim(),
        grantTypes: (options.grantTypes ?? []).flatMap(wordsOf),
        owner: options.owner,
        tenant: options.tenant,
        hashRounds: options.hashRounds,
      });
      process.stdout.write(options.json ? jsonText(client, 2) : clientFacts(client));
    });
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
