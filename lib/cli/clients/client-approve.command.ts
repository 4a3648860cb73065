import { InvalidArgumentError, type Command } from 'commander';
import { boundaryOf } from '../connection/boundary.option.js';
import { withConnection } from '../connection/connection.option.js';
import { printable } from '../terminal/message-text.js';

interface ApproveOptions {
  readonly id: string;
  readonly version: number;
  readonly note?: string;
}

/** `dcr clients approve`: what a policy has put on hold may be used. */
export function addApproveCommand(clients: Command): void {
  withConnection(
    clients
      .command('approve')
      .description('let a pending client be used, as it was when you looked at it')
      .requiredOption('--id <client_id>', 'the client identifier')
      .requiredOption('--version <number>', 'the version that dcr clients show has shown', versionNumber)
      .option('--note <text>', 'why, for the listeners of the server'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ dcr clients approve --id com.acme.app --version 1 --connect sqlite:auth.sqlite',
    )
    .action(async ({ id, version, note }: ApproveOptions, command: Command) => {
      const { decide } = await import('./client-life-cycle.js');
      const client = await decide(command, (lifeCycle) =>
        lifeCycle.approve(id, { version, note, ...boundaryOf(command) }),
      );
      process.stdout.write(`${printable(id)} is active, version ${client.version}\n`);
    });
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a positive integer.');
  return Number(text);
}
