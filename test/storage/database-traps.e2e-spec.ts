import { Injectable } from '@nestjs/common';
import {
  ClientIdGenerator,
  InitialAccessToken,
  InitialAccessTokenGuard,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  type RegistrationCredential,
} from 'nestjs-dynamic-registration';
import type { ObjectLiteral } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { OAuthClientRepository } from '../../lib/client/oauth-client.repository.js';
import { InitialAccessTokenRepository } from '../../lib/initial-access-token/initial-access-token.repository.js';
import { tokenHash } from '../../lib/token/opaque-token.js';
import { BAD_TOKEN, expectRefusal, invalidMetadata } from '../errors/refusal.js';
import { BODY, manage } from '../faults/client-requests.js';
import { clientMetadata, publicKey, type Members } from '../support/client-metadata.builder.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { SnakeCaseNamingStrategy } from '../support/snake-case.naming-strategy.js';
import {
  adapters,
  startServer,
  type JsonResponse,
  type ServerSetup,
  type TestServer,
} from '../support/start-server.js';

const cases = databases.map((database, i) => ({ database, adapter: adapters[i % 2] ?? 'express' }));

const clientsOf = ({ app }: TestServer) => app.get(OAuthClientService, { strict: false });
const tokensOf = ({ app }: TestServer) => app.get(InitialAccessTokenService, { strict: false });
const rowOf = ({ dataSource }: TestServer, clientId: string) =>
  dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId });

/** Gives the ids it is told, then ids of its own. */
@Injectable()
class GivenClientIds extends ClientIdGenerator {
  static next: string[] = [];

  override generate(): string {
    return GivenClientIds.next.shift() ?? super.generate();
  }
}

