import { RefusedError, UsageError } from '../command.error.js';
import type { Connection } from './connection.js';
import { maskPasswords, oneLine } from '../terminal/message-text.js';

type Explanation = (connection: Connection) => string;

const unreachable: Explanation = ({ name }) =>
  `cannot reach ${name}: check host and port, and that the database server runs`;
const wrongPassword: Explanation = ({ name }) => `the database refuses user or password of ${name}: check both`;
const unknownDatabase: Explanation = ({ name }) =>
  `the database of ${name} does not exist: create it, or check the name`;
const notAllowed: Explanation = ({ name }) =>
  `the user of ${name} may not do this: grant it the rights, or use another user`;
const otherVersion: Explanation = (connection) => `the tables are of another version: ${migrate(connection)}`;
const tableExists: Explanation = ({ name }) =>
  `${name} has a table of the same name that no migration made: use another database, or, if TypeORM's synchronize made it, ` +
  'mark the migration as run with migration:run --fake';
const brokenReference: Explanation = ({ name }) =>
  `${name} requires a row that is not there, such as the owner, or has rows that refer to this one: add or remove those first`;
const wrongType: Explanation = ({ name }) => `a value is not of the type of its column in ${name}: give another one`;
const tooLong: Explanation = ({ name }) => `a value is too long for its column in ${name}: give a shorter one`;
const locked: Explanation = ({ name }) => `${name} is locked by another process: try again`;
const unopenable: Explanation = (connection) =>
  // A server can be reached by a path, too: its socket.
  connection.kind === 'sqlite'
    ? `${connection.name} cannot be opened: check the path and its permissions`
    : unreachable(connection);
const notSqlite: Explanation = ({ name }) => `${name} is not a SQLite database: check the path`;

/** What the codes of drivers and databases mean to the person at the terminal. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  PROTOCOL_CONNECTION_LOST: unreachable,
  '28P01': wrongPassword,
  '28000': wrongPassword,
  ER_ACCESS_DENIED_ERROR: wrongPassword,
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: wrongPassword,
  '3D000': unknownDatabase,
  ER_BAD_DB_ERROR: unknownDatabase,
  ER_NO_DB_ERROR: ({ name }) => `${name} names no database: add /NAME`,
  '42501': notAllowed,
  ER_DBACCESS_DENIED_ERROR: notAllowed,
  ER_TABLEACCESS_DENIED_ERROR: notAllowed,
  '42P01': missingTables,
  ER_NO_SUCH_TABLE: missingTables,
  '42703': otherVersion,
  ER_BAD_FIELD_ERROR: otherVersion,
  '42P07': tableExists,
  ER_TABLE_EXISTS_ERROR: tableExists,
  '23503': brokenReference,
  ER_NO_REFERENCED_ROW_2: brokenReference,
  ER_ROW_IS_REFERENCED_2: brokenReference,
  SQLITE_CONSTRAINT_FOREIGNKEY: brokenReference,
  '22P02': wrongType,
  '22001': tooLong,
  ER_DATA_TOO_LONG: tooLong,
  SQLITE_BUSY: locked,
  SQLITE_LOCKED: locked,
  SQLITE_CANTOPEN: unopenable,
  EACCES: unopenable,
  EEXIST: unopenable,
  ENOENT: unopenable,
  ENOTDIR: unopenable,
  EROFS: unopenable,
  SQLITE_NOTADB: notSqlite,
  SQLITE_READONLY: ({ name }) => `${name} is read-only: check the permissions of the file and its folder`,
};

/** What only the words of a driver tell. */
const MESSAGES: readonly (readonly [RegExp, Explanation])[] = [
  [
    /pg_hba\.conf/,
    ({ name }) =>
      `the server of ${name} does not accept this kind of connection: add ?sslmode=require, or allow it in pg_hba.conf`,
  ],
  [/SASL|password must be a string/, wrongPassword],
  [/timeout expired|connection timeout/, unreachable],
  [/table .* already exists/, tableExists],
  [/no such table/, missingTables],
  [/no such column/, otherVersion],
  [/file is not a database/, notSqlite],
  [/unable to open/i, unopenable],
  [/database is locked/, locked],
];

/** The tables are not there. */
function missingTables(connection: Connection): string {
  return `${connection.name} has no tables of this module: ${migrate(connection)}`;
}

/** A host's data source has the migrations that the host lists there. */
function migrate({ kind, again }: Connection): string {
  const run = `run dcr migrate run${again}`;
  return kind === 'data-source' ? `list the migrations of your entities in its migrations and ${run}` : run;
}

/** What went wrong with a database, in one line that says what to do and holds no password. */
export function databaseFailure(failure: unknown, connection: Connection): Error {
  if (failure instanceof RefusedError || failure instanceof UsageError) return failure;
  // The start of the module tells a host what to do; what it was caused by tells what to do here.
  const error = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  const code = codeOf(error);
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const explain = MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? EXPLANATIONS[code];
  if (explain) return new RefusedError(explain(connection));
  return new RefusedError(
    withoutPassword(code === '' || message.includes(code) ? message : `${message} (${code})`, connection),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // The module's own errors keep of a driver's error nothing but its code.
  for (const text of [error.message, error.cause]) {
    const kept =
      typeof text === 'string' ? /^(?:no connection to the database|database error) (\w+)$/.exec(text) : null;
    if (kept?.[1] !== undefined) return kept[1];
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function withoutPassword(message: string, connection: Connection): string {
  const masked = maskPasswords(message);
  const password = 'url' in connection ? connection.url.password : '';
  return password === '' ? masked : masked.replaceAll(decodeURIComponent(password), '***').replaceAll(password, '***');
}
