import {
  InitialAccessToken,
  type AdoptedRow,
  type AdoptedValues,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { DataSource, type ObjectLiteral, type QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADOPTED_CLIENT_COLUMNS } from '../../lib/migrations/oauth-client.columns.js';
import { epochNow } from '../../lib/token/clock.js';
import { databases, type CreatedDatabase, type TestDatabase } from '../support/databases.js';
import { SnakeCaseNamingStrategy } from '../support/snake-case.naming-strategy.js';
import {
  AdoptProviderApps,
  APP,
  AppInSchema,
  APPS,
  CONFIDENTIAL,
  createHostTables,
  HOST_APPS,
  HOST_MIGRATIONS,
  HOST_TYPES,
  hostRows,
  insertApp,
  onRunner,
  openHost,
  variantsOf,
  WITH_NOTHING,
  WITHOUT_SECRET,
  type HostEntity,
  type HostTypes,
} from './provider-apps.js';

const opened: { database: CreatedDatabase; dataSource: DataSource }[] = [];
const zone = process.env['TZ'];
afterEach(async () => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  for (const { database, dataSource } of opened.splice(0)) {
    await dataSource.destroy();
    await database.drop();
  }
});

/** A data source of the host on a new database, which has nothing yet. */
async function open(
  database: TestDatabase,
  App: HostEntity = APP[database.kind],
  options: object = {},
): Promise<DataSource> {
  const created = await database.create();
  try {
    const dataSource = await openHost(created, App, options);
    opened.push({ database: created, dataSource });
    return dataSource;
  } catch (error) {
    await created.drop();
    throw error;
  }
}

/** The same with the tables of the host and what is in them. */
async function openWithApps(
  database: TestDatabase,
  App: HostEntity = APP[database.kind],
  options: object = {},
  types: HostTypes = HOST_TYPES[database.kind],
): Promise<DataSource> {
  const dataSource = await open(database, App, options);
  await createHostTables(dataSource, database.kind, types);
  return dataSource;
}

async function migrate(dataSource: DataSource): Promise<string[]> {
  return (await dataSource.runMigrations()).map(({ name }) => name);
}

/** The clients as the entity of the host reads them, by their ids. */
async function clients(dataSource: DataSource): Promise<OAuthClientRecord[]> {
  return dataSource.getRepository<OAuthClientRecord>(entityOf(dataSource)).find({ order: { clientId: 'ASC' } });
}

function entityOf({ entityMetadatas }: DataSource): HostEntity {
  const found = entityMetadatas.find(({ target }) => target !== InitialAccessToken);
  return found?.target as HostEntity;
}

/** What TypeORM would still have to do, as `migration:generate` would write it. */
async function drift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

interface FoundColumn {
  readonly name: string;
  readonly type: string;
  readonly length: string;
  readonly isNullable: boolean;
  readonly isPrimary: boolean;
  readonly default: unknown;
}

/** The columns of the clients as the database has them. */
async function columns(dataSource: DataSource): Promise<FoundColumn[]> {
  const table = await onRunner(dataSource, (runner) =>
    runner.getTable(dataSource.getMetadata(entityOf(dataSource)).tablePath),
  );
  return (table?.columns ?? []).map(({ name, type, length, isNullable, isPrimary, default: value }) => ({
    name,
    type,
    length,
    isNullable,
    isPrimary,
    default: value,
  }));
}

const HOST_COLUMNS = ['id', 'name', 'callback_url', 'hashed_secret', 'created_at'];
const REQUIRED = [
  'applicationType',
  'clientIdIssuedAt',
  'grantTypes',
  'registeredOpenly',
  'responseTypes',
  'source',
  'status',
  'tokenEndpointAuthMethod',
  'version',
];
const OPTIONAL = [
  'additionalMetadata',
  'bounds',
  'clientSecretEncrypted',
  'clientSecretExpiresAt',
  'clientUri',
  'contacts',
  'expiresAt',
  'foldingKey',
  'initialAccessTokenId',
  'jwks',
  'jwksUri',
  'lastUsedAt',
  'logoUri',
  'owner',
  'policyUri',
  'previousClientSecretEncrypted',
  'previousClientSecretExpiresAt',
  'previousClientSecretHash',
  'previousRegistrationAccessTokenExpiresAt',
  'previousRegistrationAccessTokenHash',
  'redirectUris',
  'registrationAccessTokenHash',
  'scope',
  'softwareId',
  'softwareVersion',
  'tenant',
  'tosUri',
];

