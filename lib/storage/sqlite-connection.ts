/** The part of better-sqlite3's API that is used here; libsql has the same. */
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
export type SqliteWork = (connection: SqliteConnection) => void;

/** Another process holds the lock, or the application reads row by row, during which better-sqlite3 executes nothing else. */
export function isOccupied(error: unknown): boolean {
  if (error instanceof TypeError) return error.message.includes('busy executing a query');
  return error instanceof Error && 'code' in error && /^SQLITE_(?:BUSY|LOCKED)/.test(String(error.code));
}

/**
 * Does several works in one transaction, each as a whole or not at all: SQLite waits for the disk once for all of them.
 * @param stored is told, as soon as that is on the disk, what those threw that failed, by their number
 * @throws what is wrong with the connection or with the transaction as a whole: nothing is done then; or with the connection afterwards
 */
export function inOneTransaction(
  connection: SqliteConnection,
  works: readonly SqliteWork[],
  stored: (failures: ReadonlyMap<number, unknown>) => void,
): void {
  withoutWaiting(connection, () => {
    connection.exec('BEGIN IMMEDIATE');
    const failures = new Map<number, unknown>();
    try {
      for (const [i, work] of works.entries()) inSavepoint(connection, work, (error) => failures.set(i, error));
      connection.exec('COMMIT');
    } catch (error) {
      if (connection.inTransaction) connection.exec('ROLLBACK');
      throw error;
    }
    stored(failures);
  });
}

function inSavepoint(connection: SqliteConnection, work: SqliteWork, failed: (error: unknown) => void): void {
  connection.exec('SAVEPOINT dcr_writes');
  try {
    work(connection);
  } catch (error) {
    // On a full disk SQLite has rolled back by itself, and so everything.
    if (isOccupied(error) || !connection.inTransaction) throw error;
    connection.exec('ROLLBACK TO dcr_writes');
    failed(error);
  }
  connection.exec('RELEASE dcr_writes');
}

/**
 * While another process holds the file, SQLite would wait for the driver's `timeout`, and the event loop with it. The setting is that of the
 * one connection: the host's own statements go on waiting as they did.
 */
function withoutWaiting(connection: SqliteConnection, work: () => void): void {
  const { timeout } = connection.prepare('PRAGMA busy_timeout').get() as { timeout: number };
  connection.exec('PRAGMA busy_timeout = 0');
  try {
    work();
  } finally {
    connection.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}
