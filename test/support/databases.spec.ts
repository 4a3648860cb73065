import { existsSync } from 'node:fs';
import { DataSource, Table } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from './databases.js';
import { SQLITE_DRIVER_NAME } from './sqlite-driver.js';

const opened: { database: CreatedDatabase; dataSource: DataSource }[] = [];

async function open({ create }: TestDatabase): Promise<DataSource> {
  const database = await create();
  const dataSource = new DataSource(database.options);
  opened.push({ database, dataSource });
  return dataSource.initialize();
}

afterEach(async () => {
  for (const { database, dataSource } of opened.splice(0)) {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  }
});

describe('databases of a run', () => {
  it('are SQLite and PostgreSQL, and MariaDB or MySQL when TEST_MYSQL_URL names a server', () => {
    const expected = process.env['TEST_MYSQL_URL'] ? ['sqlite', 'postgres', 'mysql'] : ['sqlite', 'postgres'];
    expect(databases.map(({ kind }) => kind)).toEqual(expected);
  });
});

describe.each(databases)('test database ($name)', (database) => {
  it('is one a data source connects to', async () => {
    const dataSource = await open(database);
    const rows: Record<string, unknown>[] = await dataSource.query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('is shared with no other one', async () => {
    const [first, second] = [await open(database), await open(database)];
    const runner = first.createQueryRunner();
    await runner.createTable(new Table({ name: 'mine', columns: [{ name: 'id', type: 'int', isPrimary: true }] }));
    await expect(runner.hasTable('mine')).resolves.toBe(true);
    await runner.release();

    const other = second.createQueryRunner();
    await expect(other.hasTable('mine')).resolves.toBe(false);
    await other.release();
  });

  it('keeps text beyond the Basic Multilingual Plane', async () => {
    const dataSource = await open(database);
    await dataSource.query('create table names (name varchar(20))');
    await dataSource.query("insert into names values ('日本語 🔑')");
    await expect(dataSource.query('select name from names')).resolves.toEqual([{ name: '日本語 🔑' }]);
  });

  it('is gone or empty after drop, even while a connection is open', async () => {
    const { options, drop } = await database.create();
    const dataSource = await new DataSource(options).initialize();
    await dataSource.query('create table mine (id int)');
    await drop();
    await dataSource.destroy();
    await drop();

    const next = await open(database);
    await expect(next.createQueryRunner().hasTable('mine')).resolves.toBe(false);
  });

  it('is gone after destroy, even while a connection is open', async () => {
    const { options, destroy } = await database.create();
    const dataSource = await new DataSource(options).initialize();
    await dataSource.query('create table mine (id int)');
    await destroy();
    await dataSource.destroy();

    // A connection to a SQLite file that is gone would make it anew.
    if (options.type === 'better-sqlite3') expect(existsSync(options.database)).toBe(false);
    else await expect(new DataSource(options).initialize()).rejects.toThrow(/does not exist|Unknown database/);
  });
});

/** The part of better-sqlite3's interface this is about. */
interface SqliteConnection {
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  prepare(sql: string): { get(): unknown; run(...parameters: unknown[]): { changes: number } };
  transaction<Result>(work: (id: number) => Result): (id: number) => Result;
}

describe(`SQLite through ${SQLITE_DRIVER_NAME}`, () => {
  async function openSqlite(): Promise<{ dataSource: DataSource; connection: SqliteConnection; count(): unknown }> {
    const sqlite = databases.find(({ kind }) => kind === 'sqlite');
    if (!sqlite) throw new Error('SQLite is one of the databases of every run');
    const dataSource = await open(sqlite);
    const { databaseConnection: connection } = dataSource.driver as unknown as { databaseConnection: SqliteConnection };
    connection.exec('create table mine (id int primary key)');
    return { dataSource, connection, count: () => connection.prepare('select count(*) as n from mine').get() };
  }

  it('runs a transaction synchronously and tells inTransaction', async () => {
    const { connection, count } = await openSqlite();
    const inTransaction = [connection.inTransaction];
    const insert = connection.transaction((id: number) => {
      inTransaction.push(connection.inTransaction);
      return connection.prepare('insert into mine values (?)').run(id).changes;
    });

    expect(insert(1)).toBe(1);
    inTransaction.push(connection.inTransaction);
    expect(inTransaction).toEqual([false, true, false]);
    expect(count()).toMatchObject({ n: 1 });
  });

  it('rolls a transaction back when its function throws', async () => {
    const { connection, count } = await openSqlite();
    const insertTwice = connection.transaction((id: number) => {
      connection.prepare('insert into mine values (?)').run(id);
      connection.prepare('insert into mine values (?)').run(id);
    });

    expect(() => insertTwice(1)).toThrow(/UNIQUE/);
    expect(connection.inTransaction).toBe(false);
    expect(count()).toMatchObject({ n: 0 });
  });

  it('tells inTransaction while TypeORM holds a transaction open', async () => {
    const { dataSource, connection } = await openSqlite();
    await dataSource.transaction(async () => {
      expect(connection.inTransaction).toBe(true);
    });
    expect(connection.inTransaction).toBe(false);
  });
});