/** What every row that says nothing else is as a client. */
const ADOPTED = {
  source: 'manual',
  registeredOpenly: false,
  status: 'active',
  tenant: null,
  expiresAt: null,
  lastUsedAt: null,
  initialAccessTokenId: null,
  bounds: null,
  previousClientSecretHash: null,
  previousClientSecretExpiresAt: null,
  previousClientSecretEncrypted: null,
  previousRegistrationAccessTokenHash: null,
  previousRegistrationAccessTokenExpiresAt: null,
  foldingKey: null,
  version: 1,
  registrationAccessTokenHash: null,
  clientSecretEncrypted: null,
  clientSecretExpiresAt: null,
  owner: null,
  redirectUris: [],
  tokenEndpointAuthMethod: 'client_secret_basic',
  // Without a redirect URI there is nothing to come back to.
  grantTypes: [],
  responseTypes: [],
  applicationType: 'web',
  scope: null,
  contacts: null,
  clientUri: null,
  logoUri: null,
  tosUri: null,
  policyUri: null,
  jwksUri: null,
  jwks: null,
  softwareId: null,
  softwareVersion: null,
  additionalMetadata: null,
};

function expectAdopted(found: readonly OAuthClientRecord[], since: number): void {
  expect(found).toHaveLength(3);
  expect(found[0]).toMatchObject({
    ...ADOPTED,
    clientId: CONFIDENTIAL.id,
    clientName: 'Tide Tables',
    clientIdIssuedAt: 1_500_000_000,
    clientSecretHash: CONFIDENTIAL.hashed_secret,
    clientSecretExpiresAt: 0,
    redirectUris: ['https://tides.example/cb'],
    grantTypes: ['authorization_code'],
    responseTypes: ['code'],
  });
  expect(found[1]).toMatchObject({
    ...ADOPTED,
    clientId: WITHOUT_SECRET.id,
    clientName: WITHOUT_SECRET.name,
    clientIdIssuedAt: 1_600_000_001,
    clientSecretHash: null,
  });
  expect(found[2]).toMatchObject({ ...ADOPTED, clientId: WITH_NOTHING.id, clientName: null, clientSecretHash: '' });
  expect(found[2]?.clientIdIssuedAt).toBeGreaterThanOrEqual(since);
  expect(found[2]?.clientIdIssuedAt).toBeLessThanOrEqual(epochNow());
}

