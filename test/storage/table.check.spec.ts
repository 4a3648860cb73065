import { Module, type OnModuleInit, type Type } from '@nestjs/common';
import { getDataSourceToken, InjectDataSource, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  dynamicRegistrationMigrations,
  DynamicRegistrationModule,
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
} from 'nestjs-dynamic-registration';
import mysql from 'mysql2/promise';
import pg from 'pg';
import {
  Column,
  DataSource,
  Entity,
  QueryFailedError,
  VirtualColumn,
  type DataSourceOptions,
  type Logger,
} from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from '../support/databases.js';
import { SnakeCaseNamingStrategy } from '../support/snake-case.naming-strategy.js';
import { createApplication, ISSUER, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';

const LINES = 'Add migrations: [...dynamicRegistrationMigrations], migrationsRun: true to the data source';
const NO_MIGRATIONS = { migrationsRun: false } as const;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** The error with which a start ends; the server that must not have started is closed. */
async function failure(start: Promise<TestServer>): Promise<Error> {
  try {
    const server = await start;
    await server.close();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it started');
}

/** A database as an application finds it after this has been done to it, with the migrations run. */
async function prepared(
  database: TestDatabase,
  prepare: (dataSource: DataSource) => Promise<unknown>,
  options: Partial<DataSourceOptions> = {},
): Promise<TestDatabase> {
  const created = await database.create();
  const dataSource = new DataSource({
    ...created.options,
    entities: [OAuthClient, InitialAccessToken],
    migrations: dynamicRegistrationMigrations,
    ...options,
  } as DataSourceOptions);
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
    await prepare(dataSource);
  } finally {
    await dataSource.destroy();
  }
  return { ...database, create: async () => created };
}

async function drop(dataSource: DataSource, entity: Type, ...properties: string[]): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    const metadata = dataSource.getMetadata(entity);
    if (properties.length === 0) await runner.dropTable(metadata.tablePath);
    for (const property of properties) {
      await runner.dropColumn(metadata.tablePath, metadata.findColumnWithPropertyName(property)?.databaseName ?? '');
    }
  } finally {
    await runner.release();
  }
}

@Entity('apps')
class App extends OAuthClient {
  @Column({ type: 'varchar', length: 64, nullable: true, name: 'team_of_app' })
  team: string | null;
}

@Entity('computed_apps')
class ComputedApp extends OAuthClient {
  @VirtualColumn({ query: () => 'SELECT 1' })
  computed: number;
}

describe.each(databases)('a start without the tables ($name)', (database) => {
  const start = (setup: Omit<ServerSetup, 'database'>, on = database) =>
    startServer({ ...setup, database: on, typeorm: { ...NO_MIGRATIONS, ...setup.typeorm } });

  it('ends with the lines to add', async () => {
    const error = await failure(start({}));
    expect(error.message).toBe(
      `DynamicRegistrationModule: the table oauth_clients is missing. ${LINES}, or run npx dcr migrate`,
    );
    expect(error.cause).toBeInstanceOf(Error);
    expect((error.cause as Error).message).toContain('oauth_clients');
  });

  it('ends when one of them is there', async () => {
    const on = await prepared(database, (dataSource) => drop(dataSource, InitialAccessToken));
    expect((await failure(start({}, on))).message).toBe(
      `DynamicRegistrationModule: the table initial_access_tokens is missing. ${LINES}, or run npx dcr migrate`,
    );
  });

  it('ends when they are of another version, and names every column', async () => {
    const on = await prepared(database, (dataSource) => drop(dataSource, OAuthClient, 'owner', 'registeredOpenly'));
    expect((await failure(start({}, on))).message).toBe(
      'DynamicRegistrationModule: the table oauth_clients is of another version, without registeredOpenly, owner. ' +
        `${LINES}, or run npx dcr migrate`,
    );
    const other = await prepared(database, (dataSource) => drop(dataSource, InitialAccessToken, 'revokedAt'));
    expect((await failure(start({}, other))).message).toContain(
      'the table initial_access_tokens is of another version, without revokedAt. ',
    );
  });

  it('ends when they are from before a migration, and starts once it has run', async () => {
    const on = await prepared(database, async (dataSource) => {
      await dataSource.undoLastMigration();
    });
    const kept = { ...on, create: async () => ({ ...(await on.create()), drop: async () => undefined }) };
    closing.push(async () => (await on.create()).drop());
    expect((await failure(start({}, kept))).message).toBe(
      'DynamicRegistrationModule: the table oauth_clients is of another version, without tenant, status, expiresAt, lastUsedAt, ' +
        'initialAccessTokenId, bounds, previousClientSecretHash, previousClientSecretExpiresAt, previousClientSecretEncrypted, ' +
        'previousRegistrationAccessTokenHash, previousRegistrationAccessTokenExpiresAt, foldingKey. ' +
        `${LINES}, or run npx dcr migrate`,
    );
    const server = await startServer({ database: kept });
    closing.push(() => server.close());
    expect((await server.register({ redirect_uris: ['https://tides.example/cb'] })).status).toBe(201);
  });

  it('ends under the names of the host, where the command line would make other tables', async () => {
    const namingStrategy = new SnakeCaseNamingStrategy();
    expect((await failure(start({ typeorm: { namingStrategy } }))).message).toBe(
      `DynamicRegistrationModule: the table oauth_clients is missing. ${LINES}`,
    );
    const on = await prepared(database, (dataSource) => drop(dataSource, OAuthClient, 'clientName'), {
      namingStrategy,
    });
    expect((await failure(start({ typeorm: { namingStrategy } }, on))).message).toBe(
      `DynamicRegistrationModule: the table oauth_clients is of another version, without client_name. ${LINES}`,
    );
    expect((await failure(start({ typeorm: { entityPrefix: 'auth_' } }))).message).toBe(
      `DynamicRegistrationModule: the table auth_oauth_clients is missing. ${LINES}`,
    );
  });

  it('ends with another advice for an entity of the host, whose columns count too', async () => {
    const options = { entities: { client: App } };
    expect((await failure(start({ options }))).message).toBe(
      'DynamicRegistrationModule: the table apps is missing. Generate a migration for App with the command line of TypeORM ' +
        '(typeorm migration:generate), and run it',
    );
    const withoutTeam = await prepared(
      database,
      async (dataSource) => {
        await dataSource.synchronize();
        await drop(dataSource, App, 'team');
      },
      { entities: [App, InitialAccessToken], migrations: [] },
    );
    expect((await failure(start({ options }, withoutTeam))).message).toBe(
      'DynamicRegistrationModule: the table apps is of another version, without team_of_app. Generate a migration for App with the ' +
        'command line of TypeORM (typeorm migration:generate), and run it',
    );
  });
});

