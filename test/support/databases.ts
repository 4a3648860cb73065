import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import libsql from 'libsql';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { inject } from 'vitest';

/** Options of a TypeORM data source that tell where to connect; entities and the rest are the test's. */
export type ConnectionOptions = Extract<
  DataSourceOptions,
  { type: 'better-sqlite3' } | { type: 'postgres' } | { type: 'mysql' | 'mariadb' }
>;

/** A fresh, empty database that nothing else uses. */
export interface CreatedDatabase {
  readonly options: ConnectionOptions;
  /** The same place as a URL, as `DATABASE_URL` takes it; `sqlite:` and a file for SQLite. */
  readonly url: string;
  /** Removes the database, open connections notwithstanding. */
  drop(): Promise<void>;
}

/** A kind of database the module supports, on a real server or in a file. */
export interface TestDatabase {
  readonly kind: 'sqlite' | 'postgres' | 'mysql';
  /** For titles: `describe.each(databases)('... ($name)', ({ create }) => ...)`. */
  readonly name: string;
  create(): Promise<CreatedDatabase>;
}

const sqlite: TestDatabase = {
  kind: 'sqlite',
  name: 'SQLite',
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'dcr-sqlite-'));
    const database = join(folder, 'test.sqlite');
    return {
      options: { type: 'better-sqlite3', driver: libsql, database, enableWAL: true },
      url: `sqlite:${database}`,
      drop: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

const postgres: TestDatabase = {
  kind: 'postgres',
  name: 'PostgreSQL',
  async create() {
    const server = inject('postgresUrl');
    const name = randomName();
    await onPostgres(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    const url = databaseUrl(server, name);
    return {
      options: { type: 'postgres', url },
      url,
      drop: () => onPostgres(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
    };
  },
};

const mysqlOrMariaDb: TestDatabase = {
  kind: 'mysql',
  name: 'MariaDB/MySQL',
  async create() {
    const server = inject('mysqlUrl');
    const name = randomName();
    await onMysql(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    const url = databaseUrl(server, name);
    return {
      options: { type: url.startsWith('mariadb:') ? 'mariadb' : 'mysql', url },
      url,
      drop: () => onMysql(server, `DROP DATABASE IF EXISTS ${name}`),
    };
  },
};

/** Every database of this run: SQLite and PostgreSQL always, MariaDB or MySQL when `TEST_MYSQL_URL` names a server. */
export const databases: readonly TestDatabase[] = inject('mysqlUrl')
  ? [sqlite, postgres, mysqlOrMariaDb]
  : [sqlite, postgres];

function randomName(): string {
  return `dcr_test_${randomBytes(8).toString('hex')}`;
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function onPostgres(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onMysql(url: string, statement: string): Promise<void> {
  const connection = await mysql.createConnection(url.replace(/^mariadb:/, 'mysql:'));
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