describe.each(databases.flatMap((database) => variantsOf(database.kind).map((variant) => ({ database, ...variant }))))(
  'a table of clients that is adopted, where $title ($database.name)',
  ({ database, types, App }) => {
    let dataSource: DataSource;
    let created: CreatedDatabase;
    let before: { columns: FoundColumn[]; rows: unknown[] };
    let since: number;
    const now = async () => ({ columns: await columns(dataSource), rows: await hostRows(dataSource) });

    beforeAll(async () => {
      created = await database.create();
      dataSource = await openHost(created, App);
      await createHostTables(dataSource, database.kind, types);
      before = await now();
      since = epochNow();
      await expect(migrate(dataSource)).resolves.toEqual([
        'CreateInitialAccessTokens1764000000001',
        'AdoptProviderApps1795600000000',
      ]);
    });
    afterAll(async () => {
      await dataSource.destroy();
      await created.drop();
    });

    it('keeps every row with its values, and the rows that refer to it', async () => {
      expect(before.rows.map((rows) => (rows as unknown[]).length)).toEqual([3, 3, 0]);
      await expect(hostRows(dataSource)).resolves.toEqual(before.rows);
    });

    it('says of every row what it is as a client: of source manual, not public, and without a token to manage it', async () => {
      expectAdopted(await clients(dataSource), since);
    });

    it('has every column of a client, and requires those that none can be without', async () => {
      expect([...REQUIRED, ...OPTIONAL, 'clientId', 'clientName', 'clientSecretHash'].toSorted()).toEqual(
        ADOPTED_CLIENT_COLUMNS.map(({ property }) => property).toSorted(),
      );
      const added = (await columns(dataSource)).filter(({ name }) => !HOST_COLUMNS.includes(name));
      const names = (nullable: boolean) =>
        added.filter(({ isNullable }) => isNullable === nullable).map(({ name }) => name);
      expect(names(false).toSorted()).toEqual(REQUIRED);
      expect(names(true).toSorted()).toEqual(OPTIONAL);
      // SQLite cannot require a column later; it fills in a default instead.
      const withDefault = added.filter((column) => (column.default ?? null) !== null).map(({ name }) => name);
      expect(withDefault.toSorted()).toEqual(database.kind === 'sqlite' ? REQUIRED : []);
    });

    it('has the columns of the host as they were', async () => {
      const found = (await columns(dataSource)).filter(({ name }) => HOST_COLUMNS.includes(name));
      expect(found.map(({ name }) => name)).toEqual(HOST_COLUMNS);
      expect(found).toEqual(before.columns);
    });

    it('is what TypeORM makes of the entity', async () => {
      if (database.kind !== 'sqlite') {
        await expect(drift(dataSource)).resolves.toEqual([]);
        return;
      }
      // The defaults are all that is left to do on SQLite.
      const synchronized = await columns(await open(database, App, { synchronize: true }));
      const plain = (found: readonly FoundColumn[]) =>
        Object.fromEntries(found.map(({ name, ...column }) => [name, { ...column, default: undefined }]));
      expect(plain(await columns(dataSource))).toEqual(plain(synchronized));
    });

    it('is as it was when the migration is undone, and can be adopted again', async () => {
      await dataSource.undoLastMigration();
      await expect(now()).resolves.toEqual(before);
      since = epochNow();
      await expect(migrate(dataSource)).resolves.toEqual(['AdoptProviderApps1795600000000']);
      expectAdopted(await clients(dataSource), since);
    });

    it('still deletes what refers to a row, and still runs the triggers of the host', async () => {
      await dataSource.query(`DELETE FROM ${APPS} WHERE id = '${WITHOUT_SECRET.id}'`);
      const [, grants, log] = await hostRows(dataSource);
      expect(grants).toEqual([
        { app_id: CONFIDENTIAL.id, code: `code of ${CONFIDENTIAL.id}` },
        { app_id: WITH_NOTHING.id, code: `code of ${WITH_NOTHING.id}` },
      ]);
      expect(log).toEqual([{ app_id: WITHOUT_SECRET.id }]);
    });
  },
);

/** Two full pages and a row more, of ids that a database may order in its own way. */
const MANY = Array.from({ length: 1_001 }, (_, i) => ({
  id: `${['app', 'APP', 'äpp', '_app', 'a-pp'][i % 5]}-${i}`,
  createdAt: 1_400_000_000 + i * 86_399,
}));

class AdoptWithItsColumns extends AdoptProviderApps {
  static readonly seen: AdoptedRow[] = [];

  protected override valuesOf(row: AdoptedRow): AdoptedValues {
    AdoptWithItsColumns.seen.push(row);
    const listed = (name: string): string[] => {
      const value = row.columns[name];
      return typeof value === 'string' ? value.split(/\s+/) : [];
    };
    return {
      ...super.valuesOf(row),
      redirectUris: row.callbackUrl?.split(/\s+/) ?? [],
      scope: listed('scopes').join(' ') || null,
      contacts: listed('emails').length > 0 ? listed('emails') : null,
      grantTypes: listed('grants'),
      responseTypes: listed('grants').includes('authorization_code') ? ['code'] : [],
      owner: 'acme',
      additionalMetadata: { 'client_name#pt-BR': 'Tábua' },
    };
  }
}

