import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { inject } from 'vitest';
import { SQLITE_DRIVER } from './sqlite-driver.js';

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
  /** Gives the database up with all that is in it, open connections notwithstanding; an empty one may be that of the next test. */
  drop(): Promise<void>;
  /** Removes it from its server for good. */
  destroy(): Promise<void>;
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
    const destroy = () => rm(folder, { recursive: true, force: true });
    return {
      options: { type: 'better-sqlite3', driver: SQLITE_DRIVER, database, enableWAL: true },
      url: `sqlite:${database}`,
      drop: destroy,
      destroy,
    };
  },
};

/** PostgreSQL databases of this worker that are empty again: to make one and drop it takes longer than most tests. */
const emptied: string[] = [];

const postgres: TestDatabase = {
  kind: 'postgres',
  name: 'PostgreSQL',
  async create() {
    const server = inject('postgresUrl');
    const name = emptied.pop() ?? (await createOnPostgres(server));
    const url = databaseUrl(server, name);
    let isGiven = true;
    const destroy = async () => {
      isGiven = false;
      await onPostgres(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    };
    return {
      options: { type: 'postgres', url },
      url,
      drop: async () => {
        // A second time it may already be that of another test.
        if (!isGiven) return;
        isGiven = false;
        await onPostgres(url, EMPTY);
        emptied.push(name);
      },
      destroy,
    };
  },
};

/** Ends the other connections, and leaves what a new database has: one schema with nothing in it, and no settings. */
const EMPTY = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
  DO $$
  DECLARE name text;
  BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
      EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
    EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
  END $$;
  CREATE SCHEMA public;
  GRANT USAGE ON SCHEMA public TO PUBLIC`;

async function createOnPostgres(server: string): Promise<string> {
  const name = randomName();
  await onPostgres(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
  return name;
}

const mysqlOrMariaDb: TestDatabase = {
  kind: 'mysql',
  name: 'MariaDB/MySQL',
  async create() {
    const server = inject('mysqlUrl');
    const name = randomName();
    await onMysql(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    const url = databaseUrl(server, name);
    const destroy = () => onMysql(server, `DROP DATABASE IF EXISTS ${name}`);
    return { options: { type: url.startsWith('mariadb:') ? 'mariadb' : 'mysql', url }, url, drop: destroy, destroy };
  },
};

/** Every database of this run: SQLite and PostgreSQL always, MariaDB or MySQL when `TEST_MYSQL_URL` names a server. */
export const databases: readonly TestDatabase[] = inject('mysqlUrl')
  ? [sqlite, postgres, mysqlOrMariaDb]
  : [sqlite, postgres];

/**
 * The databases for tests of commands, whose services are tested on all of them: with `TEST_PAIRS` one, another one for each turn.
 */
export function databasesInTurn(turn: number): readonly TestDatabase[] {
  return process.env['TEST_PAIRS'] === undefined
    ? databases
    : databases.filter((_, i) => i === turn % databases.length);
}

function randomName(): string {
  return `${inject('databasePrefix')}${randomBytes(6).toString('hex')}`;
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
