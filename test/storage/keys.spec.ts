import {
  ClientAdministrationService,
  ClientLifeCycleService,
  ClientConfigurationService,
  ClientSecretService,
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  RegistrationAccessTokenService,
  TemporarilyUnavailableError,
  type ClientPage,
  type InitialAccessTokenRecord,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientActivityRepository } from '../../lib/client-life-cycle/client-activity.repository.js';
import { ClientCredentialsRepository } from '../../lib/client/client-credentials.repository.js';
import { OAuthClientRepository } from '../../lib/client/oauth-client.repository.js';
import { StorageError } from '../../lib/errors/storage.error.js';
import { InitialAccessTokenRepository } from '../../lib/initial-access-token/initial-access-token.repository.js';
import { isKey } from '../../lib/storage/registration-data-source.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

/** What there is in the database, and what finds it. */
interface Stored {
  readonly client: OAuthClientRecord;
  readonly clientSecret: string;
  readonly registrationAccessToken: string;
  readonly token: string;
  readonly record: InitialAccessTokenRecord;
}

/** What is no key: a database would take some of it for a row, and TypeORM 0.3 a part of it for no condition at all. */
const NO_KEYS: readonly (readonly [string, (real: string) => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['the empty string', () => ''],
  ['0', () => 0],
  ['1', () => 1],
  ['NaN', () => Number.NaN],
  ['true', () => true],
  ['false', () => false],
  ['an object', () => ({})],
  ['an empty list', () => []],
  ['a list with null', () => [null]],
  ['the key in a list', (real) => [real]],
  ['the key in an object', (real) => ({ toString: () => real, toLowerCase: () => real, length: real.length })],
  ['the key as a String object', (real) => Object(real) as unknown],
  ['the key as bytes', (real) => Buffer.from(real)],
  ['NUL', () => '\0'],
  ['the key and NUL', (real) => `${real}\0`],
  ['NUL and the key', (real) => `\0${real}`],
];

/** One use of a key: the key it stands for, what is called, and the values that have a meaning of their own there. */
interface Use<T> {
  readonly name: string;
  readonly real: (stored: Stored) => string;
  readonly call: (target: T, key: never, stored: Stored) => unknown;
  readonly meant?: readonly unknown[];
}

interface Walked<T> {
  readonly type: abstract new (...args: never[]) => T;
  /** Every method: its keys, or why it takes none. */
  readonly methods: Readonly<Record<string, readonly Use<T>[] | string>>;
}

const PRIVATE = 'private';
const clientId = (stored: Stored) => stored.client.clientId;
const use = <T>(name: string, real: Use<T>['real'], call: Use<T>['call'], meant: readonly unknown[] = []): Use<T> => ({
  name,
  real,
  call,
  meant,
});
/** The keys of a page of clients. */
const pages = <T>(list: (it: T, page: ClientPage) => unknown): Use<T>[] => [
  use(
    'owner',
    () => 'acme',
    (it, owner) => list(it, { owner, limit: 10 }),
    [undefined],
  ),
  use(
    'source',
    () => 'manual',
    (it, source) => list(it, { source, limit: 10 }),
    [undefined],
  ),
  use(
    'status',
    () => 'active',
    (it, status) => list(it, { status, limit: 10 }),
    [undefined],
  ),
  // Everything comes after it.
  use(
    'after',
    () => ' ',
    (it, after) => list(it, { after, limit: 10 }),
    [undefined],
  ),
];
const walked = <T>(type: Walked<T>['type'], methods: Walked<T>['methods']): Walked<T> => ({ type, methods });

const WALKED = [
  walked(OAuthClientService, {
    create: [
      use('clientId', clientId, (it, key) => it.create({ ...BODY, clientId: key }), [undefined]),
      use(
        'clientSecret',
        ({ clientSecret }) => clientSecret,
        (it, key) => it.create({ ...BODY, clientSecret: key }),
        [undefined],
      ),
      use(
        'owner',
        () => 'acme',
        (it, key) => it.create({ ...BODY, owner: key }),
        [undefined],
      ),
    ],
    find: [use('clientId', clientId, (it, key) => it.find(key))],
    verifySecret: [
      use(
        'presented',
        ({ clientSecret }) => clientSecret,
        (it, key, { client }) => it.verifySecret(client, key),
      ),
      use('client', clientId, (it, key, { clientSecret }) => it.verifySecret(key, clientSecret)),
    ],
    metadataOf: 'shows what a client has',
    rehash: PRIVATE,
    secretFor: PRIVATE,
    store: PRIVATE,
  }),
  walked(ClientAdministrationService, {
    list: pages((it: ClientAdministrationService, page) => it.list(page)),
    setScope: [use('clientId', clientId, (it, key) => it.setScope(key, undefined))],
    rotateSecret: [
      use('clientId', clientId, (it, key) => it.rotateSecret(key)),
      use(
        'chosen',
        ({ clientSecret }) => clientSecret,
        (it, key, { client }) => it.rotateSecret(client.clientId, key),
        // Which is none, and generates one.
        [undefined],
      ),
    ],
    remove: [use('clientId', clientId, (it, key) => it.remove(key))],
    resetRegistrationAccessToken: [use('clientId', clientId, (it, key) => it.resetRegistrationAccessToken(key))],
    reencryptSecret: [use('clientId', clientId, (it, key) => it.reencryptSecret(key))],
    change: PRIVATE,
  }),
  walked(ClientLifeCycleService, {
    approve: [use('clientId', clientId, (it, key) => it.approve(key, { version: 1 }))],
    suspend: [use('clientId', clientId, (it, key) => it.suspend(key))],
    resume: [use('clientId', clientId, (it, key) => it.resume(key))],
    change: PRIVATE,
  }),
  walked(ClientSecretService, {
    make: 'makes a secret, which choose judges',
    issue: 'makes a secret',
    choose: [
      use(
        'clientSecret',
        ({ clientSecret }) => clientSecret,
        (it, key, { client }) => it.choose(client.clientId, key, 'to-present'),
      ),
    ],
    matches: [
      use(
        'presented',
        ({ clientSecret }) => clientSecret,
        (it, key, { client }) => it.matches(client, key),
      ),
    ],
    proven: [
      use(
        'presented',
        ({ clientSecret }) => clientSecret,
        (it, key, { client }) => it.proven(client, key),
      ),
    ],
    matching: PRIVATE,
    liveSecrets: PRIVATE,
    liveKeysOf: 'decrypts what the client has',
    underFirstKey: PRIVATE,
    renew: 'a step of an update',
    rehashed: 'hashes what has proved right',
    isExpired: 'compares times',
    keyOf: 'decrypts what the client has',
    reencrypted: 'decrypts what the client has',
    issued: PRIVATE,
  }),
  walked(InitialAccessTokenService, {
    issue: [
      use(
        'owner',
        () => 'acme',
        (it, key) => it.issue({ owner: key }),
        [undefined, null],
      ),
      use(
        'token',
        ({ token }) => token,
        (it, key) => it.issue({ token: key }),
        [undefined, null],
      ),
    ],
    find: [
      use(
        'token',
        ({ token }) => token,
        (it, key) => it.find(key),
      ),
    ],
    list: [
      use(
        'owner',
        () => 'acme',
        (it, key) => it.list(key),
        [undefined],
      ),
    ],
    revoke: [
      use(
        'id',
        ({ record }) => record.id,
        (it, key) => it.revoke(key),
      ),
    ],
    authenticate: [
      use(
        'token',
        ({ token }) => token,
        (it, key) => it.authenticate(key),
      ),
    ],
    recognize: [
      use(
        'token',
        ({ token }) => token,
        (it, key) => it.recognize(key),
      ),
    ],
    credentialOf: PRIVATE,
  }),
  walked(RegistrationAccessTokenService, {
    issue: 'makes a token',
    rotated: 'makes a token',
    refreshed: [
      use('clientId', clientId, (it, key, { client }) => it.refreshed({ client: { ...client, clientId: key } })),
      use('clientId with a token', clientId, (it, key, { client, registrationAccessToken }) =>
        it.refreshed({ client: { ...client, clientId: key }, registrationAccessToken }),
      ),
      use('registrationAccessTokenHash', hashOf, (it, key, { client }) =>
        it.refreshed({ client: { ...client, registrationAccessTokenHash: key } }),
      ),
    ],
    holderOf: PRIVATE,
    settled: PRIVATE,
    isProvenByToken: PRIVATE,
    authenticate: [
      use('clientId', clientId, (it, key, stored) => it.authenticate(key, stored.registrationAccessToken)),
      use(
        'token',
        (stored) => stored.registrationAccessToken,
        (it, key, { client }) => it.authenticate(client.clientId, key),
      ),
    ],
  }),
  walked(OAuthClientRepository, {
    findByClientId: [use('clientId', clientId, (it, key) => it.findByClientId(key))],
    findByRegistrationAccessToken: [
      use('clientId', clientId, (it, key, { client }) =>
        it.findByRegistrationAccessToken(key, client.registrationAccessTokenHash ?? ''),
      ),
      use('tokenHash', hashOf, (it, key, { client }) => it.findByRegistrationAccessToken(client.clientId, key)),
    ],
    findByFoldingKey: [
      use(
        'foldingKey',
        ({ client }) => client.foldingKey ?? '',
        (it, key) => it.findByFoldingKey(key),
      ),
    ],
    create: 'makes an instance, and stores nothing',
    count: 'takes what the module or a policy counts',
    countOthersNamed: [
      use('clientId', clientId, (it, key, { client }) => it.countOthersNamed({ ...client, clientId: key })),
      use(
        'clientName',
        ({ client }) => client.clientName ?? '',
        (it, key, { client }) => it.countOthersNamed({ ...client, clientName: key }),
      ),
    ],
    list: pages((it: OAuthClientRepository, page) => it.list(page)),
    taken: [use('clientId', clientId, (it, key) => it.taken([key]))],
    insertAll: [use('clientId', clientId, (it, key, { client }) => it.insertAll([{ ...client, clientId: key }]))],
    rehearseInsert: [
      use('clientId', clientId, (it, key, { client }) => it.rehearseInsert([{ ...client, clientId: key }])),
    ],
    insertOf: PRIVATE,
    insert: [use('clientId', clientId, (it, key, { client }) => it.insert({ ...client, clientId: key }))],
    update: [
      use('clientId', clientId, (it, key, { client }) => it.update({ ...client, clientId: key }, { clientName: 'x' })),
      use('registrationAccessTokenHash', hashOf, (it, key, { client }) =>
        it.update({ ...client, registrationAccessTokenHash: key }, { clientName: 'x' }),
      ),
      use(
        'status',
        () => 'active',
        (it, key, { client }) => it.update({ ...client, status: key }, { clientName: 'x' }),
      ),
      // The number is a version.
      use(
        'version',
        () => '1',
        (it, key, { client }) => it.update({ ...client, version: key }, { clientName: 'x' }),
        [1],
      ),
    ],
    delete: [
      use('clientId', clientId, (it, key, { client }) => it.delete({ ...client, clientId: key })),
      use('registrationAccessTokenHash', hashOf, (it, key, { client }) =>
        it.delete({ ...client, registrationAccessTokenHash: key }),
      ),
      use(
        'status',
        () => 'active',
        (it, key, { client }) => it.delete({ ...client, status: key }),
      ),
    ],
    deleteVersion: [
      use('clientId', clientId, (it, key, { client }) => it.deleteVersion({ ...client, clientId: key })),
      use('registrationAccessTokenHash', hashOf, (it, key, { client }) =>
        it.deleteVersion({ ...client, registrationAccessTokenHash: key }),
      ),
      // The number is a version.
      use(
        'version',
        () => '1',
        (it, key, { client }) => it.deleteVersion({ ...client, version: key }),
        [1],
      ),
    ],
    deleteWhere: PRIVATE,
    isBelow: PRIVATE,
    equal: PRIVATE,
    counting: PRIVATE,
  }),
  walked(ClientCredentialsRepository, {
    settleRegistrationAccessToken: [
      use('clientId', clientId, (it, key, { client }) =>
        it.settleRegistrationAccessToken({ ...withPrevious(client), clientId: key }, 'x'),
      ),
      use('registrationAccessTokenHash', hashOf, (it, key, { client }) =>
        it.settleRegistrationAccessToken({ ...withPrevious(client), registrationAccessTokenHash: key }, 'x'),
      ),
      use(
        'previousRegistrationAccessTokenHash',
        () => 'x',
        (it, key, { client }) =>
          it.settleRegistrationAccessToken({ ...client, previousRegistrationAccessTokenHash: key }, 'x'),
      ),
      use(
        'tokenHash',
        () => 'x',
        (it, key, { client }) => it.settleRegistrationAccessToken(withPrevious(client), key),
      ),
    ],
    replaceEncryptedSecrets: [
      use('clientId', clientId, (it, key, { client }) =>
        it.replaceEncryptedSecrets(
          { ...client, clientId: key, clientSecretEncrypted: 'x' },
          { clientSecretEncrypted: 'y' },
        ),
      ),
      ...(['clientSecretEncrypted', 'previousClientSecretEncrypted'] as const).map((column) =>
        use<ClientCredentialsRepository>(
          column,
          () => 'x',
          (it, key, { client }) => it.replaceEncryptedSecrets({ ...client, [column]: key }, { [column]: 'y' }),
        ),
      ),
    ],
    replaceSecretHash: [
      use('clientId', clientId, (it, key, { client }) =>
        it.replaceSecretHash({ ...client, clientId: key }, 'x', 'current'),
      ),
      use(
        'clientSecretHash',
        ({ client }) => client.clientSecretHash ?? '',
        (it, key, { client }) => it.replaceSecretHash({ ...client, clientSecretHash: key }, 'x', 'current'),
      ),
      use(
        'previousClientSecretHash',
        () => 'x',
        (it, key, { client }) => it.replaceSecretHash({ ...client, previousClientSecretHash: key }, 'x', 'previous'),
      ),
    ],
  }),
  walked(ClientActivityRepository, {
    touch: [use('clientId', clientId, (it, key) => it.touch([key], 1, null))],
    beginLifetimes: ['owner', 'tenant'].map((name) =>
      use(
        name,
        () => 'acme',
        (it, key) => it.beginLifetimes('unused', 2_000_000_000, { [name]: key }),
        [undefined],
      ),
    ),
    expired: ['owner', 'tenant'].map((name) =>
      use(
        name,
        () => 'acme',
        (it, key) => it.expired(2_000_000_000, 10, undefined, { [name]: key }),
        [undefined],
      ),
    ),
    postponeExpiry: [
      use('clientId', clientId, (it, key) => it.postponeExpiry({ clientId: key, expiresAt: 1 }, 2_000_000_000)),
      use(
        'until',
        () => '2000000000',
        (it, key, { client }) => it.postponeExpiry({ ...client, expiresAt: 1 }, key),
        [null],
      ),
    ],
    deleteExpired: [use('clientId', clientId, (it, key) => it.deleteExpired({ clientId: key, expiresAt: 1 }))],
  }),
  walked(InitialAccessTokenRepository, {
    insert: [
      use(
        'id',
        ({ record }) => record.id,
        (it, key, { record }) => it.insert({ ...record, id: key, tokenHash: 'other' }),
      ),
      use('tokenHash', tokenHashOf, (it, key, { record }) => it.insert({ ...record, id: 'other', tokenHash: key })),
    ],
    findByHash: [use('tokenHash', tokenHashOf, (it, key) => it.findByHash(key))],
    list: [
      use(
        'owner',
        () => 'acme',
        (it, key) => it.list({ owner: key }),
        [undefined],
      ),
    ],
    findById: [
      use(
        'id',
        ({ record }) => record.id,
        (it, key) => it.findById(key),
      ),
    ],
    revoke: [
      use(
        'id',
        ({ record }) => record.id,
        (it, key, { record }) => it.revoke({ ...record, id: key }, 1),
      ),
    ],
    use: [
      use(
        'id',
        ({ record }) => record.id,
        (it, key, { record }) => it.use({ ...record, id: key }, 1),
      ),
      use('tokenHash', tokenHashOf, (it, key, { record }) => it.use({ ...record, tokenHash: key }, 1)),
      // What a credential of a host may be by chance.
      use(
        'token',
        ({ record }) => record.id,
        (it, key) => it.use(key, 1),
      ),
    ],
    column: PRIVATE,
  }),
  walked(ClientConfigurationService, {
    read: 'shows what the guard has read',
    update: [
      use('clientId', clientId, (it, key, { client }) =>
        it.update({ ...BODY, client_id: key }, { client: { ...client, clientId: key } }),
      ),
      use('client_id of the body', clientId, (it, key, { client }) =>
        it.update({ ...BODY, client_id: key }, { client }),
      ),
    ],
    delete: [
      use('clientId', clientId, (it, key, { client }) => it.delete({ client: { ...client, clientId: key } })),
      use('registrationAccessTokenHash', hashOf, (it, key, { client }) =>
        it.delete({ client: { ...client, registrationAccessTokenHash: key } }),
      ),
    ],
    checkRequest: 'a step of an update',
    secretFor: 'a step of an update',
    refreshed: PRIVATE,
    updateOnce: PRIVATE,
    deleteOnce: PRIVATE,
  }),
] as readonly Walked<object>[];

/** As a rotation would have left it. */
function withPrevious(client: OAuthClientRecord): OAuthClientRecord {
  return { ...client, previousRegistrationAccessTokenHash: 'x' };
}

function hashOf({ client }: Stored): string {
  return client.registrationAccessTokenHash ?? '';
}

function tokenHashOf({ record }: Stored): string {
  return record.tokenHash;
}

const USES = WALKED.flatMap(({ type, methods }) =>
  Object.entries(methods).flatMap(([method, uses]) =>
    typeof uses === 'string' ? [] : uses.map((one) => ({ ...one, type, title: `${type.name}.${method}, ${one.name}` })),
  ),
);

describe('the table of keys', () => {
  it.each(WALKED)('has every method of $type.name', ({ type, methods }) => {
    const prototype = type.prototype as object;
    const names = Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
      .map(([name]) => name);
    expect(Object.keys(methods).toSorted()).toEqual(names.toSorted());
  });
});

describe('a key', () => {
  it.each(NO_KEYS)('is not %s', (_, of) => {
    expect(isKey(of('tides'))).toBe(false);
  });

  it.each(['tides', ' ', '0', 'null', 'undefined', "' OR '1'='1"])('is %j', (value) => {
    expect(isKey(value)).toBe(true);
  });
});

describe.each(databases)('what is no key ($name)', (database) => {
  let server: TestServer;
  let stored: Stored;
  let before: unknown;
  const rows = async () => [
    await server.dataSource.getRepository(OAuthClient).find({ order: { clientId: 'ASC' } }),
    await server.dataSource.getRepository(InitialAccessToken).find({ order: { id: 'ASC' } }),
  ];

  beforeAll(async () => {
    server = await startServer({ database });
    const clients = server.app.get(OAuthClientService, { strict: false });
    const tokens = server.app.get(InitialAccessTokenService, { strict: false });
    const {
      client,
      clientSecret = '',
      registrationAccessToken = '',
    } = await clients.create({ ...BODY, owner: 'acme' });
    client.foldingKey = 'f'.repeat(64);
    const { foldingKey, version } = client;
    await server.dataSource.getRepository(OAuthClient).update({ clientId: client.clientId }, { foldingKey, version });
    // Rows with nothing in the columns that are looked at.
    const { client: bare } = await clients.create({ ...BODY, token_endpoint_auth_method: 'none' });
    await server.dataSource
      .getRepository(OAuthClient)
      .update({ clientId: bare.clientId }, { registrationAccessTokenHash: null });
    await tokens.issue();
    const { token, record } = await tokens.issue({ owner: 'acme', maxUses: 3 });
    stored = { client, clientSecret, registrationAccessToken, token, record };
    before = await rows();
  });
  afterAll(() => server.close());

  it.each(USES)('finds and changes nothing as $title', async ({ type, real, call, meant = [] }) => {
    const target = server.app.get<object>(type, { strict: false });
    for (const [name, of] of NO_KEYS) {
      const key = of(real(stored));
      if (meant.includes(key)) continue;
      const outcome = await settled(async () => call(target, key as never, stored));
      expect({ name, outcome, isNothing: isNothing(outcome) }).toEqual({ name, outcome, isNothing: true });
    }
    await expect(rows()).resolves.toEqual(before);
  });

  it('is not even needed for all tokens, which are those of nobody in particular', async () => {
    const tokens = server.app.get(InitialAccessTokenService, { strict: false });
    await expect(tokens.list()).resolves.toHaveLength(2);
    await expect(tokens.list('acme')).resolves.toHaveLength(1);
  });

  // Without this the rows above could pass by being wrong altogether.
  it.each(USES.filter(({ title }) => /\.(?:find|authenticate|refreshed|matches|proven|verifySecret|list)/.test(title)))(
    'but the key itself finds the row as $title',
    async ({ type, real, call, name }) => {
      const target = server.app.get<object>(type, { strict: false });
      const key = name === 'client' ? stored.client : real(stored);
      const outcome = await settled(async () => call(target, key as never, stored));
      expect(isNothing(outcome)).toBe(false);
    },
  );
});

/** What a call came to: its value, or its error. */
async function settled(call: () => Promise<unknown>): Promise<unknown> {
  return call().catch((error: unknown) => error);
}

/** Nothing found and nothing done; an error is no answer of the database, which must not have been asked. */
function isNothing(outcome: unknown): boolean {
  if (outcome instanceof Error) {
    return !(outcome instanceof StorageError) && !(outcome instanceof TemporarilyUnavailableError);
  }
  if (Array.isArray(outcome)) return outcome.length === 0;
  return outcome === undefined || outcome === false || outcome === 0;
}
