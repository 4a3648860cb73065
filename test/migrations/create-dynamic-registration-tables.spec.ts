import { dynamicRegistrationMigrations, InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from '../support/databases.js';
import { SnakeCaseNamingStrategy } from '../support/snake-case.naming-strategy.js';
import { startServer } from '../support/start-server.js';

const opened: { database: CreatedDatabase; dataSource: DataSource }[] = [];
afterEach(async () => {
  for (const { database, dataSource } of opened.splice(0)) {
    await dataSource.destroy();
    await database.drop();
  }
});

async function open({ create }: TestDatabase, options: object = {}): Promise<DataSource> {
  const database = await create();
  const dataSource = new DataSource({
    ...database.options,
    type: await typeOf(database),
    entities: [OAuthClient, InitialAccessToken],
    migrations: dynamicRegistrationMigrations,
    ...options,
  } as DataSourceOptions);
  opened.push({ database, dataSource: await dataSource.initialize() });
  return dataSource;
}

/** TypeORM compares the columns of a MariaDB server rightly only where it is told that it is one. */
async function typeOf({ options }: CreatedDatabase): Promise<string> {
  if (options.type !== 'mysql') return options.type;
  const dataSource = await new DataSource(options).initialize();
  const rows: { version: string }[] = await dataSource.query('SELECT VERSION() AS version');
  await dataSource.destroy();
  return rows[0]?.version.includes('MariaDB') ? 'mariadb' : 'mysql';
}

async function tables(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const found = [];
    for (const { tablePath } of dataSource.entityMetadatas) if (await runner.hasTable(tablePath)) found.push(tablePath);
    return found;
  } finally {
    await runner.release();
  }
}

/** What TypeORM would still have to do, as `migration:generate` would write it. */
async function drift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

const hosts = [
  { host: 'as TypeORM names things', options: {} },
  { host: 'under a naming strategy', options: { namingStrategy: new SnakeCaseNamingStrategy() } },
  { host: 'with a prefix of entities', options: { entityPrefix: 'auth_' } },
];

describe.each(databases.flatMap((database) => hosts.map((host) => ({ database, ...host }))))(
  'migration $host ($database.name)',
  ({ database, options }) => {
    it('makes both tables, and takes them away', async () => {
      const dataSource = await open(database, options);
      const run = await dataSource.runMigrations();
      expect(run.map(({ name }) => name)).toEqual(['CreateDynamicRegistrationTables1764000000000']);
      await expect(tables(dataSource)).resolves.toHaveLength(2);
      await dataSource.undoLastMigration();
      await expect(tables(dataSource)).resolves.toEqual([]);
      await dataSource.runMigrations();
      await expect(tables(dataSource)).resolves.toHaveLength(2);
    });

    it('leaves nothing to do for the entities', async () => {
      const dataSource = await open(database, options);
      await dataSource.runMigrations();
      await expect(drift(dataSource)).resolves.toEqual([]);
    });

    it('is what the module runs on', async () => {
      const server = await startServer({ database, typeorm: options });
      try {
        const token = await server.token({ maxUses: 1, owner: 'acme' });
        const client = await server.register({ redirect_uris: ['https://tides.example/cb'] }, token);
        expect(client.status).toBe(201);
        expect((await server.register({ redirect_uris: ['https://tides.example/cb'] }, token)).status).toBe(401);
        const path = `/register/${client.body.client_id}`;
        const own: string = client.body.registration_access_token;
        const body = { client_id: client.body.client_id, redirect_uris: ['https://tides.example/cb2'] };
        expect((await server.request('PUT', path, { token: own, body })).status).toBe(200);
        expect((await server.request('GET', path, { token: own })).body.redirect_uris).toEqual(body.redirect_uris);
        expect((await server.request('DELETE', path, { token: own })).status).toBe(204);
      } finally {
        await server.close();
      }
    });
  },
);

const postgres = databases.filter(({ kind }) => kind === 'postgres');

describe.each(postgres)('migration ($name)', (database) => {
  it('says in the database what each column is for', async () => {
    const dataSource = await open(database);
    await dataSource.runMigrations();
    const rows: { column: string; comment: string | null }[] = await dataSource.query(
      `SELECT a.attname AS column, col_description(a.attrelid, a.attnum) AS comment FROM pg_attribute a
       WHERE a.attrelid IN ('oauth_clients'::regclass, 'initial_access_tokens'::regclass) AND a.attnum > 0`,
    );
    const columns = dataSource.entityMetadatas.flatMap((entity) => entity.columns);
    expect(rows).toHaveLength(columns.length);
    for (const { column, comment } of rows) expect(comment, column).toMatch(/\S/);
    expect(rows.find(({ column }) => column === 'redirectUris')?.comment).toBe('redirect_uris (RFC 7591 section 2)');
  });

  it('goes into the schema of the data source', async () => {
    const created = await database.create();
    const admin = await new DataSource(created.options).initialize();
    await admin.query('CREATE SCHEMA auth');
    await admin.destroy();
    const dataSource = await open({ ...database, create: async () => created }, { schema: 'auth' });
    await dataSource.runMigrations();
    const rows: { schema: string }[] = await dataSource.query(
      `SELECT schemaname AS schema FROM pg_tables WHERE tablename IN ('oauth_clients', 'initial_access_tokens')`,
    );
    expect(rows.map(({ schema }) => schema)).toEqual(['auth', 'auth']);
    await expect(drift(dataSource)).resolves.toEqual([]);
  });
});

describe.each(databases)('constraints of the tables ($name)', (database) => {
  it('let no client_id and no token hash exist twice', async () => {
    const server = await startServer({ database });
    try {
      await server.register({ redirect_uris: ['https://tides.example/cb'] });
      const clients = server.dataSource.getRepository(OAuthClient);
      const [client] = await clients.find();
      expect(client).toBeDefined();
      await expect(clients.insert(client as object)).rejects.toThrow();
      const tokens = server.dataSource.getRepository(InitialAccessToken);
      const [token] = await tokens.find();
      expect(token).toBeDefined();
      await expect(tokens.insert(Object.assign({}, token, { id: 'another' }))).rejects.toThrow();
    } finally {
      await server.close();
    }
  });
});