class AdoptWithAMethod extends AdoptProviderApps {
  protected override readonly existing = {
    clientId: 'id',
    clientName: 'name',
    clientSecretHash: 'hashed_secret',
    tokenEndpointAuthMethod: 'tokenEndpointAuthMethod',
    grantTypes: 'grantTypes',
    clientIdIssuedAt: 'clientIdIssuedAt',
    scope: 'scope',
  };
}

/** Stops after a number of changes, as if the connection were lost then. */
class InterruptedAdoption extends AdoptProviderApps {
  static after = Infinity;

  override async up(runner: QueryRunner): Promise<void> {
    const query = runner.query.bind(runner);
    let changes = 0;
    const interrupted = async (text: string, parameters?: unknown[]): Promise<unknown> => {
      const result: unknown = await query(text, parameters);
      if (/^\s*(?:ALTER|UPDATE)/.test(text) && ++changes === InterruptedAdoption.after)
        throw new Error('connection lost');
      return result;
    };
    Object.assign(runner, { query: interrupted });
    try {
      await super.up(runner);
    } finally {
      Reflect.deleteProperty(runner, 'query');
    }
  }
}

class AdoptUnderNames extends AdoptProviderApps {
  protected override readonly added = { scope: 'scopes', source: 'addedBy' };
}

