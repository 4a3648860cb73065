import type { Type } from '@nestjs/common';
import {
  dynamicRegistrationMigrations,
  InitialAccessToken,
  OAuthClient,
  UsedClientAssertion,
} from 'nestjs-dynamic-registration';
import { DataSource, type DataSourceOptions, type MigrationInterface, type ObjectLiteral } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from '../support/databases.js';
import { SnakeCaseNamingStrategy } from '../support/snake-case.naming-strategy.js';
import { startServer } from '../support/start-server.js';

const TABLES = 'CreateDynamicRegistrationTables1764000000000';
const ENCRYPTED_SECRETS = 'AddEncryptedClientSecret1764100000000';
const USED_ASSERTIONS = 'CreateUsedClientAssertions1764200000000';
const LIFE_CYCLE = 'AddClientLifeCycle1764300000000';

/** What the last migration adds to clients and tokens. */
const LIFE_CYCLE_PROPERTIES = [
  'tenant',
  'status',
  'expiresAt',
  'lastUsedAt',
  'initialAccessTokenId',
  'bounds',
  'previousClientSecretHash',
  'previousClientSecretExpiresAt',
  'previousClientSecretEncrypted',
  'previousRegistrationAccessTokenHash',
  'previousRegistrationAccessTokenExpiresAt',
  'foldingKey',
];

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
    entities: [OAuthClient, InitialAccessToken, UsedClientAssertion],
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

/** The names of the columns of the clients, as the database has them. */
async function clientColumns(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const table = await runner.getTable(dataSource.getMetadata(OAuthClient).tablePath);
    return table?.columns.map(({ name }) => name) ?? [];
  } finally {
    await runner.release();
  }
}

/** The name of the column of a property, as the database has it. */
function databaseName(dataSource: DataSource, entity: Type, property: string): string {
  return dataSource.getMetadata(entity).findColumnWithPropertyName(property)?.databaseName ?? '';
}

