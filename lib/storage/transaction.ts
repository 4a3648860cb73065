import { QueryFailedError, type EntityManager, type QueryRunner } from 'typeorm';
import { discard } from './primary-connection.js';
import { NothingMatched } from './unit-of-work.js';

/** Its name, as TypeORM takes it. */
export type IsolationLevel = NonNullable<Parameters<QueryRunner['startTransaction']>[0]>;

/** Is there as long as the transaction is. */
const SAVEPOINT = 'dcr_writes';

/**
 * Does everything in one transaction on this connection; an error undoes it.
 * @param isShared whether code of the host takes part. It may keep to itself that a statement of its own failed, and with it the transaction:
 * PostgreSQL then takes a COMMIT for a ROLLBACK without a word, and a deadlock on MariaDB has rolled back already
 * @param isolation that of the host's data source where it is undefined
 */
export async function inTransaction(
  runner: QueryRunner,
  work: (manager: EntityManager) => Promise<void>,
  isShared: boolean,
  isolation?: IsolationLevel,
): Promise<void> {
  try {
    await runner.startTransaction(isolation);
    if (isShared) await runner.query(`SAVEPOINT ${SAVEPOINT}`);
    await work(runner.manager);
    if (isShared) await runner.query(`RELEASE SAVEPOINT ${SAVEPOINT}`);
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
