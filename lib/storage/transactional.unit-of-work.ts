import { InsertQueryBuilder, SelectQueryBuilder, type DataSource, type EntityManager } from 'typeorm';
import { onPrimary } from './primary-connection.js';
import { ParticipantError, storageFailure } from './storage-failure.js';
import { inTransaction, type IsolationLevel } from './transaction.js';
import { withLocks } from './named-locks.js';
import { Turns } from './turns.js';
import { NothingMatched, type Participant, type UnitOfWork, type Write } from './unit-of-work.js';

/** PostgreSQL, MariaDB and MySQL: a transaction on a connection of its own; none is opened for a single statement that is alone. */
export class TransactionalUnitOfWork implements UnitOfWork {
  private readonly turns = new Turns();

  constructor(private readonly dataSource: DataSource) {}

  async run(
    writes: readonly Write[],
    participant?: Participant,
    locks: readonly string[] = [],
  ): Promise<number | undefined> {
    // One at a time asks for a lock: all others would have a connection each to wait with, and the host's pool none for anybody else.
    return this.turns.take(locks, () => this.runNow(writes, participant, locks));
  }

  private async runNow(
    writes: readonly Write[],
    participant: Participant | undefined,
    locks: readonly string[],
  ): Promise<number | undefined> {
    try {
      return await onPrimary(this.dataSource, async (runner) => {
        const [only, ...others] = writes;
        if (only && others.length === 0 && !participant && locks.length === 0 && !this.hasHooks(only)) {
          return (await matched(only, runner.manager)) ? undefined : 0;
        }
        const isShared = participant !== undefined || this.hasHooksAnywhere();
        await withLocks(runner, locks, (lock) =>
          inTransaction(
            runner,
            async (manager) => {
              await lock();
              await runAll(writes, manager, participant);
            },
            isShared,
            this.isolation(locks),
          ),
        );
        return undefined;
      });
    } catch (error) {
      if (error instanceof NothingMatched) return error.index;
      throw storageFailure(error);
    }
  }

  /** A snapshot that PostgreSQL makes before it gives the lock would not show what was written under it by the one before. */
  private isolation(locks: readonly string[]): IsolationLevel | undefined {
    return locks.length > 0 && this.dataSource.options.type === 'postgres' ? 'READ COMMITTED' : undefined;
  }

  /** Whether something of the host runs around a statement, and must be able to undo it when it fails. */
  private hasHooks(write: Write): boolean {
    const metadata = write(this.dataSource.manager).expressionMap.mainAlias?.metadata;
    return this.dataSource.subscribers.length > 0 || (!!metadata && metadata.listeners.length > 0);
  }

  private hasHooksAnywhere(): boolean {
    const { subscribers, entityMetadatas } = this.dataSource;
    return subscribers.length > 0 || entityMetadatas.some(({ listeners }) => listeners.length > 0);
  }
}

async function runAll(writes: readonly Write[], manager: EntityManager, participant?: Participant): Promise<void> {
  for (const [i, write] of writes.entries()) {
    if (!(await matched(write, manager))) throw new NothingMatched(i);
  }
  try {
    await participant?.(manager);
  } catch (error) {
    throw new ParticipantError(error);
  }
}

async function matched(write: Write, manager: EntityManager): Promise<boolean> {
  const query = write(manager);
  if (query instanceof InsertQueryBuilder) {
    // Every value is known already: nothing is read back.
    await query.updateEntity(false).execute();
    return true;
  }
  if (query instanceof SelectQueryBuilder) return (await query.getRawOne<object>()) !== undefined;
  return ((await query.execute()).affected ?? 0) > 0;
}
