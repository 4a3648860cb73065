import type { Command } from 'commander';
import { boundaryOf } from '../connection/boundary.option.js';
import { withConnection } from '../connection/connection.option.js';
import { printable } from '../terminal/message-text.js';

interface SuspendOptions {
  readonly id: string;
  readonly note?: string;
}

/** `dcr clients suspend`: stops a client at once. */
export function addSuspendCommand(clients: Command): void {
  withConnection(
    clients
      .command('suspend')
      .description('stop a client at once: it keeps what it has registered, and can be used for nothing')
      .requiredOption('--id <client_id>', 'the client identifier')
      .option('--note <text>', 'why, for the listeners of the server'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients suspend --id com.acme.app --connect sqlite:auth.sqlite')
    .action(async ({ id, note }: SuspendOptions, command: Command) => {
      const { decide } = await import('./client-life-cycle.js');
      const client = await decide(command, (lifeCycle) => lifeCycle.suspend(id, { note, ...boundaryOf(command) }));
      process.stdout.write(`${printable(id)} is suspended, version ${client.version}\n`);
    });
}