describe.each(databases)('a table of clients that is adopted ($name)', (database) => {
  const { kind } = database;

  it('has more rows than are read at a time, and each gets its own values', async () => {
    const dataSource = await open(database);
    await createHostTables(dataSource, kind);
    await dataSource.query(`DELETE FROM ${APPS}`);
    // A page and a row more do where every statement waits for the disk.
    const many = kind === 'mysql' ? MANY.slice(0, 501) : MANY;
    await insertMany(dataSource, kind, many);
    await migrate(dataSource);
    const found = await clients(dataSource);
    const issuedAt = new Map(found.map(({ clientId, clientIdIssuedAt }) => [clientId, clientIdIssuedAt]));
    expect(issuedAt).toEqual(new Map(many.map(({ id, createdAt }) => [id, createdAt])));
    const wrong = found.filter(
      ({ clientId, redirectUris }) => redirectUris?.[0] !== `https://tides.example/${clientId}`,
    );
    expect(wrong).toEqual([]);
    expect(new Set(found.map(({ source }) => source))).toEqual(new Set(['manual']));
  });

  it('gets values from other columns of the host, where its migration says so', async () => {
    const dataSource = await openWithApps(database, APP[kind], {
      migrations: [HOST_MIGRATIONS[1], AdoptWithItsColumns],
    });
    for (const column of ['scopes', 'emails', 'grants'])
      await dataSource.query(`ALTER TABLE ${APPS} ADD ${column} text`);
    await dataSource.query(`UPDATE ${APPS} SET scopes = 'tides.read  tides.write', emails = 'ops@tides.example desk@tides.example',
      grants = 'authorization_code refresh_token', callback_url = 'https://tides.example/cb
      http://127.0.0.1/cb' WHERE id = '${CONFIDENTIAL.id}'`);
    AdoptWithItsColumns.seen.length = 0;
    await migrate(dataSource);

    const [first, second] = await clients(dataSource);
    expect(first).toMatchObject({
      clientIdIssuedAt: CONFIDENTIAL.created_at,
      clientSecretExpiresAt: 0,
      source: 'manual',
      tokenEndpointAuthMethod: 'client_secret_basic',
      redirectUris: ['https://tides.example/cb', 'http://127.0.0.1/cb'],
      scope: 'tides.read tides.write',
      contacts: ['ops@tides.example', 'desk@tides.example'],
      grantTypes: ['authorization_code', 'refresh_token'],
      responseTypes: ['code'],
      owner: 'acme',
      additionalMetadata: { 'client_name#pt-BR': 'Tábua' },
    });
    expect(second).toMatchObject({ scope: null, contacts: null, grantTypes: [], responseTypes: [], redirectUris: [] });

    expect(AdoptWithItsColumns.seen).toHaveLength(3);
    const [row] = AdoptWithItsColumns.seen;
    expect(row).toMatchObject({ createdAt: CONFIDENTIAL.created_at, hasSecret: true });
    expect(row?.columns).toMatchObject({
      id: CONFIDENTIAL.id,
      name: 'Tide Tables',
      grants: 'authorization_code refresh_token',
    });
    expect(AdoptWithItsColumns.seen.map(({ hasSecret }) => hasSecret)).toEqual([true, false, false]);
    expect(AdoptWithItsColumns.seen.map(({ callbackUrl }) => callbackUrl)).toEqual([expect.any(String), null, null]);
  });

  it('keeps what its existing columns say, and fills those that say nothing and have to', async () => {
    const dataSource = await openWithApps(database, APP[kind], { migrations: [HOST_MIGRATIONS[1], AdoptWithAMethod] });
    await dataSource.query(`ALTER TABLE ${APPS} ADD ${quoted(dataSource, 'tokenEndpointAuthMethod')} varchar(255)`);
    await dataSource.query(`ALTER TABLE ${APPS} ADD ${quoted(dataSource, 'grantTypes')} json`);
    await dataSource.query(`ALTER TABLE ${APPS} ADD ${quoted(dataSource, 'clientIdIssuedAt')} bigint`);
    await dataSource.query(`ALTER TABLE ${APPS} ADD scope text`);
    await dataSource.query(`UPDATE ${APPS} SET ${quoted(dataSource, 'tokenEndpointAuthMethod')} = 'none',
      ${quoted(dataSource, 'grantTypes')} = '["refresh_token"]', ${quoted(dataSource, 'clientIdIssuedAt')} = 5,
      scope = 'tides' WHERE id = '${CONFIDENTIAL.id}'`);
    await migrate(dataSource);
    const [first, ...others] = await clients(dataSource);
    const kept = {
      tokenEndpointAuthMethod: 'none',
      grantTypes: ['refresh_token'],
      clientIdIssuedAt: 5,
      scope: 'tides',
    };
    expect(first).toMatchObject({ ...kept, source: 'manual', responseTypes: ['code'] });
    expect(others).toHaveLength(2);
    for (const other of others) {
      expect(other).toMatchObject({
        tokenEndpointAuthMethod: 'client_secret_basic',
        grantTypes: [],
        scope: null,
        clientName: HOST_APPS.find(({ id }) => id === other.clientId)?.name,
      });
    }
    expect(others[0]?.clientIdIssuedAt).toBe(WITHOUT_SECRET.created_at);

    await dataSource.undoLastMigration();
    const left = (await columns(dataSource)).map(({ name }) => name);
    expect(left).toEqual([...HOST_COLUMNS, 'tokenEndpointAuthMethod', 'grantTypes', 'clientIdIssuedAt', 'scope']);
  });

  it('has the names that the naming strategy of the data source gives', async () => {
    const dataSource = await openWithApps(database, APP[kind], { namingStrategy: new SnakeCaseNamingStrategy() });
    const since = epochNow();
    await migrate(dataSource);
    const names = (await columns(dataSource)).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['client_id_issued_at', 'token_endpoint_auth_method', 'redirect_uris']),
    );
    expect(names.filter((name) => /[A-Z]/.test(name))).toEqual([]);
    expectAdopted(await clients(dataSource), since);
    if (kind !== 'sqlite') await expect(drift(dataSource)).resolves.toEqual([]);
  });

  it('has the names that its migration gives, before those of the naming strategy', async () => {
    const dataSource = await openWithApps(database, APP[kind], {
      namingStrategy: new SnakeCaseNamingStrategy(),
      migrations: [AdoptUnderNames],
    });
    const before = await columns(dataSource);
    await migrate(dataSource);
    const found = await columns(dataSource);
    const ofOthers = (property: string) => ({ scope: 'scopes', source: 'addedBy' })[property] ?? snakeCase(property);
    expect(found.map(({ name }) => name).toSorted()).toEqual(
      [...HOST_COLUMNS, ...[...REQUIRED, ...OPTIONAL].map(ofOthers)].toSorted(),
    );
    expect(found.find(({ name }) => name === 'addedBy')?.isNullable).toBe(false);
    const rows: unknown = await dataSource.query(
      `SELECT DISTINCT ${quoted(dataSource, 'addedBy')} AS source, scopes FROM ${APPS}`,
    );
    expect(rows).toEqual([{ source: 'manual', scopes: null }]);
    await dataSource.undoLastMigration();
    await expect(columns(dataSource)).resolves.toEqual(before);
  });

  it('is refused where a column of the host, which it does not name, has the name of one to add', async () => {
    const dataSource = await openWithApps(database, APP[kind], { migrations: [AdoptProviderApps] });
    await dataSource.query(`ALTER TABLE ${APPS} ADD owner varchar(255)`);
    await dataSource.query(`UPDATE ${APPS} SET owner = 'kept'`);
    const error: unknown = await migrate(dataSource).catch((reason: unknown) => reason);
    const rows: unknown = await dataSource.query(`SELECT DISTINCT owner FROM ${APPS}`);
    expect(rows).toEqual([{ owner: 'kept' }]);
    expect(String(error)).toContain('owner');
  });

  it.each([
    ['existing', { existing: { clientId: 'id', clientSecretHash: 'no_such_column' } }],
    ['createdAt', { createdAt: 'no_such_column' }],
    ['callbackUrl', { callbackUrl: 'no_such_column' }],
  ])('is refused where %s names a column that the table does not have', async (_, names) => {
    const dataSource = await openWithApps(database);
    const error: unknown = await onRunner(dataSource, (runner) =>
      Object.assign(new AdoptProviderApps(), names).up(runner),
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain('no_such_column');
  });

  it('is refused where createdAt names a column that holds no times', async () => {
    const dataSource = await openWithApps(database);
    await dataSource.query(`ALTER TABLE ${APPS} ADD made_at bigint`);
    await dataSource.query(`UPDATE ${APPS} SET made_at = 1700000000`);
    // To take the time of the migration in its place would be to forget when every client was made.
    const adopted = onRunner(dataSource, (runner) =>
      Object.assign(new AdoptProviderApps(), { createdAt: 'made_at' }).up(runner),
    );
    await expect(adopted).rejects.toThrow();
  });

  it('was made when its column says, whatever the zones of the process and of the session are', async () => {
    process.env['TZ'] = 'Pacific/Chatham';
    expect(new Date(0).getTimezoneOffset()).not.toBe(0);
    const dataSource = await openWithApps(database);
    // The same time of day in New York twice, a leap day, and the last second of a day.
    const times = [1_762_061_400, 1_762_065_000, 1_709_164_800, 1_735_689_599, 1];
    for (const [i, created_at] of times.entries()) {
      await insertApp(dataSource, kind, { ...WITH_NOTHING, id: `app-${i}`, created_at });
    }
    await onRunner(dataSource, async (runner) => {
      await setZone(runner, kind);
      await new AdoptProviderApps().up(runner);
    });
    const found = (await clients(dataSource)).filter(({ clientId }) => clientId.startsWith('app-'));
    expect(found.map(({ clientIdIssuedAt }) => clientIdIssuedAt)).toEqual(times);
  });
});

