import type { EntityManager, QueryRunner } from 'typeorm';
import { OverdueError } from './patience.js';
import { discard } from './primary-connection.js';
import { ParticipantError } from './storage-failure.js';

/** Does everything in one transaction on this connection; an error undoes it. */
export async function inTransaction(
  runner: QueryRunner,
  work: (manager: EntityManager) => Promise<void>,
): Promise<void> {
  try {
    await runner.startTransaction();
    await work(runner.manager);
    await runner.commitTransaction();
  } catch (error) {
    await undo(runner, error);
    throw error;
  }
}

async function undo(runner: QueryRunner, error: unknown): Promise<void> {
  // A participant that is overdue may still write: after a rollback it would, each statement for itself.
  if (error instanceof ParticipantError && error.cause instanceof OverdueError) return discard(runner);
  if (!runner.isTransactionActive) return;
  try {
    await runner.rollbackTransaction();
  } catch {
    await discard(runner);
  }
}
