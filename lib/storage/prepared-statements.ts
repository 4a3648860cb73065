import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { QueryFailedError, type DataSource, type ObjectLiteral } from 'typeorm';
import { LOGGER } from '../errors/logger.js';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { withPatience } from './patience.js';

/** What a statement answers. */
export interface Answer {
  readonly rows: ObjectLiteral[];
  /** How many rows it has found or written. */
  readonly rowCount: number | null;
}

/** The part of a connection of `pg` this uses. */
interface PostgresClient {
  query(query: { name?: string; text: string; values: unknown[] }): Promise<Answer>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  removeListener(event: 'error', listener: (error: unknown) => void): unknown;
}

/** TypeORM's driver for PostgreSQL. */
interface PostgresDriver {
  obtainMasterConnection(): Promise<[PostgresClient, (error?: unknown) => void]>;
  readonly options: { readonly maxQueryExecutionTime?: number };
}

/** What is said by a proxy that gives each transaction another connection: nothing was done. */
const IS_REFUSED = /^(?:26000|42P05)$/;
/** What PostgreSQL says where a column has another type now: nothing was done. */
const IS_OUTDATED = /^0A000$/;

/**
 * PostgreSQL: statements whose text never changes, by name on the host's own pool, so that a connection parses and plans each of them once. Past
 * TypeORM, but for its logger: what it does around a statement costs as much as the statement.
 */
export class PreparedStatements {
  private readonly logger = new Logger(LOGGER);
  private readonly names = new Map<string, string>();
  private isRefused = false;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly driver: PostgresDriver,
  ) {}

  /** @returns undefined for another database, or a driver that is not as this one expects it */
  static for(dataSource: DataSource): PreparedStatements | undefined {
    const isPostgres = dataSource.options.type === 'postgres' && 'obtainMasterConnection' in dataSource.driver;
    return isPostgres ? new PreparedStatements(dataSource, dataSource.driver) : undefined;
  }

  /** Whether nobody else has a say in it: subscribers, which may come at any time, are told of statements by TypeORM. */
  get arePossible(): boolean {
    return !this.isRefused && this.dataSource.subscribers.length === 0;
  }

  /**
   * @param text of which there are few in the life of the application
   * @throws QueryFailedError as TypeORM does; TemporarilyUnavailableError when the pool has no connection in time
   */
  async run(text: string, values: unknown[]): Promise<Answer> {
    const [client, release] = await this.connection();
    // Whoever waits for the answer is told, too.
    const ignore = (): void => {};
    client.on('error', ignore);
    let outdated: Error | undefined;
    try {
      return await this.logged(text, values, async () => {
        if (this.isRefused) return client.query({ text, values });
        try {
          return await client.query({ name: this.nameOf(text), text, values });
        } catch (error) {
          if (IS_OUTDATED.test(codeOf(error))) outdated = error as Error;
          else if (IS_REFUSED.test(codeOf(error))) this.giveUp();
          else throw error;
          return client.query({ text, values });
        }
      });
    } finally {
      client.removeListener('error', ignore);
      // A connection keeps its outdated plan, and so is closed.
      release(outdated);
    }
  }

  /** As TypeORM logs its own. */
  private async logged(text: string, values: unknown[], query: () => Promise<Answer>): Promise<Answer> {
    const { logger } = this.dataSource;
    logger.logQuery(text, values);
    const started = Date.now();
    try {
      const answer = await query();
      const took = Date.now() - started;
      const { maxQueryExecutionTime: most } = this.driver.options;
      if (most && took > most) logger.logQuerySlow(took, text, values);
      return answer;
    } catch (error) {
      logger.logQueryError(error as Error, text, values);
      throw new QueryFailedError(text, values, error as Error);
    }
  }

  private giveUp(): void {
    if (!this.isRefused) this.logger.warn('the database takes no prepared statements: set preparedStatements to false');
    this.isRefused = true;
  }

  private async connection(): ReturnType<PostgresDriver['obtainMasterConnection']> {
    if (!this.dataSource.isInitialized) throw new TemporarilyUnavailableError('the data source is closed');
    const obtained = this.driver.obtainMasterConnection();
    try {
      return await withPatience(obtained, 'the pool had no connection in time');
    } catch (error) {
      // It may be on its way.
      void obtained.then(
        ([, release]) => release(),
        () => undefined,
      );
      throw error;
    }
  }

  /** The same name for the same text alone: a connection that others use, too, must not have another one under it. */
  private nameOf(text: string): string {
    let name = this.names.get(text);
    if (name === undefined) {
      name = `dcr_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
      this.names.set(text, name);
    }
    return name;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