/** The rows of a table, as the database has them, by their first column. */
async function rows(dataSource: DataSource, entity: typeof OAuthClient | typeof InitialAccessToken) {
  const { tablePath } = dataSource.getMetadata(entity);
  const found = await dataSource.createQueryBuilder().select('*').from(tablePath, 'stored').getRawMany<ObjectLiteral>();
  return found.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

/** What TypeORM would still have to do, as `migration:generate` would write it. */
async function drift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** Runs the first migration alone, as the version before did. */
async function runFirstOf(dataSource: DataSource): Promise<void> {
  const all: MigrationInterface[] = dataSource.migrations.splice(1);
  const run = await dataSource.runMigrations();
  expect(run.map(({ name }) => name)).toEqual([TABLES]);
  dataSource.migrations.push(...all);
}

/** A client as the version before stored it, every kind of column filled. */
const CLIENT = {
  clientId: 'tides',
  clientIdIssuedAt: 1_764_000_000,
  clientSecretHash: '$sha256$00',
  clientSecretExpiresAt: 0,
  registrationAccessTokenHash: 'ab'.repeat(32),
  source: 'dynamic',
  registeredOpenly: false,
  owner: 'acme',
  version: 3,
  redirectUris: ['https://tides.example/cb'],
  tokenEndpointAuthMethod: 'client_secret_basic',
  grantTypes: ['authorization_code'],
  responseTypes: ['code'],
  clientName: 'Tábua de Marés 🌊',
  applicationType: 'web',
  additionalMetadata: { 'client_name#ja': '潮' },
} as const;

/** Two clients and a token in tables that do not have the column yet. */
async function fill(dataSource: DataSource): Promise<void> {
  const written = Object.keys(CLIENT);
  for (const clientId of ['tides', 'gauge']) {
    const values = { ...CLIENT, clientId, registeredOpenly: clientId === 'gauge' } as object;
    await dataSource
      .createQueryBuilder()
      .insert()
      .into(OAuthClient, written)
      .values(values)
      .updateEntity(false)
      .execute();
  }
  const token = { id: 'first', tokenHash: 'cd'.repeat(32), issuedAt: 1_764_000_000, uses: 0 };
  const ofToken = Object.keys(token);
  await dataSource
    .createQueryBuilder()
    .insert()
    .into(InitialAccessToken, ofToken)
    .values(token)
    .updateEntity(false)
    .execute();
}

const hosts = [
  { host: 'as TypeORM names things', options: {} },
  { host: 'under a naming strategy', options: { namingStrategy: new SnakeCaseNamingStrategy() } },
  { host: 'with a prefix of entities', options: { entityPrefix: 'auth_' } },
];

describe.each(databases.flatMap((database) => hosts.map((host) => ({ database, ...host }))))(
  'migrations $host ($database.name)',
  ({ database, options }) => {
    it('makes both tables, the column of secrets, the table of assertions and the life of a client, and takes them away', async () => {
      const dataSource = await open(database, options);
      const namesOf = (properties: readonly string[]) =>
        properties.map((property) => databaseName(dataSource, OAuthClient, property));
      const all = dataSource.getMetadata(OAuthClient).columns.map(({ databaseName }) => databaseName);
      for (let round = 1; round <= 2; round++) {
        const run = await dataSource.runMigrations();
        expect(run.map(({ name }) => name)).toEqual([TABLES, ENCRYPTED_SECRETS, USED_ASSERTIONS, LIFE_CYCLE]);
        await expect(tables(dataSource)).resolves.toHaveLength(3);
        expect((await clientColumns(dataSource)).toSorted()).toEqual(all.toSorted());

        await dataSource.undoLastMigration();
        await expect(tables(dataSource)).resolves.toHaveLength(3);
        const later = namesOf(LIFE_CYCLE_PROPERTIES);
        const before = all.filter((name) => !later.includes(name));
        expect((await clientColumns(dataSource)).toSorted()).toEqual(before.toSorted());

        await dataSource.undoLastMigration();
        await expect(tables(dataSource)).resolves.toHaveLength(2);
        expect((await clientColumns(dataSource)).toSorted()).toEqual(before.toSorted());

        await dataSource.undoLastMigration();
        await expect(tables(dataSource)).resolves.toHaveLength(2);
        const [secret] = namesOf(['clientSecretEncrypted']);
        const first = before.filter((name) => name !== secret);
        expect((await clientColumns(dataSource)).toSorted()).toEqual(first.toSorted());

        await dataSource.undoLastMigration();
        await expect(tables(dataSource)).resolves.toEqual([]);
      }
    });

    it('adds columns to tables with rows, and keeps every row there and back', async () => {
      const dataSource = await open(database, options);
      await runFirstOf(dataSource);
      await fill(dataSource);
      const clients = await rows(dataSource, OAuthClient);
      const tokens = await rows(dataSource, InitialAccessToken);
      expect([clients.length, tokens.length]).toEqual([2, 1]);

      expect((await dataSource.runMigrations()).map(({ name }) => name)).toEqual([
        ENCRYPTED_SECRETS,
        USED_ASSERTIONS,
        LIFE_CYCLE,
      ]);
      const added = ['clientSecretEncrypted', ...LIFE_CYCLE_PROPERTIES].map((property) => [
        databaseName(dataSource, OAuthClient, property),
        property === 'status' ? 'active' : null,
      ]);
      const lastUsedAt = databaseName(dataSource, OAuthClient, 'lastUsedAt');
      const issuedAt = databaseName(dataSource, OAuthClient, 'clientIdIssuedAt');
      const withColumns = clients.map((row) => {
        // Nobody knows whether it was used, and it shall not count against new ones.
        const isOpen = Object.values(row).includes('gauge');
        return { ...row, ...Object.fromEntries(added), ...(isOpen && { [lastUsedAt]: row[issuedAt] }) };
      });
      expect(await rows(dataSource, OAuthClient)).toEqual(withColumns);
      const nothing = { [databaseName(dataSource, InitialAccessToken, 'tenant')]: null, bounds: null };
      expect(await rows(dataSource, InitialAccessToken)).toEqual(tokens.map((row) => ({ ...row, ...nothing })));
      await expect(drift(dataSource)).resolves.toEqual([]);
      const read = await dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: 'tides' });
      expect(read).toMatchObject({ ...CLIENT, clientSecretEncrypted: null, status: 'active', tenant: null });
      expect(read.clientIdIssuedAt).toBe(1_764_000_000);

      for (let i = 0; i < 3; i++) await dataSource.undoLastMigration();
      expect(await rows(dataSource, OAuthClient)).toEqual(clients);
      expect(await rows(dataSource, InitialAccessToken)).toEqual(tokens);
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

describe.each(postgres)('migrations ($name)', (database) => {
  it('says in the database what each column is for', async () => {
    const dataSource = await open(database);
    await dataSource.runMigrations();
    const rows: { column: string; comment: string | null }[] = await dataSource.query(
      `SELECT a.attname AS column, col_description(a.attrelid, a.attnum) AS comment FROM pg_attribute a
       WHERE a.attrelid IN ('oauth_clients'::regclass, 'initial_access_tokens'::regclass,
         'used_client_assertions'::regclass) AND a.attnum > 0`,
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
      `SELECT schemaname AS schema FROM pg_tables WHERE tablename IN ('oauth_clients', 'initial_access_tokens', 'used_client_assertions')`,
    );
    expect(rows.map(({ schema }) => schema)).toEqual(['auth', 'auth', 'auth']);
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