describe.each(cases)('keys that a database may take for one another ($adapter, $database.name)', (platform) => {
  const { kind } = platform.database;
  let server: TestServer;
  beforeAll(async () => {
    const providers = [{ provide: ClientIdGenerator, useClass: GivenClientIds }];
    server = await startServer({ ...platform, options: { providers } });
  });
  afterAll(() => server.close());
  afterEach(() => {
    GivenClientIds.next = [];
  });

  const added = async (clientId: string) => {
    const { registrationAccessToken = '' } = await clientsOf(server).create({ ...BODY, clientId });
    return registrationAccessToken;
  };
  const send = (method: string, clientId: string, token: string) =>
    server.request(method, `/register/${encodeURIComponent(clientId)}`, {
      token,
      ...(method === 'PUT' ? { body: { ...BODY, client_id: clientId, client_name: 'Of another' } } : {}),
    });

  it('reach no client by an id in another letter case, with spaces behind it or with accents', async () => {
    const token = await added('harbour');
    const before = await rowOf(server, 'harbour');
    for (const clientId of ['HARBOUR', 'Harbour', 'harbour ', 'harbour   ', 'hárbour', 'ｈarbour', 'harbour\u00ad']) {
      for (const method of ['GET', 'PUT', 'DELETE']) expectRefusal(await send(method, clientId, token), BAD_TOKEN);
      await expect(clientsOf(server).find(clientId)).resolves.toBeUndefined();
    }
    await expect(rowOf(server, 'harbour')).resolves.toEqual(before);
    expect((await send('GET', 'harbour', token)).status).toBe(200);
  });

  it('never overwrite a client by one added in another letter case', async () => {
    const token = await added('app');
    const before = await rowOf(server, 'app');
    const ofOther = await added('App').catch((error: unknown) => error);
    if (kind === 'mysql') {
      expect(ofOther).toMatchObject({ code: 'invalid_client_metadata', message: 'client_id is taken already' });
      await expect(clientsOf(server).find('App')).resolves.toBeUndefined();
    } else {
      expectRefusal(await send('DELETE', 'app', String(ofOther)), BAD_TOKEN);
      expectRefusal(await send('DELETE', 'App', token), BAD_TOKEN);
      expect((await send('DELETE', 'App', String(ofOther))).status).toBe(204);
    }
    await expect(rowOf(server, 'app')).resolves.toEqual(before);
    expect((await send('GET', 'app', token)).status).toBe(200);
  });

  it('make a registration try another id where the generated one is taken in another letter case', async () => {
    await added('quay');
    const before = await rowOf(server, 'quay');
    GivenClientIds.next = ['QUAY', 'pier'];
    const { status, body } = await server.register(BODY);
    expect({ status, client_id: body.client_id }).toEqual({
      status: 201,
      client_id: kind === 'mysql' ? 'pier' : 'QUAY',
    });
    await expect(rowOf(server, 'quay')).resolves.toEqual(before);
  });

  it('find no client by the hash of its registration access token in capital letters', async () => {
    const clients = server.app.get(OAuthClientRepository, { strict: false });
    const hash = tokenHash(await added('mole'));
    await expect(clients.findByRegistrationAccessToken('mole', hash)).resolves.toMatchObject({ clientId: 'mole' });
    for (const other of [hash.toUpperCase(), `${hash} `]) {
      await expect(clients.findByRegistrationAccessToken('mole', other)).resolves.toBeUndefined();
    }
  });

  it('let no client in whose stored hash is not exactly that of its token', async () => {
    const token = await added('jetty');
    const hash = tokenHash(token);
    const store = (registrationAccessTokenHash: string) =>
      server.dataSource.getRepository(OAuthClient).update({ clientId: 'jetty' }, { registrationAccessTokenHash });
    await store(hash.toUpperCase());
    for (const method of ['GET', 'PUT', 'DELETE']) expectRefusal(await send(method, 'jetty', token), BAD_TOKEN);
    await store(hash);
    expect((await send('GET', 'jetty', token)).status).toBe(200);
  });

  it('find no initial access token by its hash in capital letters', async () => {
    const tokens = server.app.get(InitialAccessTokenRepository, { strict: false });
    const hash = tokenHash(await server.token());
    await expect(tokens.findByHash(hash)).resolves.toMatchObject({ tokenHash: hash });
    for (const other of [hash.toUpperCase(), `${hash} `]) {
      await expect(tokens.findByHash(other)).resolves.toBeUndefined();
    }
  });

  it('let nobody register whose initial access token is stored under another hash', async () => {
    const token = await server.token({ maxUses: 1 });
    const hash = tokenHash(token);
    const tokens = server.dataSource.getRepository(InitialAccessToken);
    await tokens.update({ tokenHash: hash }, { tokenHash: hash.toUpperCase() });
    expectRefusal(await server.register(BODY, token), BAD_TOKEN);
    await tokens.update({ tokenHash: hash.toUpperCase() }, { tokenHash: hash });
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('list the tokens of exactly one owner, accents and signs beyond the BMP included', async () => {
    const owners = ['malaga', 'málaga', 'MÁLAGA', 'málaga ', '🌊', '🌋', 'ss', 'ß'];
    const issued = new Map<string, string>();
    for (const owner of owners) issued.set(owner, (await tokensOf(server).issue({ owner })).record.id);
    for (const owner of owners) {
      const listed = await tokensOf(server).list(owner);
      expect({ owner, ids: listed.map(({ id }) => id) }).toEqual({ owner, ids: [issued.get(owner)] });
    }
  });

  it('put the owner on a client to the letter', async () => {
    const owner = 'Málaga 🌊 O’Hara';
    const { body } = await server.register(BODY, await server.token({ owner, maxUses: 1 }));
    await expect(rowOf(server, body.client_id)).resolves.toMatchObject({ owner });
  });
});

/** A guard of a host whose users may have any name. */
@Injectable()
class NamedUserGuard extends InitialAccessTokenGuard {
  static owner = '';

  protected override async authenticate(): Promise<RegistrationCredential> {
    return { owner: NamedUserGuard.owner };
  }
}

describe.each(cases)("an owner from a guard of the host's ($adapter, $database.name)", (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { guards: { registration: NamedUserGuard } } });
  });
  afterAll(() => server.close());

  it.each([
    ['with NUL', 'ada\0of another'],
    ['of NUL alone', '\0'],
    ['that is no Unicode', 'ada\ud800'],
    ['of 256 characters', 'x'.repeat(256)],
    ['of 255 characters beyond the BMP', '🌊'.repeat(255)],
    ['with accents and a space behind it', 'ádá '],
  ])('%s is kept to the letter, or the registration is refused', async (_, owner) => {
    NamedUserGuard.owner = owner;
    const before = await server.dataSource.getRepository(OAuthClient).count();
    const { status, headers, body } = await server.register(BODY, 'x'.repeat(43));
    expect(headers.get('cache-control')).toBe('no-store');
    if (status === 201) {
      expect((await rowOf(server, body.client_id)).owner).toBe(owner);
    } else {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).toEqual({ error: expect.any(String), error_description: expect.any(String) });
      await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(before);
    }
  });
});

