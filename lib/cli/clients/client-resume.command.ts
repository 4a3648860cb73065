import type { Command } from 'commander';
import { boundaryOf } from '../connection/boundary.option.js';
import { withConnection } from '../connection/connection.option.js';
import { printable } from '../terminal/message-text.js';

interface ResumeOptions {
  readonly id: string;
  readonly note?: string;
}

/** `dcr clients resume`: lets a suspended client be used again. */
export function addResumeCommand(clients: Command): void {
  withConnection(
    clients
      .command('resume')
      .description('let a suspended client be used again')
      .requiredOption('--id <client_id>', 'the client identifier')
      .option('--note <text>', 'why, for the listeners of the server'),
  )
    .addHelpText('after', '\nExample:\n  $ dcr clients resume --id com.acme.app --connect sqlite:auth.sqlite')
    .action(async ({ id, note }: ResumeOptions, command: Command) => {
      const { decide } = await import('./client-life-cycle.js');
      const client = await decide(command, (lifeCycle) => lifeCycle.resume(id, { note, ...boundaryOf(command) }));
      process.stdout.write(`${printable(id)} is active, version ${client.version}\n`);
    });
}
