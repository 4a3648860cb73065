import { QueryFailedError, TypeORMError } from 'typeorm';
import { RegistrationError, TemporarilyUnavailableError } from '../errors/registration.error.js';
import { StorageError } from '../errors/storage.error.js';
import { NothingMatched } from './unit-of-work.js';

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
 * Codes with which a database says that it cannot do this now, whatever was asked: PostgreSQL's classes 08 (connection), 40 (rolled back),
 * 53 (resources), 55 (locks), 57 (operator, time limits) and 25006 (read only); the same of MariaDB and SQLite.
 */
const UNAVAILABLE =
  /^(?:(?:08|40|53|55|57)[0-9A-Z]{3}|25006|ER_(?:LOCK_|CON_COUNT|TOO_MANY_USER_CONN|SERVER_SHUTDOWN|DISK_FULL|RECORD_FILE_FULL|OPTION_PREVENTS|QUERY_TIMEOUT|STATEMENT_TIMEOUT|QUERY_INTERRUPTED|CANT_OPEN).*|SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|INTERRUPT).*)$/;

/** A driver's error without its statement, parameters and detail; refusals and a participant's error pass unchanged. */
export function storageFailure(error: unknown): unknown {
  if (error instanceof ParticipantError) return error.cause;
  if (error instanceof RegistrationError || error instanceof StorageError || error instanceof NothingMatched)
    return error;
  if (isMistake(error)) return error;
  const code = driverCode(error instanceof QueryFailedError ? error.driverError : error);
  if (DUPLICATE.has(code)) return new DuplicateKeyError(code);
  // No code of a database: the connection was refused, lost, or not to be had from the pool in time.
  if (!isDatabaseCode(code)) return new TemporarilyUnavailableError(`no connection to the database ${code}`.trimEnd());
  return UNAVAILABLE.test(code) ? new TemporarilyUnavailableError(`database error ${code}`) : new StorageError(code);
}

/** What no database said: an error of a program, which must not pass for an outage. */
function isMistake(error: unknown): boolean {
  if (error instanceof QueryFailedError) return false;
  return (
    error instanceof TypeORMError ||
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError
  );
}

function driverCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}

function isDatabaseCode(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) || code.startsWith('ER_') || code.startsWith('SQLITE_');
}
