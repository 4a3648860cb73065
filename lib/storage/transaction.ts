import { QueryFailedError, type EntityManager, type QueryRunner } from 'typeorm';
import { discard } from './primary-connection.js';
import { NothingMatched } from './unit-of-work.js';

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
  // Code of the host that has failed may still be writing: after a rollback it would go on, each statement committed for itself.
  if (!isOfOurStatements(error)) return discard(runner);
  if (!runner.isTransactionActive) return;
  try {
    await runner.rollbackTransaction();
  } catch {
    await discard(runner);
  }
}

/** Whether a statement of ours failed or matched nothing; what a participant throws comes in an error of its own. */
function isOfOurStatements(error: unknown): boolean {
  return error instanceof QueryFailedError || error instanceof NothingMatched;
}
