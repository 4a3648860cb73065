import { createHash } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { discard } from './primary-connection.js';

/** How long a lock is waited for. */
const PATIENCE_SECONDS = 5;

/**
 * Does work that only one connection at a time may do for each of these names. PostgreSQL gives the locks back with the transaction, in which they
 * are taken by the function that the work is given; MariaDB and MySQL have them for the session, and a snapshot that is not made before they are held.
 * @throws TemporarilyUnavailableError when others hold one for too long
 */
export async function withLocks(
  runner: QueryRunner,
  names: readonly string[],
  work: (lock: () => Promise<void>) => Promise<void>,
): Promise<void> {
  // In one order everywhere, so that nobody waits for who waits for him.
  const keys = names.map((name) => keyOf(runner, name)).toSorted((one, other) => (one < other ? -1 : 1));
  if (runner.connection.options.type === 'postgres') {
    return work(async () => {
      if (keys.length > 0) await runner.query(`SET LOCAL lock_timeout = '${PATIENCE_SECONDS}s'`);
      for (const key of keys) await runner.query('SELECT pg_advisory_xact_lock($1)', [key]);
    });
  }
  const held: string[] = [];
  try {
    for (const key of keys) {
      const [row]: { taken: unknown }[] = await runner.query('SELECT GET_LOCK(?, ?) AS taken', [key, PATIENCE_SECONDS]);
      if (Number(row?.taken) !== 1)
        throw new TemporarilyUnavailableError('a lock of the database was not given in time');
      held.push(key);
    }
    await work(async () => {});
  } finally {
    await giveBack(runner, held);
  }
}

/** What was written is written: a connection that does not answer any more is ended, and its locks with it. */
async function giveBack(runner: QueryRunner, held: readonly string[]): Promise<void> {
  if (runner.isReleased) return;
  try {
    for (const key of held) await runner.query('SELECT RELEASE_LOCK(?)', [key]);
  } catch {
    await discard(runner);
  }
}

/** Of a server that other databases are on, too: PostgreSQL's locks are of one database and have a number, the others' have a name. */
function keyOf({ connection }: QueryRunner, name: string): string {
  const { type } = connection.options;
  // As the driver knows it: options name a database in several ways, or leave it to the server.
  const database = type === 'postgres' ? '' : connection.driver.database;
  const hash = createHash('sha256')
    .update(JSON.stringify([database, name]))
    .digest();
  return type === 'postgres' ? String(hash.readBigInt64BE()) : `dcr_${hash.toString('hex').slice(0, 48)}`;
}
