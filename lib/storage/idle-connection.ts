import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { LOGGER } from '../errors/logger.js';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { OverdueError, PATIENCE_MS } from './patience.js';
import { inOneTransaction, isOccupied, type SqliteConnection, type SqliteWork } from './sqlite-connection.js';

interface Turn {
  readonly work: SqliteWork;
  readonly deadline: number;
  done(): void;
  failed(error: unknown): void;
}

/** How often the connection is looked at while somebody waits; a transaction may end without TypeORM's knowledge. */
const PAUSE_MS = 2;
/** How many are served in one transaction: where it fails as a whole, all of them are done again. */
const AT_ONCE = 32;

/** That of Node.js, whatever clock the tests of an application put in its place later. */
const soon = setImmediate;

/**
 * The one connection of an application on SQLite, given to whoever waits for it, in their order, while no transaction is open on it. What is asked
 * for in one turn of the event loop is done in one transaction. After a statement of TypeORM's those who wait have their turn before the
 * application has the next one: it may begin a transaction with it.
 */
export class IdleConnection {
  private readonly logger = new Logger(LOGGER);
  private readonly turns: Turn[] = [];
  private readonly subscriber = { afterQuery: (): void => this.serve() };
  private isAwaited = false;
  /** Whether the last attempt was in vain because of somebody else: the next one, which may be undone again, is made for one alone. */
  private wasOccupied = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Does something as a whole, or not at all.
   * @returns when it is stored
   * @throws TemporarilyUnavailableError when the connection is closed, or not idle and unlocked in time; else what the work throws
   */
  async run(work: SqliteWork): Promise<void> {
    return new Promise((done, failed) => {
      this.turns.push({ work, deadline: Date.now() + PATIENCE_MS, done, failed });
      if (this.isAwaited) return;
      this.isAwaited = true;
      soon(() => {
        this.isAwaited = false;
        this.serve();
      });
    });
  }

  /** Never throws: what it is called from is a statement of the application. */
  private serve(): void {
    while (this.turns.length > 0) {
      if (this.serveTogether(this.turns.slice(0, this.wasOccupied ? 1 : AT_ONCE))) continue;
      this.watch();
      return;
    }
  }

  /** @returns whether they have had their turn */
  private serveTogether(turns: readonly Turn[]): boolean {
    let isStored = false;
    try {
      const connection = this.connection();
      if (connection.inTransaction) return false;
      // Nothing is awaited between the look and the work: the next transaction of the application could begin there.
      const works = turns.map(({ work }) => work);
      inOneTransaction(connection, works, (failures) => {
        isStored = true;
        for (const [i, turn] of turns.entries()) {
          if (failures.has(i)) turn.failed(failures.get(i));
          else turn.done();
        }
      });
    } catch (error) {
      if (isStored) this.logger.error('the connection has lost its busy_timeout', detailOf(error));
      else if (isOccupied(error)) {
        this.wasOccupied = true;
        return false;
      }
      // It may be the fault of one of them.
      else if (turns.length > 1) return turns.every((turn) => this.serveTogether([turn]));
      else turns[0]?.failed(error);
    }
    this.wasOccupied = false;
    this.turns.splice(0, turns.length);
    return true;
  }

  private connection(): SqliteConnection {
    const connection: SqliteConnection = Reflect.get(this.dataSource.driver, 'databaseConnection');
    // A closed connection must not be asked for a transaction: libsql ends the process.
    if (this.dataSource.isInitialized && connection.open) return connection;
    throw new TemporarilyUnavailableError('the data source is closed');
  }

  private watch(): void {
    if (this.timer) return;
    this.timer = setInterval(() => this.look(), PAUSE_MS);
    this.dataSource.subscribers.push(this.subscriber);
  }

  private look(): void {
    const now = Date.now();
    for (let turn = this.turns[0]; turn && turn.deadline <= now; turn = this.turns[0]) {
      this.turns.shift();
      turn.failed(new OverdueError('a transaction of the application or of another process did not end in time'));
    }
    this.serve();
    if (this.turns.length === 0) this.unwatch();
  }

  /** Only from the timer: TypeORM is not amid its subscribers there. */
  private unwatch(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    const { subscribers } = this.dataSource;
    const index = subscribers.indexOf(this.subscriber);
    if (index !== -1) subscribers.splice(index, 1);
  }
}

function detailOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : String(error);
}
