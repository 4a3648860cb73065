import type { Type } from '@nestjs/common';
import {
  AdoptClientTable,
  CreateInitialAccessTokens1764000000001,
  epochSeconds,
  InitialAccessToken,
  type ClientSource,
  type ClientStatus,
  type OAuthClientRecord,
  type RegistrationBounds,
} from 'nestjs-dynamic-registration';
import {
  Column,
  DataSource,
  Entity,
  PrimaryColumn,
  VersionColumn,
  type ColumnOptions,
  type DataSourceOptions,
  type QueryRunner,
} from 'typeorm';
import { ADOPTED_CLIENT_COLUMNS } from '../../lib/migrations/oauth-client.columns.js';
import type { CreatedDatabase, TestDatabase } from '../support/databases.js';

/** The table of a host that had clients before. */
export const APPS = 'oauth2_provider_apps';

/** What the columns of the host's table are declared as, where it differs by database. */
export interface HostTypes {
  readonly id: string;
  readonly createdAt: string;
}

/** What a host would declare on each database. */
export const HOST_TYPES: Record<TestDatabase['kind'], HostTypes> = {
  sqlite: { id: 'varchar(255)', createdAt: 'datetime' },
  postgres: { id: 'varchar(255)', createdAt: 'timestamp with time zone' },
  mysql: { id: 'varchar(255)', createdAt: 'timestamp NULL' },
};

/** How seconds since the epoch, the parameter, get into a column for times, whatever the zone of the session is. */
export const FROM_EPOCH: Record<TestDatabase['kind'], (parameter: string) => string> = {
  sqlite: (parameter) => `datetime(${parameter}, 'unixepoch')`,
  postgres: (parameter) => `to_timestamp(${parameter})`,
  mysql: (parameter) => `FROM_UNIXTIME(${parameter})`,
};

export interface HostApp {
  readonly id: string;
  readonly name: string | null;
  readonly callback_url: string | null;
  readonly hashed_secret: string | null;
  /** Seconds since the epoch. */
  readonly created_at: number | null;
}

/** `the-old-secret` as Python's passlib hashes it. */
export const FOREIGN_HASH = '$pbkdf2-sha256$1000$dGlkZS10YWJsZXM$JVLOxM.TejpvQtC77T33l9oJvujM913RvQ/L.GbhrDs';
export const OLD_SECRET = 'the-old-secret';

export const CONFIDENTIAL: HostApp = {
  id: '0b0c7a52-6a7e-4d0e-9d3f-6a2f5b0f1a01',
  name: 'Tide Tables',
  callback_url: 'https://tides.example/cb',
  hashed_secret: FOREIGN_HASH,
  created_at: 1_500_000_000,
};
export const WITHOUT_SECRET: HostApp = {
  id: '5f1c2d1e-3b8a-4c57-8e0d-7f7d1f0f2b02',
  name: 'Tábua de Marés 🌊 \\ "O\'Reilly"',
  callback_url: null,
  hashed_secret: null,
  created_at: 1_600_000_001,
};
export const WITH_NOTHING: HostApp = {
  id: 'c2a5e1d4-91b7-4f6a-a3c8-0e9b8d7c3c03',
  name: null,
  callback_url: '',
  hashed_secret: '',
  created_at: null,
};
/** By their ids. */
export const HOST_APPS = [CONFIDENTIAL, WITHOUT_SECRET, WITH_NOTHING] as const;

/** Makes the table of the host, one that refers to it with a row for each app, and what is in them. */
export async function createHostTables(
  dataSource: DataSource,
  kind: TestDatabase['kind'],
  { id, createdAt }: HostTypes = HOST_TYPES[kind],
  table: string = APPS,
): Promise<void> {
  await dataSource.query(`CREATE TABLE ${table} (id ${id} NOT NULL PRIMARY KEY, name varchar(255), callback_url text,
    hashed_secret varchar(255), created_at ${createdAt})`);
  await dataSource.query(`CREATE TABLE app_grants (app_id ${id} NOT NULL, code varchar(255) NOT NULL,
    FOREIGN KEY (app_id) REFERENCES ${table} (id) ON DELETE CASCADE)`);
  await dataSource.query('CREATE TABLE app_log (app_id varchar(255) NOT NULL)');
  await dataSource.query(DELETION_TRIGGER[kind](table));
  for (const app of HOST_APPS) {
    await insertApp(dataSource, kind, app, table);
    await dataSource.query(`INSERT INTO app_grants VALUES ('${app.id}', 'code of ${app.id}')`);
  }
}

const DELETION_TRIGGER: Record<TestDatabase['kind'], (table: string) => string> = {
  sqlite: (table) =>
    `CREATE TRIGGER app_deleted AFTER DELETE ON ${table} BEGIN INSERT INTO app_log VALUES (OLD.id); END`,
  postgres: (table) => `CREATE FUNCTION log_app() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO app_log VALUES (OLD.id); RETURN NULL; END $$;
    CREATE TRIGGER app_deleted AFTER DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION log_app()`,
  mysql: (table) =>
    `CREATE TRIGGER app_deleted AFTER DELETE ON ${table} FOR EACH ROW INSERT INTO app_log VALUES (OLD.id)`,
};