describe.each(databases)('a start with the tables ($name)', (database) => {
  it.each<[string, Partial<TypeOrmModuleOptions>]>([
    ['synchronize', { ...NO_MIGRATIONS, synchronize: true }],
    ['migrationsRun', {}],
    ['migrationsRun under a naming strategy', { namingStrategy: new SnakeCaseNamingStrategy() }],
    ['migrationsRun with a prefix', { entityPrefix: 'auth_' }],
  ])('by %s does not end', async (_, typeorm) => {
    const server = await startServer({ database, typeorm });
    closing.push(() => server.close());
    expect((await server.register({ redirect_uris: ['https://tides.example/cb'] })).status).toBe(201);
  });

  it('does not end by columns that are in no table', async () => {
    const typeorm = { ...NO_MIGRATIONS, synchronize: true };
    const server = await startServer({ database, typeorm, options: { entities: { client: ComputedApp } } });
    closing.push(() => server.close());
    const { status, body } = await server.register({ redirect_uris: ['https://tides.example/cb'] });
    expect(status).toBe(201);
    const read = await server.request('GET', `/register/${body.client_id}`, { token: body.registration_access_token });
    expect(read.status).toBe(200);
  });

  it('that the host makes after it has created the application does not end', async () => {
    const { app } = await created(database);
    await app.get<DataSource>(getDataSourceToken()).runMigrations();
    await app.init();
    const { token } = await app.get(InitialAccessTokenService, { strict: false }).issue();
    expect(token).toMatch(/^iat_/);
  });

  it('that a module of the host makes in its own onModuleInit does not end', async () => {
    @Module({})
    class MigratingModule implements OnModuleInit {
      constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

      async onModuleInit(): Promise<void> {
        await this.dataSource.runMigrations();
      }
    }
    const server = await startServer({ database, typeorm: NO_MIGRATIONS, imports: [MigratingModule] });
    closing.push(() => server.close());
    expect((await server.register({ redirect_uris: ['https://tides.example/cb'] })).status).toBe(201);
  });

  it('reads no row, and one statement of each table', async () => {
    const statements: string[] = [];
    const logQuery = (query: string) => void statements.push(query);
    const server = await startServer({ database, typeorm: { logger: loggerOf(logQuery) } });
    closing.push(() => server.close());
    const own = statements.filter((statement) => /^SELECT.*(?:oauth_clients|initial_access_tokens)/s.test(statement));
    const checks = own.filter((statement) => statement.endsWith(' WHERE 1 = 0'));
    expect(checks).toHaveLength(2);
    expect(checks[0]).toContain('oauth_clients');
    expect(checks[1]).toContain('initial_access_tokens');
    // The word between them is reserved in MySQL.
    for (const check of checks) expect(check).toMatch(/ (["`])stored\1 WHERE 1 = 0$/);
  });
});

describe.each(databases)('a start that cannot read the tables for another reason ($name)', (database) => {
  it('ends with that reason when the data source is closed', async () => {
    const { app } = await created(database, { migrationsRun: true });
    await app.get<DataSource>(getDataSourceToken()).destroy();
    await expect(app.init()).rejects.toThrow(
      'DynamicRegistrationModule: the table oauth_clients cannot be read: the data source is closed',
    );
  });
});

describe.each(databases.filter(({ kind }) => kind !== 'sqlite'))(
  'a start that cannot read the tables of a server ($name)',
  (database) => {
    it('ends with the words of the database when the user has no permission', async () => {
      const on = await prepared(database, async () => undefined);
      const made = await on.create();
      const user = await stranger(database, made.url);
      closing.push(user.drop);
      const error = await failure(
        startServer({
          database: {
            ...on,
            create: async () => ({
              ...made,
              options: { ...made.options, url: user.url } as never,
              drop: async () => undefined,
            }),
          },
          typeorm: NO_MIGRATIONS,
        }),
      );
      expect(error.message).toMatch(
        /^DynamicRegistrationModule: the table oauth_clients cannot be read: .*(?:permission denied|command denied).*oauth_clients/,
      );
      expect(error.cause).toBeInstanceOf(QueryFailedError);
    });

    it('ends with the words of the database when the database is gone', async () => {
      const { app, database: gone } = await created(database, { migrationsRun: true });
      await gone.destroy();
      const error = await app.init().then(
        () => new Error('it started'),
        (thrown: Error) => thrown,
      );
      expect(error.message).toMatch(
        /^DynamicRegistrationModule: the table oauth_clients (?:cannot be read: .+|is missing\..*)/,
      );
      expect(error.cause).toBeInstanceOf(Error);
    });
  },
);

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('a schema of the host ($name)', (database) => {
  it('is where the tables are looked for', async () => {
    const made = await database.create();
    const client = new pg.Client({ connectionString: made.url });
    await client.connect();
    await client.query('CREATE SCHEMA auth');
    await client.end();
    const on = { ...database, create: async () => ({ ...made, drop: async () => undefined }) };
    closing.push(made.drop);
    const typeorm = { schema: 'auth' } as Partial<TypeOrmModuleOptions>;
    expect((await failure(startServer({ database: on, typeorm: { ...typeorm, ...NO_MIGRATIONS } }))).message).toBe(
      `DynamicRegistrationModule: the table auth.oauth_clients is missing. ${LINES}`,
    );
    const server = await startServer({ database: on, typeorm });
    closing.push(() => server.app.close());
    expect((await server.register({ redirect_uris: ['https://tides.example/cb'] })).status).toBe(201);
  });
});

/** An application that is created and not initialised. */
async function created(database: TestDatabase, options: { migrationsRun?: boolean } = {}) {
  const made: CreatedDatabase = await database.create();
  closing.push(() => made.drop());
  const typeorm = {
    ...made.options,
    autoLoadEntities: true,
    migrations: dynamicRegistrationMigrations,
    retryAttempts: 0,
    ...options,
  } as TypeOrmModuleOptions;
  @Module({ imports: [TypeOrmModule.forRoot(typeorm), DynamicRegistrationModule.forRoot({ issuer: ISSUER })] })
  class HostModule {}
  const app = await createApplication(HostModule, 'express');
  closing.push(() => app.close());
  return { app, database: made };
}

/** A user of the server who may connect to the database, and no more. */
async function stranger({ kind }: TestDatabase, url: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `dcr_stranger_${Math.random().toString(36).slice(2, 10)}`;
  const own = new URL(url);
  own.username = name;
  own.password = 'tides';
  const run = kind === 'postgres' ? onPostgres(url) : onMysql(url);
  if (kind === 'postgres') {
    await run(`CREATE ROLE ${name} LOGIN PASSWORD 'tides'`);
    return { url: own.href, drop: () => run(`DROP ROLE ${name}`) };
  }
  await run(`CREATE USER ${name} IDENTIFIED BY 'tides'`);
  await run(`GRANT CREATE ON ${own.pathname.slice(1)}.* TO ${name}`);
  return { url: own.href, drop: () => run(`DROP USER ${name}`) };
}

function onPostgres(connectionString: string): (statement: string) => Promise<void> {
  return async (statement) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
}

function onMysql(url: string): (statement: string) => Promise<void> {
  return async (statement) => {
    const connection = await mysql.createConnection(url.replace(/^mariadb:/, 'mysql:'));
    await connection.query(statement);
    await connection.end();
  };
}

function loggerOf(logQuery: Logger['logQuery']): Logger {
  const nothing = () => undefined;
  return {
    logQuery,
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
}
