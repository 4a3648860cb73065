import { setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { storageFailure } from './storage-failure.js';
import { NothingMatched, type UnitOfWork, type Write } from './unit-of-work.js';

/** How long a write waits for a transaction of the host to end, in milliseconds. */
const PATIENCE = 5_000;
const PAUSE = 2;

/** The part of better-sqlite3's API this uses; libsql has the same. */
interface SqliteConnection {
  readonly inTransaction: boolean;
  prepare(sql: string): {
    readonly reader: boolean;
    get(...parameters: unknown[]): unknown;
    run(...parameters: unknown[]): { changes: number };
  };
  transaction(run: () => void): { immediate(): void };
}

/**
 * SQLite, where the whole application shares one connection: what is written while somebody's transaction is open becomes part of it and is
 * lost with its rollback. So everything is written within one tick of the event loop, and only while no transaction is open.
 */
export class SynchronousUnitOfWork implements UnitOfWork {
  constructor(private readonly dataSource: DataSource) {}

  async run(writes: readonly Write[]): Promise<number | undefined> {
    const queries = writes.map((write) => write(this.dataSource.manager));
    await this.broadcast('Before', queries);
    const statements = queries.map((query) => query.getQueryAndParameters());
    try {
      await this.onIdleConnection((connection) =>
        connection.transaction(() => writeAll(connection, statements)).immediate(),
      );
    } catch (error) {
      if (error instanceof NothingMatched) return error.index;
      throw storageFailure(error);
    }
    await this.broadcast('After', queries);
    return undefined;
  }

  private async onIdleConnection(write: (connection: SqliteConnection) => void): Promise<void> {
    const connection: SqliteConnection = Reflect.get(this.dataSource.driver, 'databaseConnection');
    for (const end = Date.now() + PATIENCE; connection.inTransaction; await setTimeout(PAUSE)) {
      if (Date.now() > end)
        throw new TemporarilyUnavailableError('a transaction of the application did not end in time');
    }
    // Nothing is awaited between the look and the write: the next transaction of the application could begin there.
    write(connection);
  }

  /** Runs the host's entity listeners and subscribers, as TypeORM does around a statement of its own. */
  private async broadcast(when: 'Before' | 'After', queries: readonly ReturnType<Write>[]): Promise<void> {
    const { broadcaster } = this.dataSource.createQueryRunner();
    for (const { expressionMap } of queries) {
      const metadata = expressionMap.mainAlias?.metadata;
      if (!metadata || expressionMap.queryType === 'select') continue;
      if (expressionMap.queryType === 'insert') {
        for (const entity of [expressionMap.valuesSet].flat()) {
          if (entity) await broadcaster.broadcast(`${when}Insert`, metadata, entity);
        }
      } else if (expressionMap.queryType === 'update') {
        await broadcaster.broadcast(`${when}Update`, metadata, [expressionMap.valuesSet].flat()[0]);
      } else {
        await broadcaster.broadcast(`${when}Remove`, metadata);
      }
    }
  }
}

function writeAll(connection: SqliteConnection, statements: readonly [string, unknown[]][]): void {
  for (const [i, [sql, parameters]] of statements.entries()) {
    const bound = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const statement = connection.prepare(sql);
    const matched = statement.reader ? statement.get(...bound) !== undefined : statement.run(...bound).changes > 0;
    if (!matched) throw new NothingMatched(i);
  }
}