export async function insertApp(
  dataSource: DataSource,
  kind: TestDatabase['kind'],
  app: HostApp,
  table: string = APPS,
): Promise<void> {
  const at = (index: number) => dataSource.driver.createParameter('value', index);
  await dataSource.query(
    `INSERT INTO ${table} (id, name, callback_url, hashed_secret, created_at)
     VALUES (${at(0)}, ${at(1)}, ${at(2)}, ${at(3)}, ${FROM_EPOCH[kind](at(4))})`,
    [app.id, app.name, app.callback_url, app.hashed_secret, app.created_at],
  );
}

/** The rows of the host as they were, and those that refer to them, as the database has them. */
export async function hostRows(dataSource: DataSource, table: string = APPS): Promise<unknown[]> {
  return [
    await dataSource.query(`SELECT id, name, callback_url, hashed_secret, created_at FROM ${table} ORDER BY id`),
    await dataSource.query('SELECT app_id, code FROM app_grants ORDER BY app_id'),
    await dataSource.query('SELECT app_id FROM app_log ORDER BY app_id'),
  ];
}

/** The migration of the host, as its documentation has it. */
export class AdoptProviderApps extends AdoptClientTable {
  readonly name: string = 'AdoptProviderApps1795600000000';
  protected readonly table: string = APPS;
  protected readonly existing: AdoptClientTable['existing'] = {
    clientId: 'id',
    clientName: 'name',
    clientSecretHash: 'hashed_secret',
  };
  protected override readonly createdAt: string | undefined = 'created_at';
  protected override readonly callbackUrl: string | undefined = 'callback_url';
}

/** The migrations of a host with clients in a table of its own. */
export const HOST_MIGRATIONS = [AdoptProviderApps, CreateInitialAccessTokens1764000000001];

/** The comment of a column that the migration adds, which TypeORM compares on PostgreSQL and MariaDB. */
function ours(property: keyof OAuthClientRecord): ColumnOptions {
  const comment = ADOPTED_CLIENT_COLUMNS.find((column) => column.property === property)?.comment;
  return comment === undefined ? {} : { comment };
}

const required = { type: 'varchar', length: 16 } as const;
const text = { type: 'text', nullable: true } as const;
const json = { type: 'json', nullable: true } as const;

/** The entity class of the host: its own columns, and those that are added. */
abstract class ProviderApp implements OAuthClientRecord {
  abstract clientId: string;

  abstract createdAt: Date | null;

  @Column({ name: 'name', type: 'varchar', length: 255, nullable: true })
  clientName: string | null;

  @Column({ name: 'callback_url', type: 'text', nullable: true })
  callbackUrl: string | null;

  @Column({ name: 'hashed_secret', type: 'varchar', length: 255, nullable: true })
  clientSecretHash: string | null;

  @Column({ type: 'bigint', transformer: epochSeconds, ...ours('clientIdIssuedAt') })
  clientIdIssuedAt: number;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, ...ours('clientSecretExpiresAt') })
  clientSecretExpiresAt: number | null;

  @Column({ type: 'varchar', length: 512, nullable: true, ...ours('clientSecretEncrypted') })
  clientSecretEncrypted: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true, ...ours('registrationAccessTokenHash') })
  registrationAccessTokenHash: string | null;

  @Column({ ...required, ...ours('source') })
  source: ClientSource;

  @Column({ type: 'boolean', ...ours('registeredOpenly') })
  registeredOpenly: boolean;

  @Column({ type: 'varchar', length: 255, nullable: true, ...ours('owner') })
  owner: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true, ...ours('tenant') })
  tenant: string | null;

  @Column({ ...required, ...ours('status') })
  status: ClientStatus;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, ...ours('expiresAt') })
  expiresAt: number | null;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, ...ours('lastUsedAt') })
  lastUsedAt: number | null;

  @Column({ type: 'varchar', length: 255, nullable: true, ...ours('initialAccessTokenId') })
  initialAccessTokenId: string | null;

  @Column({ ...json, ...ours('bounds') })
  bounds: RegistrationBounds | null;

  @Column({ type: 'varchar', length: 255, nullable: true, ...ours('previousClientSecretHash') })
  previousClientSecretHash: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, ...ours('previousClientSecretExpiresAt') })
  previousClientSecretExpiresAt: number | null;

  @Column({ type: 'varchar', length: 512, nullable: true, ...ours('previousClientSecretEncrypted') })
  previousClientSecretEncrypted: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true, ...ours('previousRegistrationAccessTokenHash') })
  previousRegistrationAccessTokenHash: string | null;

  @Column({
    type: 'bigint',
    nullable: true,
    transformer: epochSeconds,
    ...ours('previousRegistrationAccessTokenExpiresAt'),
  })
  previousRegistrationAccessTokenExpiresAt: number | null;

  @Column({ type: 'varchar', length: 64, nullable: true, ...ours('foldingKey') })
  foldingKey: string | null;

  @VersionColumn({ type: 'int', ...ours('version') })
  version: number;

  @Column({ ...json, ...ours('redirectUris') })
  redirectUris: string[] | null;

  @Column({ type: 'varchar', length: 255, ...ours('tokenEndpointAuthMethod') })
  tokenEndpointAuthMethod: string;

  @Column({ type: 'json', ...ours('grantTypes') })
  grantTypes: string[];

  @Column({ type: 'json', ...ours('responseTypes') })
  responseTypes: string[];

  @Column({ ...text, ...ours('clientUri') })
  clientUri: string | null;

  @Column({ ...text, ...ours('logoUri') })
  logoUri: string | null;

  @Column({ ...text, ...ours('scope') })
  scope: string | null;

  @Column({ ...json, ...ours('contacts') })
  contacts: string[] | null;

  @Column({ ...text, ...ours('tosUri') })
  tosUri: string | null;

  @Column({ ...text, ...ours('policyUri') })
  policyUri: string | null;

  @Column({ ...text, ...ours('jwksUri') })
  jwksUri: string | null;

  @Column({ ...json, ...ours('jwks') })
  jwks: object | null;

  @Column({ ...text, ...ours('softwareId') })
  softwareId: string | null;

  @Column({ ...text, ...ours('softwareVersion') })
  softwareVersion: string | null;

  @Column({ ...required, ...ours('applicationType') })
  applicationType: string;

  @Column({ ...json, ...ours('additionalMetadata') })
  additionalMetadata: Record<string, unknown> | null;
}