/** A zone that is not the one of the server, on this connection alone. */
async function setZone(runner: QueryRunner, kind: TestDatabase['kind']): Promise<void> {
  if (kind === 'postgres') await runner.query(`SET TIME ZONE 'America/New_York'`);
  if (kind === 'mysql') await runner.query(`SET SESSION time_zone = '+05:30'`);
}

async function insertMany(dataSource: DataSource, kind: TestDatabase['kind'], many: typeof MANY): Promise<void> {
  const epoch = { sqlite: 'datetime', postgres: 'to_timestamp', mysql: 'FROM_UNIXTIME' }[kind];
  const mode = kind === 'sqlite' ? `, 'unixepoch'` : '';
  const rows = many
    .map(({ id, createdAt }) => `('${id}', 'https://tides.example/${id}', ${epoch}(${createdAt}${mode}))`)
    .join(', ');
  await dataSource.query(`INSERT INTO ${APPS} (id, callback_url, created_at) VALUES ${rows}`);
}

/** The name of a property under the naming strategy. */
function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function quoted({ driver }: DataSource, name: string): string {
  return driver.escape(name);
}

/** One row with a time that was written as a text, adopted on a connection in another zone. */
async function issuedAtOf(database: TestDatabase, type: string, written: string): Promise<number | undefined> {
  const { kind } = database;
  const dataSource = await openWithApps(database, APP[kind], {}, { ...HOST_TYPES[kind], createdAt: type });
  await dataSource.query(`UPDATE ${APPS} SET created_at = '${written}' WHERE id = '${CONFIDENTIAL.id}'`);
  await onRunner(dataSource, async (runner) => {
    await setZone(runner, kind);
    await new AdoptProviderApps().up(runner);
  });
  const rows: ObjectLiteral[] = await dataSource.query(
    `SELECT ${quoted(dataSource, 'clientIdIssuedAt')} AS at FROM ${APPS} WHERE id = '${CONFIDENTIAL.id}'`,
  );
  return Number(rows[0]?.['at']);
}

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))(
  'a table of clients that is adopted ($name)',
  (database) => {
    it('may have no rows at all', async () => {
      const dataSource = await openWithApps(database);
      await dataSource.query(`DELETE FROM ${APPS}`);
      await migrate(dataSource);
      await expect(clients(dataSource)).resolves.toEqual([]);
      await expect(columns(dataSource)).resolves.toHaveLength(HOST_COLUMNS.length + REQUIRED.length + OPTIONAL.length);
    });
  },
);

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('a time of creation ($name)', (database) => {
  it.each([
    ['2023-11-14 22:13:20', 'without a zone'],
    ['2023-11-14 22:13:20.999', 'with a fraction'],
    ['2023-11-14T22:13:20.000Z', 'as JSON has it'],
    ['2023-11-15 03:43:20+05:30', 'with a zone'],
  ])('is UTC unless it says otherwise: %s, %s', async (written) => {
    process.env['TZ'] = 'Pacific/Chatham';
    await expect(issuedAtOf(database, 'datetime', written)).resolves.toBe(1_700_000_000);
  });
});

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('a time of creation ($name)', (database) => {
  it.each([
    ['timestamptz', '2023-11-15 03:43:20.999+05:30', 1_700_000_000],
    // A time without a zone is taken for one in UTC, whatever the zone of the session is.
    ['timestamp', '2023-11-14 22:13:20.999', 1_700_000_000],
    ['timestamp(0)', '2023-11-14 22:13:20', 1_700_000_000],
    ['date', '2023-11-14', 1_699_920_000],
  ])('of the type %s: %s', async (type, written, expected) => {
    process.env['TZ'] = 'Pacific/Chatham';
    await expect(issuedAtOf(database, type, written)).resolves.toBe(expected);
  });
});