/** What a `text` column of MariaDB holds. */
const TEXT_BYTES = 65_535;

const LIMITS = {
  textBytes: TEXT_BYTES,
  uriBytes: TEXT_BYTES,
  scopeBytes: TEXT_BYTES,
  redirectUris: 100,
  listEntries: 100,
  jwksBytes: 300_000,
  metadataBytes: 1_000_000,
};

/** Text of this many bytes, whose last character is not that of any cut. */
const filled = (character: string, bytes: number) => {
  const whole = Math.floor((bytes - 1) / Buffer.byteLength(character));
  return character.repeat(whole) + 'z'.repeat(bytes - whole * Buffer.byteLength(character));
};
const uri = (bytes: number) => `${'https://tides.example/'.padEnd(bytes - 1, 'a')}z`;
const listOf = (entries: number, entry: (i: number) => string) => Array.from({ length: entries }, (_, i) => entry(i));

const LONGEST_SCOPE = filled('s', TEXT_BYTES);
const MANY_SCOPES = listOf(10_000, (i) => `s${i}`);

const LARGE_TEXTS: readonly (readonly [string, string])[] = [
  ...['client_name', 'software_id', 'software_version'].flatMap((name) =>
    ['a', 'é', '潮', '🌊'].map((character) => [name, filled(character, TEXT_BYTES)] as const),
  ),
  ...['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri'].map((name) => [name, uri(TEXT_BYTES)] as const),
  ['scope', LONGEST_SCOPE],
  ['scope', MANY_SCOPES.join(' ')],
];

const LARGE_JSON: readonly (readonly [string, () => Members])[] = [
  ['redirect_uris', () => ({ redirect_uris: listOf(60, (i) => `${uri(2_000)}${i}`) })],
  ['contacts', () => ({ contacts: listOf(80, (i) => `${filled('潮', 3_000)}${i}`) })],
  ['jwks', () => ({ jwks: { keys: listOf(16, (i) => `${filled('k', 9_000)}${i}`).map((kid) => publicKey({ kid })) } })],
  [
    'variants in other languages',
    () => Object.fromEntries(listOf(60, (i) => `client_name#x-${i}`).map((name) => [name, filled('🌊', 4_000)])),
  ],
];

