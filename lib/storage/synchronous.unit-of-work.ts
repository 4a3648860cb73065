import { Logger } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { LOGGER } from '../errors/logger.js';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { storageFailure } from './storage-failure.js';
import { NothingMatched, type UnitOfWork, type Write } from './unit-of-work.js';

/** How long a write waits for a transaction of the application, or of another process, to end. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 2;

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
  private readonly logger = new Logger(LOGGER);

  constructor(private readonly dataSource: DataSource) {}

  async run(writes: readonly Write[]): Promise<number | undefined> {
    const queries = writes.map((write) => write(this.dataSource.manager));
    try {
      await this.broadcast('Before', queries);
      const statements = queries.map((query) => query.getQueryAndParameters());
      await this.onIdleConnection((connection) =>
        connection.transaction(() => writeAll(connection, statements)).immediate(),
      );
    } catch (error) {
      if (error instanceof NothingMatched) return error.index;
      throw storageFailure(error);
    }
    await this.afterwards(queries);
    return undefined;
  }

  /** Writes in one tick, once no transaction of the application is open and no other process writes. */
  private async onIdleConnection(write: (connection: SqliteConnection) => void): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await setTimeout(PAUSE_MS)) {
      // A closed connection must not even be looked at: libsql ends the process.
      if (!this.dataSource.isInitialized) throw new TemporarilyUnavailableError('the data source is closed');
      const connection: SqliteConnection = Reflect.get(this.dataSource.driver, 'databaseConnection');
      if (connection.inTransaction) continue;
      try {
        // Nothing is awaited between the look and the write: the next transaction of the application could begin there.
        write(connection);
        return;
      } catch (error) {
        if (!isLocked(error)) throw error;
      }
    }
    throw new TemporarilyUnavailableError('a transaction of the application or of another process did not end in time');
  }

  /** What is written stays written: a hook that fails afterwards is the host's affair. */
  private async afterwards(queries: readonly ReturnType<Write>[]): Promise<void> {
    try {
      await this.broadcast('After', queries);
    } catch (error) {
      this.logger.error('a subscriber failed after a write', error instanceof Error ? error.stack : String(error));
    }
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

/** Another process holds the lock; SQLite has waited as long as the driver's `timeout` says, and the event loop with it. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(?:BUSY|LOCKED)/.test(String(error.code));
}

function writeAll(connection: SqliteConnection, statements: readonly [string, unknown[]][]): void {
  for (const [i, [sql, parameters]] of statements.entries()) {
    const bound = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const statement = connection.prepare(sql);
    const matched = statement.reader ? statement.get(...bound) !== undefined : statement.run(...bound).changes > 0;
    if (!matched) throw new NothingMatched(i);
  }
}
