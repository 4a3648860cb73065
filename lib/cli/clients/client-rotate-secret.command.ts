import { InvalidArgumentError, type Command } from 'commander';
import { clientFacts } from './client-facts.js';
import { secretOf, withSecret, type SecretOptions } from './client-secret.option.js';
import { withConnection } from '../connection/connection.option.js';
import { jsonText } from '../terminal/json-text.js';
import { parseDuration } from '../tokens/duration.js';

interface RotateOptions extends SecretOptions {
  readonly id: string;
  readonly grace: number;
  readonly json?: true;
}

/** `dcr clients rotate-secret`: at once, or with a while in which both secrets are good. */
export function addRotateSecretCommand(clients: Command): void {
  const rotate = clients
    .command('rotate-secret')
    .description('replace the secret of a client, by default with a generated one; the one before is refused at once')
    .requiredOption('--id <client_id>', 'the client identifier')
    .option('--grace <duration>', 'how long the one before is good, too: 12h, 7d (default: 0)', grace, 0);
  withConnection(withSecret(rotate).option('--json', 'a JSON object instead of lines'))
    .addHelpText(
      'after',
      '\nExample:\n  $ dcr clients rotate-secret --id com.acme.app --grace 7d --connect sqlite:auth.sqlite',
    )
    .action(async ({ id, grace: graceSeconds, ...options }: RotateOptions, command: Command) => {
      const secret = await secretOf(options);
      const { rotateSecret } = await import('./clients.js');
      const chosen = secret === true ? undefined : secret;
      const client = await rotateSecret(command, id, chosen, { hashRounds: options.hashRounds, graceSeconds });
      process.stdout.write(options.json ? jsonText(client, 2) : clientFacts(client));
    });
}

function grace(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidArgumentError(
      'It must be a number with s, m, h or d, such as 7d, and at most 36525d; 0 means none.',
    );
  }
}