describe.each(databases)('values at their largest ($name)', (database) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      database,
      adapter: 'fastify',
      options: { limits: LIMITS, server: { scopes: [LONGEST_SCOPE, ...MANY_SCOPES], defaultScopes: [] } },
    });
    token = await server.token();
  });
  afterAll(() => server.close());

  /** Registers, reads, and replaces with the same again. */
  const expectKept = async (members: Members) => {
    const metadata = clientMetadata(members);
    const client = await server.register(metadata, token);
    expect(client.status).toBe(201);
    expect(client.body).toMatchObject(metadata);
    expect((await manage(server, 'GET', client)).body).toMatchObject(metadata);
    const updated = await manage(server, 'PUT', client, metadata);
    expect(updated.status).toBe(200);
    expect((await manage(server, 'GET', client)).body).toMatchObject(metadata);
    const found = await clientsOf(server).find(client.body.client_id);
    expect(found).toMatchObject({ clientId: client.body.client_id, version: 2 });
  };

  it.each(LARGE_TEXTS.map(([name, value]) => ({ name, value, first: `${value.slice(0, 8)} ...` })))(
    'keeps a $name of 65535 bytes, or nearly, whole: $first',
    async ({ name, value }) => {
      expect(Buffer.byteLength(value)).toBeGreaterThan(45_000);
      expect(Buffer.byteLength(value)).toBeLessThanOrEqual(TEXT_BYTES);
      await expectKept({ [name]: value });
    },
  );

  it.each(LARGE_JSON)('keeps %s beyond 64 KiB whole', async (_, members) => {
    const made = members();
    expect(Buffer.byteLength(JSON.stringify(made))).toBeGreaterThan(100_000);
    await expectKept(made);
  });

  it.each(['client_name', 'client_name#de', 'client_uri', 'scope', 'contacts[1]', 'software_id'])(
    'refuses %s of a byte more before the database can',
    async (name) => {
      const tooLong = name === 'client_uri' ? uri(TEXT_BYTES + 1) : filled('a', TEXT_BYTES + 1);
      const field = name.replace(/\[1\]$/, '');
      const before = await server.dataSource.getRepository(OAuthClient).count();
      const answer = await server.register(
        clientMetadata({ [field]: field === name ? tooLong : ['first', tooLong] }),
        token,
      );
      expectRefusal(answer, invalidMetadata(`${name} must not be longer than 65535 bytes`));
      await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(before);
    },
  );
});

/** More than a `text` column of MariaDB holds. */
const MORE = 70_000;

describe.each(databases)('limits beyond what a text column of MariaDB holds ($name)', (database) => {
  let server: TestServer | undefined;
  let failure: unknown;
  beforeAll(async () => {
    try {
      server = await startServer({
        database,
        adapter: 'fastify',
        options: {
          limits: { textBytes: MORE, uriBytes: MORE, scopeBytes: MORE, metadataBytes: 1_000_000 },
          server: { scopes: [filled('a', MORE)], defaultScopes: [] },
        },
      });
    } catch (error) {
      failure = error;
    }
  });
  afterAll(() => server?.close());

  it.each([
    { name: 'client_name', value: filled('a', MORE) },
    { name: 'software_id', value: filled('潮', MORE) },
    { name: 'client_uri', value: uri(MORE) },
    { name: 'scope', value: filled('a', MORE) },
  ])('end the start with the name of the limit, or keep a $name whole', async ({ name, value }) => {
    if (!server) {
      expect(String(failure)).toMatch(/^Error: DynamicRegistrationModule: .*"limits\.(?:text|uri|scope)Bytes"/);
      return;
    }
    const client = await server.register(clientMetadata({ [name]: value }));
    expect({ status: client.status, error: client.body.error }).toEqual({ status: 201, error: undefined });
    expect((await manage(server, 'GET', client)).body[name]).toBe(value);
  });
});

/** A zone for the session of the database; the clock of the process changes meanwhile. */
const DATABASE_ZONE = '+09:00';
const ZONES = ['America/New_York', 'Pacific/Auckland', 'Asia/Dubai', 'UTC'];

/** Options that give every session another zone than the process has, or one session that keeps what it is told. */
const zoned: Record<TestDatabase['kind'], NonNullable<ServerSetup['typeorm']>> = {
  sqlite: {},
  postgres: { extra: { options: '-c TimeZone=Asia/Tokyo' } },
  mysql: { extra: { connectionLimit: 1 } },
};

