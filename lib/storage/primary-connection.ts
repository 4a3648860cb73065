import type { DataSource, QueryRunner } from 'typeorm';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { withPatience } from './patience.js';

/**
 * Does something on a connection to the primary, which nobody else uses meanwhile: a replica may lag behind a revocation. Every statement of
 * this module but SQLite's writes gets its connection here.
 * @throws TemporarilyUnavailableError when the host's pool has none to give in time: some pools wait for ever
 */
export async function onPrimary<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  // A closed connection must not even be looked at: libsql ends the process.
  if (!dataSource.isInitialized) throw new TemporarilyUnavailableError('the data source is closed');
  const runner = dataSource.createQueryRunner('master');
  await connect(runner);
  try {
    return await work(runner);
  } finally {
    await runner.release();
  }
}

async function connect(runner: QueryRunner): Promise<void> {
  const connected: Promise<unknown> = runner.connect();
  try {
    await withPatience(connected, 'the pool had no connection in time');
  } catch (error) {
    // Released now, the runner would forget a connection that is on its way.
    void connected.then(
      () => runner.release(),
      () => undefined,
    );
    throw error;
  }
}

/**
 * Ends the connection itself instead of giving it back. The database undoes what was open on it, and nothing more can be sent on it, not even
 * by somebody who still holds the runner.
 */
export async function discard(runner: QueryRunner): Promise<void> {
  const connection: DriverConnection = await runner.connect();
  if (connection.destroy) connection.destroy();
  // It ends at once, whatever is running on it; the pool makes another one.
  else connection.end().catch(() => undefined);
  await runner.release();
}

/** What ends a connection of mysql2, and one of pg. */
interface DriverConnection {
  destroy?(): void;
  end(): Promise<void>;
}
