import type { Command } from 'commander';
import { RefusedError } from '../command.error.js';
import { withConnection } from '../connection/connection.option.js';
import { printable } from '../terminal/message-text.js';

/** `dcr clients export` and `dcr clients import`: clients from one database to another. */
export function addTransferCommands(clients: Command): void {
  addExport(clients);
  addImport(clients);
}

function addExport(clients: Command): void {
  withConnection(
    clients
      .command('export')
      .description(
        'write every client to the standard output, a JSON object a line, with the hashes of secrets and tokens: keep it as safe as the database',
      ),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ (umask 077; dcr clients export --connect sqlite:auth.sqlite > clients.jsonl)',
    )
    .action(async (_options: unknown, command: Command) => {
      const { exportClients } = await import('./clients-export.js');
      await exportClients(command);
    });
}

/** Of members that nobody knows, how many are named. */
const MOST_NAMES = 20;

interface ImportCommandOptions {
  readonly dryRun?: boolean;
}

function addImport(clients: Command): void {
  withConnection(
    clients
      .command('import')
      .description(
        'store clients, a JSON object a line; an id that is taken is passed over, so that an interrupted import can be run again',
      )
      .argument('<file>', 'a file as export writes it, or with client_secret in clear, - for the standard input')
      .option('--dry-run', 'judge every line and store nothing'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients import clients.jsonl --dry-run --connect sqlite:auth.sqlite')
    .action(async (file: string, { dryRun = false }: ImportCommandOptions, command: Command) => {
      const { importClients } = await import('./clients-import.js');
      const onRefusal = (line: number, reason: string) => process.stderr.write(`line ${line}: ${printable(reason)}\n`);
      const result = await importClients(command, file, { isDryRun: dryRun, onRefusal });
      const { imported, existing, refused, unknown } = result;
      const done = dryRun ? 'to import' : 'imported';
      if (unknown.length > 0) {
        const names = unknown.slice(0, MOST_NAMES).map(printable).join(', ');
        process.stderr.write(`left out, since nobody knows them here: ${names}\n`);
      }
      process.stdout.write(`${done} ${imported}, there already ${existing}, refused ${refused}\n`);
      if (refused > 0)
        throw new RefusedError(
          `${refused === 1 ? 'a line was' : `${refused} lines were`} refused: mend them and import the file again`,
        );
    });
}