describe.each(databases.filter(({ kind }) => kind === 'mysql'))('a time of creation ($name)', (database) => {
  it('without a zone is taken for one in the zone of the session', async () => {
    process.env['TZ'] = 'Pacific/Chatham';
    await expect(issuedAtOf(database, 'datetime(3)', '2023-11-15 03:43:20.999')).resolves.toBe(1_700_000_000);
  });
});

describe.each(databases.filter(({ kind }) => kind !== 'mysql'))('an adoption ($name)', (database) => {
  it('that was interrupted has changed nothing, and is run again', async () => {
    const dataSource = await openWithApps(database, APP[database.kind], {
      migrations: [HOST_MIGRATIONS[1], InterruptedAdoption],
    });
    const now = async () => ({ columns: await columns(dataSource), rows: await hostRows(dataSource) });
    const before = await now();
    // While columns are added; while rows are filled.
    for (const after of [10, 26]) {
      InterruptedAdoption.after = after;
      await expect(migrate(dataSource)).rejects.toThrow('connection lost');
      await expect(now()).resolves.toEqual(before);
    }
    InterruptedAdoption.after = Infinity;
    const since = epochNow();
    await expect(migrate(dataSource)).resolves.toContain('AdoptProviderApps1795600000000');
    expectAdopted(await clients(dataSource), since);
  });
});