const NAMED = { name: 'id', type: 'varchar', length: 255 } as const;

@Entity(APPS)
class SqliteApp extends ProviderApp {
  @PrimaryColumn(NAMED)
  clientId: string;

  @Column({ name: 'created_at', type: 'datetime', nullable: true })
  createdAt: Date | null;
}

@Entity(APPS)
class PostgresApp extends ProviderApp {
  @PrimaryColumn(NAMED)
  clientId: string;

  @Column({ name: 'created_at', type: 'timestamptz', nullable: true })
  createdAt: Date | null;
}

/** With the type for identifiers that PostgreSQL has. */
@Entity(APPS)
export class UuidApp extends ProviderApp {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  clientId: string;

  @Column({ name: 'created_at', type: 'timestamptz', nullable: true })
  createdAt: Date | null;
}

/** In a schema of PostgreSQL that is not the one of the data source. */
@Entity({ name: APPS, schema: 'auth' })
export class AppInSchema extends ProviderApp {
  @PrimaryColumn(NAMED)
  clientId: string;

  @Column({ name: 'created_at', type: 'timestamptz', nullable: true })
  createdAt: Date | null;
}

@Entity(APPS)
class MariaDbApp extends ProviderApp {
  @PrimaryColumn(NAMED)
  clientId: string;

  @Column({ name: 'created_at', type: 'timestamp', nullable: true })
  createdAt: Date | null;
}

/** An entity class of a host. */
export type HostEntity = Type<OAuthClientRecord>;

/** The entity class of the host on each database. */
export const APP: Record<TestDatabase['kind'], HostEntity> = {
  sqlite: SqliteApp,
  postgres: PostgresApp,
  mysql: MariaDbApp,
};

/** A host in one variant: its table, its entity class. */
export interface HostVariant {
  readonly title: string;
  readonly types: HostTypes;
  readonly App: HostEntity;
}

/** Every variant that a database has. */
export function variantsOf(kind: TestDatabase['kind']): HostVariant[] {
  const usual = { title: 'ids are text', types: HOST_TYPES[kind], App: APP[kind] };
  if (kind !== 'postgres') return [usual];
  return [usual, { title: 'ids are of the type uuid', types: { ...HOST_TYPES.postgres, id: 'uuid' }, App: UuidApp }];
}

/** A data source of the host on a new database, with nothing in it. */
export async function openHost(database: CreatedDatabase, App: HostEntity, options: object = {}): Promise<DataSource> {
  const dataSource = new DataSource({
    ...database.options,
    type: await typeOf(database),
    entities: [App, InitialAccessToken],
    migrations: HOST_MIGRATIONS,
    ...options,
  } as DataSourceOptions);
  return dataSource.initialize();
}

/** TypeORM compares the columns of a MariaDB server rightly only where it is told that it is one. */
async function typeOf({ options }: CreatedDatabase): Promise<string> {
  if (options.type !== 'mysql') return options.type;
  const dataSource = await new DataSource(options).initialize();
  const rows: { version: string }[] = await dataSource.query('SELECT VERSION() AS version');
  await dataSource.destroy();
  return rows[0]?.version.includes('MariaDB') ? 'mariadb' : 'mysql';
}

/** Work on a connection of its own. */
export async function onRunner<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    return await work(runner);
  } finally {
    await runner.release();
  }
}
