import { describe, expect, it } from 'vitest';
import { TemporarilyUnavailableError } from 'nestjs-dynamic-registration';
import { RefusedError, UsageError } from '../../lib/cli/command.error.js';
import { parseConnection } from '../../lib/cli/connection/connection.js';
import { databaseFailure } from '../../lib/cli/connection/database-failure.js';
import { StorageError } from '../../lib/errors/storage.error.js';

const server = parseConnection('postgres://app:s3c%3Aret@db.example/auth', true);
const file = parseConnection('sqlite:auth.sqlite', true);
const driverError = (code: string) => Object.assign(new Error('the words of a driver'), { code });

describe('failure of a database', () => {
  it.each<readonly [string, RegExp]>([
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'PROTOCOL_CONNECTION_LOST'].map(
      (code) => [code, /^cannot reach postgres:\/\/app:\*\*\*@db\.example\/auth: check host and port/] as const,
    ),
    ...['28P01', '28000', 'ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR'].map(
      (code) => [code, /refuses user or password of .*: check both$/] as const,
    ),
    ...['3D000', 'ER_BAD_DB_ERROR'].map((code) => [code, /does not exist: create it, or check the name$/] as const),
    ['ER_NO_DB_ERROR', /names no database: add \/NAME$/],
    ...['42501', 'ER_DBACCESS_DENIED_ERROR', 'ER_TABLEACCESS_DENIED_ERROR'].map(
      (code) => [code, /may not do this: grant it the rights/] as const,
    ),
    ...['42P01', 'ER_NO_SUCH_TABLE'].map(
      (code) => [code, /has no tables of this module: run dcr migrate run/] as const,
    ),
    ...['42703', 'ER_BAD_FIELD_ERROR'].map((code) => [code, /of another version: run dcr migrate run/] as const),
    ...['42P07', 'ER_TABLE_EXISTS_ERROR'].map((code) => [code, /that no migration made/] as const),
  ])('%s becomes one line that says what to do', (code, message) => {
    const failures = [
      driverError(code),
      new StorageError(code),
      new TemporarilyUnavailableError(`database error ${code}`),
      new TemporarilyUnavailableError(`no connection to the database ${code}`),
    ];
    for (const failure of failures) {
      const explained = databaseFailure(failure, server);
      expect(explained).toBeInstanceOf(RefusedError);
      expect(explained.message).toMatch(message);
      expect(explained.message).not.toMatch(/\n|s3c/);
    }
  });

  it.each([
    ['SQLITE_BUSY', 'sqlite:auth.sqlite is locked by another process: try again'],
    ['SQLITE_CANTOPEN', 'sqlite:auth.sqlite cannot be opened: check the path and its permissions'],
    ['SQLITE_NOTADB', 'sqlite:auth.sqlite is not a SQLite database: check the path'],
    ['SQLITE_READONLY', 'sqlite:auth.sqlite is read-only: check the permissions of the file and its folder'],
  ])('%s becomes one line that says what to do', (code, message) => {
    expect(databaseFailure(driverError(code), file).message).toBe(message);
  });

  it.each([
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string', /refuses user or password/],
    ['no pg_hba.conf entry for host "192.0.2.1", no encryption', /add \?sslmode=require/],
    ['Connection terminated due to connection timeout', /^cannot reach/],
    ['timeout expired', /^cannot reach/],
    ['table "oauth_clients" already exists', /that no migration made/],
  ])('is known by its words where it has no code: %s', (words, message) => {
    expect(databaseFailure(new Error(words), server).message).toMatch(message);
  });

  it('is told by the cause of a start that it ended', () => {
    const start = (cause: Error) => new Error('DynamicRegistrationModule: the table oauth_clients ...', { cause });
    expect(databaseFailure(start(driverError('42P01')), server).message).toMatch(/run dcr migrate run --connect/);
    expect(databaseFailure(start(driverError('42501')), server).message).toMatch(
      /may not do this: grant it the rights/,
    );
    expect(databaseFailure(start(new Error('no such table: oauth_clients')), file).message).toMatch(
      /: run dcr migrate run/,
    );
    expect(databaseFailure(start(new Error('no such column: stored.owner')), file).message).toMatch(/another version/);
  });

  it('is one of reaching the server where the path is a socket', () => {
    expect(databaseFailure(driverError('ENOENT'), server).message).toMatch(/^cannot reach/);
    expect(databaseFailure(driverError('ENOENT'), file).message).toMatch(/cannot be opened/);
  });

  it('that is not known is told on one line, without the password', () => {
    const words = 'cannot use s3c:ret\n    of postgres://app:s3c%3Aret@db.example/auth\n    with password=s3c%3Aret';
    expect(databaseFailure(Object.assign(new Error(words), { code: 'XX000' }), server).message).toBe(
      'cannot use *** of postgres://app:***@db.example/auth with password=*** (XX000)',
    );
    expect(databaseFailure('words alone', server).message).toBe('words alone');
  });

  it('leaves what the command line itself says', () => {
    for (const error of [new RefusedError('as it is'), new UsageError('as it is')]) {
      expect(databaseFailure(error, server)).toBe(error);
    }
  });
});
