import { QueryFailedError } from 'typeorm';
import { RegistrationError, TemporarilyUnavailableError } from '../errors/registration.error.js';
import { StorageError } from '../errors/storage.error.js';

/** An id or a hash is taken already. */
export class DuplicateKeyError extends StorageError {}

/** Carries a host's own error out of a transaction unchanged. */
export class ParticipantError extends Error {
  constructor(override readonly cause: unknown) {
    super('a participant of the unit of work failed');
  }
}

const DUPLICATE = new Set(['23505', 'ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_CONSTRAINT_UNIQUE']);

/**
 * Codes with which a database says that it cannot do this now, whatever was asked: PostgreSQL's classes 08, 28 and 3D (connection),
 * 40 (rolled back), 53 (resources), 55 (locks), 57 (operator, time limits) and 25006 (read only); MariaDB's 70100 (time limits); the same of
 * MariaDB and SQLite by their names.
 */
const UNAVAILABLE =
  /^(?:(?:08|28|3D|40|53|55|57)[0-9A-Z]{3}|25006|70100|ER_(?:LOCK_|CON_COUNT|TOO_MANY_USER_CONN|SERVER_SHUTDOWN|DISK_FULL|RECORD_FILE_FULL|OPTION_PREVENTS|QUERY_TIMEOUT|STATEMENT_TIMEOUT|QUERY_INTERRUPTED|CANT_OPEN).*|SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|INTERRUPT).*)$/;

/** Codes of the connection itself, from the operating system and from mysql2. */
const NO_CONNECTION =
  /^(?:E(?:CONN[A-Z]+|PIPE|TIMEDOUT|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|AI_AGAIN|NOTFOUND)|ENOTFOUND|PROTOCOL_.*|POOL_.*)$/;

/** What pg and mysql2 say without a code when a connection is lost, not to be had from the pool in time, or silent for too long. */
const NO_CONNECTION_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|connection timeout|connection is in closed state|client has encountered a connection error|queue limit reached|pool is closed|no connections available|cannot use a pool after calling end/i;

/** TypeORM's names for a data source that is closed. */
const CLOSED: ReadonlySet<string> = new Set([
  'ConnectionIsNotSetError',
  'CannotExecuteNotConnectedError',
  'QueryRunnerAlreadyReleasedError',
  'DriverOptionNotSetError',
]);

/**
 * A database's error without its statement, parameters and detail. Everything else passes unchanged: refusals, a participant's error, and
 * what the host's own hooks and subscribers throw.
 */
export function storageFailure(error: unknown): unknown {
  if (error instanceof ParticipantError) return error.cause;
  if (!(error instanceof Error) || error instanceof RegistrationError || error instanceof StorageError) return error;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = codeOf(cause);
  if (isNoConnection(cause, code) || CLOSED.has(error.name)) {
    return new TemporarilyUnavailableError(`no connection to the database ${code}`.trimEnd());
  }
  if (DUPLICATE.has(code)) return new DuplicateKeyError(code);
  if (UNAVAILABLE.test(code)) return new TemporarilyUnavailableError(`database error ${code}`);
  return error instanceof QueryFailedError || isDatabaseCode(code) ? new StorageError(code || 'without a code') : error;
}

function isNoConnection(cause: unknown, code: string): boolean {
  return NO_CONNECTION.test(code) || (cause instanceof Error && NO_CONNECTION_MESSAGE.test(cause.message));
}

/** The driver's code; mysql2 knows none for some errors of MariaDB, but their SQLSTATE. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const codes: unknown[] = [Reflect.get(error, 'code'), Reflect.get(error, 'sqlState')];
  return codes.find((code) => typeof code === 'string') ?? '';
}

/** PostgreSQL's SQLSTATE, or the codes of MariaDB and SQLite; the pg driver's errors come without a wrapper of TypeORM from statements of ours. */
function isDatabaseCode(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) || code.startsWith('ER_') || code.startsWith('SQLITE_');
}
