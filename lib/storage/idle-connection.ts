import type { DataSource } from 'typeorm';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { OverdueError, PATIENCE_MS } from './patience.js';

/** The part of better-sqlite3's API this uses; libsql has the same. */
export interface SqliteConnection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  prepare(sql: string): {
    readonly reader: boolean;
    get(...parameters: unknown[]): unknown;
    run(...parameters: unknown[]): { changes: number };
  };
}

/** What is done on the connection, within one tick of the event loop. */
type Work = (connection: SqliteConnection) => void;

interface Turn {
  readonly work: Work;
  readonly deadline: number;
  done(): void;
  failed(error: unknown): void;
}

/** How often the connection is looked at while somebody waits; a transaction may end without TypeORM's knowledge. */
const PAUSE_MS = 2;

/**
 * The one connection of an application on SQLite, given to whoever waits for it, in their order, while no transaction is open on it. After a
 * statement of TypeORM's they have their turn before the application has the next one: it may begin a transaction with it.
 */
export class IdleConnection {
  private readonly turns: Turn[] = [];
  private readonly subscriber = { afterQuery: (): void => this.serve() };
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns when the work is done
   * @throws TemporarilyUnavailableError when the connection is closed, or not idle and unlocked in time; else what the work throws
   */
  async run(work: Work): Promise<void> {
    return new Promise((done, failed) => {
      this.turns.push({ work, deadline: Date.now() + PATIENCE_MS, done, failed });
      this.serve();
      if (this.turns.length > 0) this.watch();
    });
  }

  /** Never throws: what it is called from is a statement of the application. */
  private serve(): void {
    for (let turn = this.turns[0]; turn; turn = this.turns[0]) {
      try {
        const connection = this.connection();
        if (connection.inTransaction) return;
        // Nothing is awaited between the look and the work: the next transaction of the application could begin there.
        turn.work(connection);
        turn.done();
      } catch (error) {
        if (isLocked(error) || isIterating(error)) return;
        turn.failed(error);
      }
      this.turns.shift();
    }
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

/** The application reads row by row, during which better-sqlite3 executes nothing else. */
function isIterating(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes('busy executing a query');
}

/** Another process holds the lock; it is looked at again as long as there is patience. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(?:BUSY|LOCKED)/.test(String(error.code));
}
