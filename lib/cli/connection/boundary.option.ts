import type { Command } from 'commander';
import type { ClientBoundary } from '../../index.js';

/** Bounds a command to the clients or tokens of an owner or a tenant: those of others are not there. */
export function withBoundary(command: Command): Command {
  return command
    .option('--owner <owner>', 'only those of one owner')
    .option('--tenant <tenant>', 'only those of one tenant');
}

/** What the command is bounded to. */
export function boundaryOf(command: Command): ClientBoundary {
  const { owner, tenant } = command.opts<ClientBoundary>();
  return { ...(owner !== undefined && { owner }), ...(tenant !== undefined && { tenant }) };
}
