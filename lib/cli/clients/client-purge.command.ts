import type { Command } from 'commander';
import { withConnection } from '../connection/connection.option.js';
import { jsonText } from '../terminal/json-text.js';
import { printable } from '../terminal/message-text.js';
import { pageSize } from './page-size.option.js';

const LARGEST_LIMIT = 100_000;

interface PurgeOptions {
  readonly dryRun?: true;
  readonly withoutAsking?: true;
  readonly limit?: number;
  readonly json?: true;
}

/** `dcr clients purge`: removes clients whose time is over. */
export function addPurgeCommand(clients: Command): void {
  withConnection(
    clients
      .command('purge')
      .description(
        'remove clients that have expired, once each, however many do so; the host is asked where --data-source names its listeners',
      )
      .option('--dry-run', 'remove nothing, and show what would be removed')
      .option('--without-asking', 'remove clients though no listener is asked whether they have live grants')
      .option('--limit <number>', `how many at most, up to ${LARGEST_LIMIT} (default: 1000)`, pageSize(LARGEST_LIMIT))
      .option('--json', 'a JSON object instead of lines'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients purge --dry-run --data-source ./dist/data-source.js')
    .action(async ({ dryRun, withoutAsking, limit, json }: PurgeOptions, command: Command) => {
      const { purgeClients } = await import('./clients.js');
      const { removed, kept } = await purgeClients(command, {
        isDryRun: dryRun ?? false,
        withoutAsking: withoutAsking ?? false,
        ...(limit !== undefined && { limit }),
      });
      if (json) process.stdout.write(jsonText({ removed, kept }, 2));
      else {
        for (const id of removed) process.stdout.write(`${dryRun ? 'would remove' : 'removed'} ${printable(id)}\n`);
        for (const id of kept) process.stdout.write(`kept ${printable(id)}\n`);
      }
      process.stderr.write(`${removed.length} ${dryRun ? 'would be removed' : 'removed'}, ${kept.length} kept\n`);
    });
}
