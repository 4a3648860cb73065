import type { Command } from 'commander';
import { RefusedError } from '../command.error.js';
import { withConnection } from '../connection/connection.option.js';
import { printable } from '../terminal/message-text.js';

interface ReencryptOptions {
  readonly dryRun?: boolean;
}

/** `dcr clients reencrypt`: after a new key was put first in `clientSecret.encryptionKeys`. */
export function addReencryptCommand(clients: Command): void {
  withConnection(
    clients
      .command('reencrypt')
      .description(
        'encrypt the secrets that are keys of algorithms with the first of clientSecret.encryptionKeys, so that the others can be taken away; it can be interrupted and run again',
      )
      .option('--dry-run', 'decrypt every secret and store nothing'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients reencrypt --data-source dist/data-source.js')
    .action(async ({ dryRun = false }: ReencryptOptions, command: Command) => {
      const { reencryptClients } = await import('./clients-reencrypt.js');
      const { reencrypted, current, failed, failures } = await reencryptClients(command, dryRun);
      for (const { clientId, reason } of failures) {
        process.stderr.write(`${printable(clientId)}: ${printable(reason)}\n`);
      }
      if (failed > failures.length) process.stderr.write(`and ${failed - failures.length} more\n`);
      const done = dryRun ? 'to encrypt anew' : 'encrypted anew';
      process.stdout.write(`${done} ${reencrypted}, current already ${current}, failed ${failed}\n`);
      if (failed > 0)
        throw new RefusedError(
          `${failed === 1 ? 'a secret' : `${failed} secrets`} could not be decrypted: put the keys back and run it again, or give other secrets with dcr clients rotate-secret`,
        );
    });
}
