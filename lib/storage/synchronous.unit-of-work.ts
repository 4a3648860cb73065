import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { LOGGER } from '../errors/logger.js';
import { IdleConnection } from './idle-connection.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { storageFailure } from './storage-failure.js';
import { NothingMatched, type UnitOfWork, type Write } from './unit-of-work.js';

/**
 * SQLite, where the whole application shares one connection: what is written while somebody's transaction is open becomes part of it and is
 * lost with its rollback. So everything is written within one tick of the event loop, and only while no transaction is open.
 */
export class SynchronousUnitOfWork implements UnitOfWork {
  private readonly logger = new Logger(LOGGER);
  private readonly idleConnection: IdleConnection;

  constructor(private readonly dataSource: DataSource) {
    this.idleConnection = new IdleConnection(dataSource);
  }

  /** A transaction of SQLite is alone, and needs no locks. */
  async run(writes: readonly Write[]): Promise<number | undefined> {
    const queries = writes.map((write) => write(this.dataSource.manager));
    try {
      await this.broadcast('Before', queries);
      const statements = queries.map((query) => query.getQueryAndParameters());
      await this.idleConnection.run((connection) => writeAll(connection, statements));
    } catch (error) {
      if (error instanceof NothingMatched) return error.index;
      throw storageFailure(error);
    }
    await this.afterwards(queries);
    return undefined;
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

function writeAll(connection: SqliteConnection, statements: readonly [string, unknown[]][]): void {
  for (const [i, [sql, parameters]] of statements.entries()) {
    const bound = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    const statement = connection.prepare(sql);
    const matched = statement.reader ? statement.get(...bound) !== undefined : statement.run(...bound).changes > 0;
    if (!matched) throw new NothingMatched(i);
  }
}
