import type { Command } from 'commander';
import { RefusedError } from '../command.error.js';
import { withConnection } from '../connection/connection.option.js';
import { printable } from '../terminal/message-text.js';

/** `dcr clients reencrypt`: after a new key was put first in `clientSecret.encryptionKeys`. */
export function addReencryptCommand(clients: Command): void {
  withConnection(
    clients
      .command('reencrypt')
      .description(
        'encrypt the secrets that are keys of algorithms with the first of clientSecret.encryptionKeys, so that the others can be taken away; it can be interrupted and run again',
      ),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients reencrypt --data-source dist/data-source.js')
    .action(async (_options: unknown, command: Command) => {
      const { reencryptClients } = await import('./clients-reencrypt.js');
      const onFailure = (clientId: string) =>
        process.stderr.write(`${printable(clientId)}: its key is not among clientSecret.encryptionKeys\n`);
      const { reencrypted, current, failed } = await reencryptClients(command, onFailure);
      process.stdout.write(`encrypted anew ${reencrypted}, current already ${current}, failed ${failed}\n`);
      if (failed > 0)
        throw new RefusedError('not every secret could be decrypted: add the missing keys and run it again');
    });
}