describe.each(cases)('a process in another time zone than its database ($adapter, $database.name)', (platform) => {
  const zoneBefore = process.env['TZ'];
  let server: TestServer;
  beforeAll(async () => {
    const { kind } = platform.database;
    server = await startServer({
      ...platform,
      options: { clientSecret: { lifetimeSeconds: 600 } },
      typeorm: zoned[kind],
    });
    if (kind === 'mysql') await server.dataSource.query(`SET time_zone = '${DATABASE_ZONE}'`);
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.useRealTimers();
    if (zoneBefore === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zoneBefore;
  });

  const now = () => Math.floor(Date.now() / 1000);
  /** The process moves to another zone, as if it were started there. */
  const moveTo = (zone: string) => {
    process.env['TZ'] = zone;
    expect(Intl.DateTimeFormat(undefined).resolvedOptions().timeZone).toBe(zone);
  };

  it('has a database in another zone', async () => {
    const { kind } = platform.database;
    if (kind === 'postgres') {
      await expect(server.dataSource.query('SHOW TimeZone')).resolves.toEqual([{ TimeZone: 'Asia/Tokyo' }]);
    }
    if (kind === 'mysql') {
      const rows: unknown = await server.dataSource.query('SELECT @@session.time_zone AS zone');
      expect(rows).toEqual([{ zone: DATABASE_ZONE }]);
    }
    const offsets = ZONES.map((zone) => {
      moveTo(zone);
      return new Date(0).getTimezoneOffset();
    });
    expect(offsets).toEqual([300, -720, -240, 0]);
  });

  it.each(ZONES)('tells the same seconds of a client that registered in %s, wherever it is read', async (zone) => {
    moveTo(zone);
    const earliest = now();
    const client = await server.register(BODY);
    const { client_id_issued_at: issuedAt, client_secret_expires_at: expiresAt } = client.body;
    expect(client.status).toBe(201);
    expect(issuedAt).toBeGreaterThanOrEqual(earliest);
    expect(issuedAt).toBeLessThanOrEqual(now());
    expect(expiresAt - issuedAt).toBeGreaterThanOrEqual(600);
    expect(expiresAt - issuedAt).toBeLessThanOrEqual(601);
    for (const other of ZONES) {
      moveTo(other);
      const { body } = await manage(server, 'GET', client);
      expect(body).toMatchObject({ client_id_issued_at: issuedAt, client_secret_expires_at: expiresAt });
      const found = await clientsOf(server).find(client.body.client_id);
      expect(found).toMatchObject({ clientIdIssuedAt: issuedAt, clientSecretExpiresAt: expiresAt });
      expect(found && (await clientsOf(server).verifySecret(found, client.body.client_secret))).toBe(true);
    }
  });

  it.each(ZONES)('ends a token issued in %s after its time and no sooner, wherever it is used', async (zone) => {
    moveTo(zone);
    const { token, record } = await tokensOf(server).issue({ expiresInSeconds: 60 });
    const issued = Date.now();
    expect(record.expiresAt).toBe(record.issuedAt + 60);
    for (const other of ZONES) {
      moveTo(other);
      vi.useRealTimers();
      await expect(tokensOf(server).find(token)).resolves.toEqual(record);
      expect((await server.register(BODY, token)).status).toBe(201);
      vi.useFakeTimers({ toFake: ['Date'], now: issued + 62_000 });
      expectRefusal(await server.register(BODY, token), BAD_TOKEN);
    }
  });

  it('keeps the second of a revocation', async () => {
    moveTo('America/New_York');
    const { token, record } = await tokensOf(server).issue();
    const earliest = now();
    await expect(tokensOf(server).revoke(record.id)).resolves.toBe(true);
    moveTo('Pacific/Auckland');
    const revokedAt = (await tokensOf(server).find(token))?.revokedAt;
    expect(revokedAt).toBeGreaterThanOrEqual(earliest);
    expect(revokedAt).toBeLessThanOrEqual(now());
  });
});

interface Driver {
  readonly name: string;
  readonly kind: TestDatabase['kind'];
  readonly options: Record<string, unknown>;
  /** How many rows it counts for an update that changes nothing. */
  readonly counted?: number;
}

/** Hosts whose driver counts, or hands out numbers, in another way. */
const drivers: readonly Driver[] = [
  { name: 'as it comes', kind: 'sqlite', options: {} },
  { name: 'as it comes', kind: 'postgres', options: {} },
  { name: 'with numbers for bigint', kind: 'postgres', options: { parseInt8: true } },
  { name: 'as it comes', kind: 'mysql', options: {}, counted: 1 },
  { name: 'that counts changed rows alone', kind: 'mysql', options: { extra: { flags: ['-FOUND_ROWS'] } }, counted: 0 },
  {
    name: 'with numbers for bigint',
    kind: 'mysql',
    options: { supportBigNumbers: true, bigNumberStrings: false, dateStrings: true },
  },
];
const driven = cases.flatMap((platform) =>
  drivers.filter(({ kind }) => kind === platform.database.kind).map((driver) => ({ ...platform, driver })),
);

describe.each(driven)('counts of a driver $driver.name ($adapter, $database.name)', ({ driver, ...platform }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, typeorm: driver.options });
    if (driver.counted === undefined) return;
    // What the driver is told is what it does.
    const { body } = await server.register(BODY);
    const same = 'UPDATE oauth_clients SET source = source WHERE clientId = ?';
    const { affectedRows }: { affectedRows: number } = await server.dataSource.query(same, [body.client_id]);
    expect(affectedRows).toBe(driver.counted);
  });
  afterAll(() => server.close());

  it('let the same update happen again and again, a version higher each time', async () => {
    const client = await server.register(BODY);
    for (const version of [2, 3, 4]) {
      const answer = await manage(server, 'PUT', client, BODY);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject(BODY);
      expect((await rowOf(server, client.body.client_id)).version).toBe(version);
    }
  });

  it('let one of 20 conditional writes at once win', async () => {
    const { body } = await server.register(BODY);
    const clients = server.app.get(OAuthClientRepository, { strict: false });
    const read = await clients.findByClientId(body.client_id);
    expect(read?.version).toBe(1);
    if (!read) return;
    const wins = await Promise.all(
      listOf(20, (i) => `Name ${i}`).map((clientName) => clients.update(read, { clientName })),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    const stored = await rowOf(server, body.client_id);
    expect(stored).toMatchObject({ version: 2, clientName: `Name ${wins.indexOf(true)}` });
  });

  it('let no write happen by a version that has passed, nor by one to come', async () => {
    const { body } = await server.register(BODY);
    const clients = server.app.get(OAuthClientRepository, { strict: false });
    const read = await clients.findByClientId(body.client_id);
    expect(read).toBeDefined();
    if (!read) return;
    await expect(clients.update({ ...read, version: 0 }, { clientName: 'Late' })).resolves.toBe(false);
    await expect(clients.update({ ...read, version: 2 }, { clientName: 'Early' })).resolves.toBe(false);
    await expect(clients.update(read, { clientName: read.clientName })).resolves.toBe(true);
    await expect(rowOf(server, body.client_id)).resolves.toMatchObject({ version: 2, clientName: BODY.client_name });
  });

  it('count each parallel update that is answered with 200', async () => {
    const client = await server.register(BODY);
    const answers = await Promise.all(Array.from({ length: 8 }, () => manage(server, 'PUT', client, BODY)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set([200, 409, ...statuses])).toEqual(new Set([200, 409]));
    const updated = statuses.filter((status) => status === 200).length;
    expect(updated).toBeGreaterThan(0);
    expect((await rowOf(server, client.body.client_id)).version).toBe(1 + updated);
  });

  it('take a use of a token once, and revoke it once', async () => {
    const { token, record } = await tokensOf(server).issue({ maxUses: 1 });
    expect((await server.register(BODY, token)).status).toBe(201);
    expectRefusal(await server.register(BODY, token), BAD_TOKEN);
    await expect(tokensOf(server).find(token)).resolves.toEqual({ ...record, uses: 1 });
    const answers = await Promise.all([1, 2, 3].map(() => tokensOf(server).revoke(record.id)));
    expect(answers).toEqual([true, true, true]);
  });
});