describe.each(databases.filter(({ kind }) => kind === 'mysql'))('an adoption ($name)', (database) => {
  it('that was interrupted is run again to its end, since changes of a table are not undone', async () => {
    const dataSource = await openWithApps(database, APP.mysql, {
      migrations: [HOST_MIGRATIONS[1], InterruptedAdoption],
    });
    const before = await hostRows(dataSource);
    const since = epochNow();
    const found: number[] = [];
    // While columns are added, twice; while rows are filled; while columns are required.
    for (const after of [3, 15, 20, 5]) {
      InterruptedAdoption.after = after;
      await expect(migrate(dataSource)).rejects.toThrow('connection lost');
      found.push((await columns(dataSource)).length - HOST_COLUMNS.length);
    }
    expect(found).toEqual([3, 18, 36, 36]);
    InterruptedAdoption.after = Infinity;
    await expect(migrate(dataSource)).resolves.toEqual(['AdoptProviderApps1795600000000']);
    expectAdopted(await clients(dataSource), since);
    await expect(hostRows(dataSource)).resolves.toEqual(before);
    await expect(drift(dataSource)).resolves.toEqual([]);
  });

  it('leaves a time alone that the database sets when a row is changed', async () => {
    const dataSource = await openWithApps(database);
    await dataSource.query(
      `ALTER TABLE ${APPS} ADD updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP`,
    );
    await dataSource.query(`UPDATE ${APPS} SET updated_at = '2020-02-02 02:02:02'`);
    const updated = () => dataSource.query(`SELECT DISTINCT CAST(updated_at AS char) AS at FROM ${APPS}`);
    await expect(updated()).resolves.toEqual([{ at: '2020-02-02 02:02:02' }]);
    await migrate(dataSource);
    await expect(updated()).resolves.toEqual([{ at: '2020-02-02 02:02:02' }]);
  });
});

class AdoptInSchema extends AdoptProviderApps {
  protected override readonly table = `auth.${APPS}`;
}

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('a table in a schema ($name)', (database) => {
  it('is adopted by its name with the schema', async () => {
    const dataSource = await open(database, AppInSchema, { migrations: [HOST_MIGRATIONS[1], AdoptInSchema] });
    await dataSource.query('CREATE SCHEMA auth');
    await createHostTables(dataSource, 'postgres', HOST_TYPES.postgres, `auth.${APPS}`);
    // A table of the same name elsewhere is another one.
    await dataSource.query(`CREATE TABLE ${APPS} (id varchar(255) PRIMARY KEY)`);
    const before = await hostRows(dataSource, `auth.${APPS}`);
    const since = epochNow();
    await migrate(dataSource);
    expectAdopted(await clients(dataSource), since);
    await expect(hostRows(dataSource, `auth.${APPS}`)).resolves.toEqual(before);
    await expect(drift(dataSource)).resolves.toEqual([]);
    const other: ObjectLiteral[] = await dataSource.query(
      `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '${APPS}'`,
    );
    expect(other).toEqual([{ column_name: 'id' }]);
    await dataSource.undoLastMigration();
    await expect(columns(dataSource)).resolves.toHaveLength(HOST_COLUMNS.length);
  });

  it('is adopted by its name alone where the schema is that of the data source', async () => {
    const created = await database.create();
    const admin = await new DataSource(created.options).initialize();
    await admin.query('CREATE SCHEMA auth');
    await admin.destroy();
    const dataSource = await open({ ...database, create: async () => created }, APP.postgres, { schema: 'auth' });
    await createHostTables(dataSource, 'postgres', HOST_TYPES.postgres, `auth.${APPS}`);
    const since = epochNow();
    await migrate(dataSource);
    expectAdopted(await clients(dataSource), since);
    await expect(drift(dataSource)).resolves.toEqual([]);
    await dataSource.undoLastMigration();
    await expect(columns(dataSource)).resolves.toHaveLength(HOST_COLUMNS.length);
  });
});
