import type { DataSourceOptions } from 'typeorm';
import { RefusedError } from '../command.error.js';
import type { DatabaseConnection, ServerConnection, SqliteConnection } from './connection.js';
import { loadDriver } from './database-driver.js';
import { isThere } from './is-there.js';
import { SilentLogger } from './silent.logger.js';

/** Options of a data source that say where it connects. */
export type ConnectionOptions = Extract<
  DataSourceOptions,
  { type: 'postgres' } | { type: 'mysql' | 'mariadb' } | { type: 'better-sqlite3' }
>;

const logger = new SilentLogger();
const CONNECT_TIMEOUT = 10_000;
/** How long a statement waits while another process writes to the same SQLite file, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

/**
 * What TypeORM needs to connect.
 * @param create whether a SQLite file that is not there is made
 * @throws RefusedError when the driver is not installed, or the SQLite file is not there
 */
export async function dataSourceOptions(connection: DatabaseConnection, create = false): Promise<ConnectionOptions> {
  if (connection.kind === 'sqlite') return sqlite(connection, create);
  const driver = await loadDriver(connection.kind);
  if (connection.kind === 'postgres') {
    // The driver reads the URL itself, with its parameters such as sslmode.
    return { type: 'postgres', driver, url: connection.url.href, connectTimeoutMS: CONNECT_TIMEOUT, logger };
  }
  return mysql(connection, connection.kind, driver);
}

async function sqlite(connection: SqliteConnection, create: boolean): Promise<ConnectionOptions> {
  const exists = await isThere(connection.file);
  if (!exists && !create) {
    throw new RefusedError(
      `there is no file ${connection.file}: check the path, or make it with dcr migrate run${connection.again}`,
    );
  }
  return {
    type: 'better-sqlite3',
    driver: await loadDriver('sqlite'),
    database: connection.file,
    // The mode is kept in the file: a new one lets a server read while a command writes, another's stays as its owner chose.
    enableWAL: !exists,
    timeout: BUSY_TIMEOUT,
    logger,
  };
}

function mysql({ url }: ServerConnection, type: 'mysql' | 'mariadb', driver: unknown): ConnectionOptions {
  return {
    type,
    driver,
    ...FOR_TYPEORM_0_3,
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    connectTimeout: CONNECT_TIMEOUT,
    logger,
    // As the driver reads them in a URL: ?ssl={"rejectUnauthorized":true}
    extra: Object.fromEntries([...url.searchParams].map(([name, value]) => [name, parameter(value)])),
  };
}

/** Without it TypeORM 0.3 wonders aloud which driver it was given; TypeORM 1 knows only this one. */
const FOR_TYPEORM_0_3 = { connectorPackage: 'mysql2' } as const;

function parameter(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