const strategies = [
  { strategy: 'snake_case', options: { namingStrategy: new SnakeCaseNamingStrategy() }, table: 'oauth_clients' },
  {
    strategy: 'snake_case and a prefix',
    options: { namingStrategy: new SnakeCaseNamingStrategy(), entityPrefix: 'auth_' },
    table: 'auth_oauth_clients',
  },
];

describe.each(cases.flatMap((platform) => strategies.map((strategy) => ({ ...platform, ...strategy }))))(
  'the life of a client under $strategy ($adapter, $database.name)',
  ({ adapter, database, options, table }) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ adapter, database, typeorm: options });
    });
    afterAll(() => server.close());

    const stored = async ({ body }: JsonResponse) => {
      const rows: ObjectLiteral[] = await server.dataSource.query(
        `SELECT client_id, client_name, version FROM ${table} WHERE client_id = '${body.client_id}'`,
      );
      return rows;
    };

    it('is one row from the registration to the deletion', async () => {
      const { token, record } = await tokensOf(server).issue({ owner: 'acme', maxUses: 2 });
      const client = await server.register(BODY, token);
      const { client_id, client_secret, registration_access_token } = client.body;
      expect(client.status).toBe(201);
      await expect(stored(client)).resolves.toEqual([{ client_id, client_name: 'Tide Tables', version: 1 }]);

      expect((await manage(server, 'GET', client)).body).toMatchObject({ ...BODY, registration_access_token });
      expectRefusal(await server.request('GET', `/register/${client_id}`, { token }), BAD_TOKEN);
      expect((await manage(server, 'PUT', client)).body).toMatchObject({ client_id, client_name: 'Renamed' });
      await expect(stored(client)).resolves.toEqual([{ client_id, client_name: 'Renamed', version: 2 }]);

      const found = await clientsOf(server).find(client_id);
      expect(found).toMatchObject({ clientId: client_id, owner: 'acme', version: 2 });
      expect(found && (await clientsOf(server).verifySecret(found, client_secret))).toBe(true);
      expect(found && (await clientsOf(server).verifySecret(found, `${client_secret}x`))).toBe(false);

      expect((await manage(server, 'DELETE', client)).status).toBe(204);
      await expect(stored(client)).resolves.toEqual([]);
      expectRefusal(await manage(server, 'GET', client), BAD_TOKEN);

      await expect(tokensOf(server).list('acme')).resolves.toEqual([{ ...record, uses: 1 }]);
      await expect(tokensOf(server).revoke(record.id)).resolves.toBe(true);
      expectRefusal(await server.register(BODY, token), BAD_TOKEN);
    });

    it('begins by hand, too, and under no id twice', async () => {
      const { client, clientSecret } = await clientsOf(server).create({ ...BODY, clientId: 'by-hand', owner: 'acme' });
      await expect(clientsOf(server).find('by-hand')).resolves.toEqual(client);
      await expect(clientsOf(server).verifySecret(client, clientSecret)).resolves.toBe(true);
      await expect(clientsOf(server).create({ ...BODY, clientId: 'by-hand' })).rejects.toThrow(
        'client_id is taken already',
      );
      await expect(clientsOf(server).find('by-hand')).resolves.toEqual(client);
    });

    it('ends for as many as the token has uses', async () => {
      const token = await server.token({ maxUses: 3 });
      const answers = await Promise.all(Array.from({ length: 9 }, () => server.register(BODY, token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, BAD_TOKEN);
    });
  },
);
