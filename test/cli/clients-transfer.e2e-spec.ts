import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  ClientSecretHasher,
  ClientSecretService,
  dynamicRegistrationMigrations,
  OAuthClient,
  OAuthClientService,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { DataSource, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeMetadata, publicKey } from '../support/client-metadata.builder.js';
import { databases, type CreatedDatabase, type TestDatabase, databasesInTurn } from '../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { startServer, type ServerSetup, type TestServer } from '../support/start-server.js';
import { dcr, dcrProcess, MAIN, refused, ROOT, type Finished } from './dcr.js';

const CALLBACK = 'https://tides.example/cb';
const SECRET = 'an old secret';
const USELESS_SECRET = 'a client secret is of no use with this token_endpoint_auth_method';
const HALF_A_SECRET =
  'client_secret_hash must be there, and client_secret_encrypted where the secret is a key and nowhere else';
/** As many as that are imported where an import is interrupted. */
const MANY = Number(process.env['TEST_IMPORT_CLIENTS'] ?? 1_200);
/** What an import of many may take, on a machine that does other things, too. */
const PATIENCE = 120_000 + MANY * 10;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dcr-transfer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function fileOf(...lines: unknown[]): Promise<string> {
  const file = join(folder, `clients-${++files}.jsonl`);
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  await writeFile(file, text.join(''));
  return file;
}

/** What an import says that ended well. */
const imported = (fresh: number, existing = 0, done = 'imported'): Finished => ({
  code: 0,
  stdout: `${done} ${fresh}, there already ${existing}, refused 0\n`,
  stderr: '',
});

/** A line of a client that has nothing but what it needs. */
const line = (clientId: string, members: object = {}): object => ({
  client_id: clientId,
  redirect_uris: [CALLBACK],
  token_endpoint_auth_method: 'none',
  ...members,
});

/** A scheme of a server before. */
const foreignHash = (secret: string) => `$pbkdf2-sha256$${createHash('sha256').update(secret).digest('base64')}`;

class HasherWithHistory extends ClientSecretHasher {
  override async verify(secret: string, stored: string): Promise<boolean> {
    return stored.startsWith('$pbkdf2-sha256$') ? stored === foreignHash(secret) : super.verify(secret, stored);
  }
}

const FULL: ServerSetup['options'] = {
  server: FULL_SERVER,
  access: 'open',
  openGrantTypes: ['authorization_code'],
  clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
  providers: [{ provide: ClientSecretHasher, useClass: HasherWithHistory }],
};

/** The clients of an export, the members of each in the order of their names. */
function membersOf(text: string): unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((one) => Object.entries(JSON.parse(one) as object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const pairs = databases.map((from, i) => ({ from, to: databases[(i + 1) % databases.length] ?? from }));

describe.each(pairs)('dcr clients export and import ($from.name to $to.name)', ({ from, to }) => {
  let source: TestServer;
  let target: TestServer;
  beforeAll(async () => {
    source = await startServer({ database: from, options: FULL });
    target = await startServer({ database: to, options: FULL });
    clients = await registerAll(source);
  });
  afterAll(async () => {
    await source.close();
    await target.close();
  });
  let clients: RegisteredClients;
  let file: string;

  const exported = async (server: TestServer): Promise<string> => {
    const { code, stdout, stderr } = await dcr(['clients', 'export', '--connect', server.database.url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  it('takes every client along, and once', async () => {
    const before = await exported(source);
    const lines = before.trimEnd().split('\n');
    expect(lines).toHaveLength(Object.keys(clients).length);
    file = await fileOf(...lines);
    expect(await readFile(file, 'utf8')).toBe(before);

    const connect = ['--connect', target.database.url];
    expect(await dcr(['clients', 'import', file, '--dry-run', ...connect])).toEqual(
      imported(lines.length, 0, 'to import'),
    );
    expect(await exported(target)).toBe('');
    expect(await dcr(['clients', 'import', file, ...connect])).toEqual(imported(lines.length));
    const after = await exported(target);
    expect(membersOf(after)).toEqual(membersOf(before));

    expect(await dcr(['clients', 'import', file, ...connect])).toEqual(imported(0, lines.length));
    expect(await dcr(['clients', 'import', file, '--dry-run', ...connect])).toEqual(
      imported(0, lines.length, 'to import'),
    );
    expect(await exported(target)).toBe(after);
    expect(await exported(source)).toBe(before);
  });

  it('is exported again byte for byte, in lines of the same order', async () => {
    const linesOf = (text: string) => text.split('\n');
    expect(linesOf(await exported(target))).toEqual(linesOf(await readFile(file, 'utf8')));
  });

  it('changes nothing of a client but its version, which begins anew', async () => {
    const inOrder = { order: { clientId: 'ASC' } } as const;
    const before = await source.dataSource.getRepository(OAuthClient).find(inOrder);
    const after = await target.dataSource.getRepository(OAuthClient).find(inOrder);
    // A list that is not there and an empty one are the same to everybody.
    const comparable = (client: OAuthClient) => ({
      ...Object.fromEntries(Object.entries(client)),
      version: 1,
      redirectUris: client.redirectUris ?? [],
    });
    expect(after.map(comparable)).toEqual(before.map(comparable));
    expect(new Set(after.map(({ version }) => version))).toEqual(new Set([1]));
  });

  it('shows of the life of a client what is no credential', async () => {
    const { id } = clients.machine;
    const { stdout } = await dcr(['clients', 'show', '--id', id, '--json', '--connect', target.database.url]);
    expect(JSON.parse(stdout)).toMatchObject({
      tenant: LIFE_CYCLE.tenant,
      status: 'pending',
      expires_at: LIFE_CYCLE.expiresAt,
      last_used_at: LIFE_CYCLE.lastUsedAt,
      initial_access_token_id: LIFE_CYCLE.initialAccessTokenId,
      bounds: LIFE_CYCLE.bounds,
    });
    const list = await dcr(['clients', 'list', '--json', '--connect', target.database.url]);
    const listed = JSON.parse(list.stdout) as { readonly client_id: string }[];
    expect(listed.find(({ client_id }) => client_id === id)).toEqual(JSON.parse(stdout));
    const lines = await dcr(['clients', 'show', '--id', id, '--connect', target.database.url]);
    expect(lines.stdout).toMatch(/^expires_at: +2100-01-01T00:00:00Z$/m);
    for (const shown of [stdout, list.stdout, lines.stdout]) {
      expect(shown).not.toMatch(/hash|encrypted|folding/);
      expect(shown).not.toContain(LIFE_CYCLE.previousRegistrationAccessTokenHash);
    }
  });

  it('every secret verifies, and every key can be read', async () => {
    const service = target.app.get(OAuthClientService, { strict: false });
    for (const [name, { id, secret }] of Object.entries(clients)) {
      const client = await service.find(id);
      const verified = client && secret !== undefined && (await service.verifySecret(client, secret));
      expect([name, verified]).toEqual([name, secret !== undefined]);
      expect([name, client && (await service.verifySecret(client, `${secret}x`))]).toEqual([name, false]);
    }
    const keyed = await service.find(clients.keyed.id);
    expect(keyed && target.app.get(ClientSecretService, { strict: false }).keyOf(keyed)).toBe(clients.keyed.secret);
  });

  it('every client manages itself with the token it has', async () => {
    for (const { id, token } of Object.values(clients)) {
      const read = async (server: TestServer) => server.request('GET', `/register/${id}`, { token });
      const answer = await read(target);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual((await read(source)).body);
    }
    const { id, token } = clients.open;
    const widened = { client_id: id, redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'] };
    const updated = await target.request('PUT', `/register/${id}`, { token, body: widened });
    // Who registered openly stays within what strangers may have.
    expect(updated.body.grant_types).toEqual(['authorization_code']);
    expect((await target.request('DELETE', `/register/${id}`, { token })).status).toBe(204);
    expect((await source.request('GET', `/register/${id}`, { token })).status).toBe(200);
  });
});

interface RegisteredClient {
  readonly id: string;
  readonly secret: string | undefined;
  readonly token: string;
}

type RegisteredClients = Readonly<
  Record<'complete' | 'families' | 'keyed' | 'open' | 'public' | 'machine' | 'idle' | 'foreign', RegisteredClient>
>;

/** A client of every kind there is. */
async function registerAll(server: TestServer): Promise<RegisteredClients> {
  const owned = await server.token({ owner: 'Zoë & 日本語' });
  const register = async (metadata: object, token: string | null = owned): Promise<RegisteredClient> => {
    const { status, body } = await server.register({ redirect_uris: [CALLBACK], ...metadata }, token);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return { id: body.client_id, secret: body.client_secret, token: body.registration_access_token };
  };
  const add = async (id: string, ...args: string[]): Promise<RegisteredClient> => {
    const { stdout } = await dcr(['clients', 'add', '--id', id, ...args, '--json', '--connect', server.database.url]);
    const { registration_access_token: token } = JSON.parse(stdout) as Record<string, string>;
    return { id, secret: args.includes('--secret') ? SECRET : undefined, token: String(token) };
  };
  const clients = {
    complete: await register(completeMetadata()),
    families: await register(FAMILIES),
    keyed: await register({ token_endpoint_auth_method: 'client_secret_jwt' }),
    open: await register({}, null),
    public: await register({ token_endpoint_auth_method: 'none', application_type: 'native' }),
    machine: await register({ redirect_uris: undefined, grant_types: ['client_credentials'] }),
    idle: await add('zz1'),
    foreign: await add('zz2', '--secret', SECRET, '--owner', 'acme', '--redirect-uri', CALLBACK),
  };
  const rows = server.dataSource.getRepository(OAuthClient);
  const ofOldServer = { clientSecretHash: foreignHash(SECRET), clientSecretExpiresAt: 4_102_444_800, version: 7 };
  await rows.update({ clientId: clients.foreign.id }, ofOldServer);
  await rows.update({ clientId: clients.complete.id }, { clientIdIssuedAt: 946_684_800 });
  await rows.update({ clientId: clients.machine.id }, LIFE_CYCLE);
  return clients;
}

/** All that a server knows of the life of a client. */
const LIFE_CYCLE = {
  tenant: 'Zoë & 日本語',
  status: 'pending' as const,
  expiresAt: 4_102_444_800,
  lastUsedAt: 1_764_000_000,
  initialAccessTokenId: '5f0c2f0e-6c1d-4a52-9d0b-0b8f6c1f7a11',
  bounds: {
    scopes: FULL_SERVER.scopes,
    grantTypes: ['client_credentials'],
    defaultMetadata: { client_name: 'Z' },
  },
  previousClientSecretHash: foreignHash('a secret before'),
  previousClientSecretExpiresAt: 4_102_444_801,
  previousClientSecretEncrypted: 'key:sealed',
  previousRegistrationAccessTokenHash: 'a'.repeat(64),
  previousRegistrationAccessTokenExpiresAt: 4_102_444_802,
  foldingKey: 'b'.repeat(64),
};

const FAMILIES = {
  client_name: 'Tide Tables',
  'client_name#ja': '潮見表',
  'client_name#pt-BR': 'Tábua "de" \\ Marés',
  'tos_uri#de': 'https://tides.example/agb',
  jwks: { keys: [publicKey({ kid: 'b', alg: 'ES256' })] },
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  grant_types: ['authorization_code', 'refresh_token', 'urn:openid:params:grant-type:ciba'],
  backchannel_token_delivery_mode: 'poll',
  id_token_signed_response_alg: 'ES256',
  userinfo_signed_response_alg: 'none',
  default_max_age: 0,
  require_auth_time: true,
  default_acr_values: ['phr'],
  post_logout_redirect_uris: ['https://tides.example/bye'],
  backchannel_logout_uri: 'https://tides.example/logout',
  backchannel_logout_session_required: true,
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
  authorization_details_types: ['payment_initiation'],
  introspection_signed_response_alg: 'ES256',
  scope: 'openid tides.read',
};

describe.each(databasesInTurn(2))('dcr clients import ($name)', (database) => {
  let created: CreatedDatabase;
  let dataSource: DataSource;
  let rows: Repository<OAuthClient>;
  beforeAll(async () => {
    ({ created, dataSource } = await withTables(database));
    rows = dataSource.getRepository(OAuthClient);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await created.drop();
  });

  const importing = async (...args: string[]) => dcr(['clients', 'import', ...args, '--connect', created.url]);
  const kept = async (clientId: string): Promise<OAuthClientRecord | null> => rows.findOneBy({ clientId });

  it('takes a client that has little else than an id for one that was added by hand', async () => {
    expect(await importing(await fileOf(line('little')))).toEqual(imported(1));
    expect(await kept('little')).toMatchObject({
      source: 'manual',
      registeredOpenly: false,
      owner: null,
      tenant: null,
      status: 'active',
      expiresAt: null,
      lastUsedAt: null,
      initialAccessTokenId: null,
      bounds: null,
      previousClientSecretHash: null,
      previousRegistrationAccessTokenHash: null,
      foldingKey: null,
      clientSecretHash: null,
      clientSecretExpiresAt: null,
      registrationAccessTokenHash: null,
      grantTypes: ['authorization_code'],
      version: 1,
    });
    expect((await kept('little'))?.clientIdIssuedAt).toBeGreaterThan(Date.now() / 1000 - 600);
  });

  it('hashes a secret in clear by bcrypt, as one that a person chose', async () => {
    const method = { token_endpoint_auth_method: 'client_secret_basic' };
    const file = await fileOf(
      line('clear', { ...method, client_secret: SECRET }),
      line('lapsing', { ...method, client_secret: SECRET, client_secret_expires_at: 1_800_000_000 }),
    );
    expect(await importing(file)).toEqual(imported(2));
    expect(await kept('clear')).toMatchObject({
      clientSecretHash: expect.stringMatching(/^\$2b\$10\$.{53}$/),
      clientSecretExpiresAt: 0,
      clientSecretEncrypted: null,
    });
    expect(await kept('lapsing')).toMatchObject({ clientSecretExpiresAt: 1_800_000_000 });
    const { stdout } = await dcr(['clients', 'export', '--connect', created.url]);
    expect(stdout).toContain('"client_id":"clear"');
    expect(stdout).not.toContain(SECRET);
  });

  /** What is wrong with a line, and what is said about it. */
  const WRONG: readonly (readonly [unknown, string])[] = [
    ['{"client_id":"leaked"', 'is not JSON'],
    ['leaked', 'is not JSON'],
    ['[{"client_id":"leaked"}]', 'is not a JSON object'],
    ['"leaked"', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    [{ redirect_uris: [CALLBACK] }, 'client_id must have 1 to 255 printable ASCII characters and not be a dot segment'],
    [line('leakedé'), 'client_id must have 1 to 255 printable ASCII characters and not be a dot segment'],
    [line('..'), 'client_id must have 1 to 255 printable ASCII characters and not be a dot segment'],
    [{ ...line(''), client_id: 7 }, 'client_id must have 1 to 255 printable ASCII characters and not be a dot segment'],
    [line('refused', { source: 'leaked' }), 'source must be dynamic or manual'],
    [line('refused', { registered_openly: 'leaked' }), 'registered_openly must be true or false'],
    [line('refused', { owner: ['leaked'] }), 'owner must have 1 to 255 characters'],
    [line('refused', { owner: 'leaked'.repeat(50) }), 'owner must have 1 to 255 characters'],
    [line('refused', { owner: 'leaked\0' }), 'owner must have 1 to 255 characters'],
    [line('refused', { client_id_issued_at: '1764000000' }), 'client_id_issued_at must be seconds since the epoch'],
    [line('refused', { client_id_issued_at: -1 }), 'client_id_issued_at must be seconds since the epoch'],
    [line('refused', { client_id_issued_at: 1.5 }), 'client_id_issued_at must be seconds since the epoch'],
    [
      line('refused', { registration_access_token_hash: 'A'.repeat(64) }),
      'registration_access_token_hash must be a SHA-256 in lower-case hexadecimal digits',
    ],
    [
      line('refused', { registration_access_token_hash: 'rat_leaked' }),
      'registration_access_token_hash must be a SHA-256 in lower-case hexadecimal digits',
    ],
    [line('refused', { tenant: 'leaked'.repeat(50) }), 'tenant must have 1 to 255 characters'],
    [line('refused', { status: 'leaked' }), 'status must be pending, active or suspended'],
    [line('refused', { expires_at: 'leaked' }), 'expires_at must be seconds since the epoch'],
    [line('refused', { last_used_at: -1 }), 'last_used_at must be seconds since the epoch'],
    [line('refused', { initial_access_token_id: 7 }), 'initial_access_token_id must have 1 to 255 characters'],
    [line('refused', { folding_key: 'leaked' }), 'folding_key must be a SHA-256 in lower-case hexadecimal digits'],
    [line('refused', { bounds: '{"scopes":["leaked"]}' }), 'bounds must be a JSON object'],
    [
      line('refused', { bounds: { redirectHosts: ['//leaked'] } }),
      'bounds.redirectHosts must be a list: entries must be host names such as client.example.com or *.example.com',
    ],
    [
      line('refused', { bounds: { redirectHosts: ['leaked.example'], scopes: ['a'] }, scope: 'leaked' }),
      'scope contains a value that is not allowed for this client; ' +
        'redirect_uris[0] must use https at a host that is allowed for this client',
    ],
    [
      line('refused', { previous_client_secret_hash: '$x$leaked' }),
      'previous_client_secret_expires_at must be seconds since the epoch',
    ],
    [
      line('refused', { previous_client_secret_encrypted: 'leaked' }),
      'previous_client_secret_hash must be there beside what belongs to it',
    ],
    [
      line('refused', { previous_registration_access_token_hash: 'leaked' }),
      'previous_registration_access_token_hash must be a SHA-256 in lower-case hexadecimal digits',
    ],
    [
      line('refused', { previous_registration_access_token_expires_at: 1_764_000_000 }),
      'previous_registration_access_token_hash must be there beside its end',
    ],
    [
      secretLine({ client_secret: 'leaked', client_secret_hash: '$2b$leaked' }),
      'client_secret and client_secret_hash exclude each other',
    ],
    [secretLine({ client_secret: ['leaked'] }), 'client_secret must be text'],
    [secretLine({ client_secret: 'leaked'.repeat(13) }), 'client_secret must have 1 to 72 printable ASCII characters'],
    [secretLine({ client_secret_hash: 7 }), 'client_secret_hash must have 1 to 255 characters'],
    [secretLine({ client_secret_hash: 'leaked'.repeat(43) }), 'client_secret_hash must have 1 to 255 characters'],
    [
      secretLine({ client_secret_hash: '$x$leaked', client_secret_expires_at: 'leaked' }),
      'client_secret_expires_at must be seconds since the epoch',
    ],
    [
      secretLine({ client_secret_hash: '$x$leaked', client_secret_encrypted: 'leaked'.repeat(86) }),
      'client_secret_encrypted must have 1 to 512 characters',
    ],
    [line('refused', { client_secret_hash: '$x$leaked' }), USELESS_SECRET],
    [line('refused', { client_secret_encrypted: '$x$leaked' }), USELESS_SECRET],
    [secretLine({ client_secret_encrypted: '$x$leaked' }), HALF_A_SECRET],
    [secretLine({ client_secret_hash: '$x$leaked', client_secret_encrypted: '$x$leaked' }), HALF_A_SECRET],
    [secretLine({ token_endpoint_auth_method: 'client_secret_jwt', client_secret_hash: '$x$leaked' }), HALF_A_SECRET],
    [line('refused', { client_secret: 'leaked' }), 'client_secret is of no use with token_endpoint_auth_method none'],
    [
      secretLine({ token_endpoint_auth_method: 'client_secret_jwt', client_secret: 'leaked'.repeat(11) }),
      'the secret of this client is a key, which the server keeps encrypted: give --data-source with a module that exports ' +
        'dynamicRegistration, where clientSecret.encryptionKeys are',
    ],
    [
      line('refused', { redirect_uris: ['javascript:leaked()', `${CALLBACK}#leaked`], client_name: 7 }),
      'redirect_uris[0] must not use this scheme; redirect_uris[1] must not contain a fragment; client_name must be a string',
    ],
    [
      line('refused', { scope: '"leaked"' }),
      'scope must be a space-separated list of scope tokens (RFC 6749 section 3.3)',
    ],
    [
      line('refused', { grant_types: ['client_credentials'] }),
      'grant_types must not contain client_credentials with token_endpoint_auth_method none',
    ],
  ];

  it.each([[[]], [['--dry-run']]])(
    'refuses wrong lines by number and rule, and takes the others: %j',
    async (options) => {
      const run = options.length === 0 ? 'run' : 'dry';
      // Good ones around and between them, and a blank line that counts as one.
      const lines = [line(`${run}-1`), '', ...WRONG.map(([wrong]) => wrong), line(`${run}-2`)];
      const before = await rows.count();
      const { code, stdout, stderr } = await importing(await fileOf(...lines), ...options);
      expect(stderr.split('\n')).toEqual([
        ...WRONG.map(([, rule], i) => `line ${i + 3}: ${rule}`),
        `error: ${WRONG.length} lines were refused: mend them and import the file again`,
        '',
      ]);
      const done = options.length === 0 ? 'imported' : 'to import';
      expect({ code, stdout }).toEqual({ code: 1, stdout: `${done} 2, there already 0, refused ${WRONG.length}\n` });
      expect(stderr).not.toContain('leaked');
      expect(await rows.count()).toBe(before + (options.length === 0 ? 2 : 0));
      expect(await kept('refused')).toBeNull();
    },
  );

  it('takes no time that nobody could show', async () => {
    // The last moment that a Date can be is 8,640,000,000,000 seconds after the epoch.
    for (const member of ['client_id_issued_at', 'client_secret_expires_at']) {
      const file = await fileOf(secretLine({ client_secret_hash: '$x$y', [member]: Number.MAX_SAFE_INTEGER }));
      const { code, stderr } = await importing(file);
      expect({ code, stderr: stderr.split('\n')[0] }).toEqual({
        code: 1,
        stderr: `line 1: ${member} must be seconds since the epoch`,
      });
    }
    expect(await dcr(['clients', 'list', '--connect', created.url])).toMatchObject({ code: 0 });
  });

  it('tells which members nobody knows, and leaves them out', async () => {
    const file = await fileOf(
      line('unknown-1', { acme_plan: 'leaked', 'client_name#de': 'Gezeiten' }),
      line('unknown-2', { acme_plan: 'leaked', registration_access_token: 'leaked', 'a\u001B[2J': 'leaked' }),
    );
    expect(await importing(file)).toEqual({
      ...imported(2),
      stderr: `left out, since nobody knows them here: acme_plan, registration_access_token, ${String.raw`a\u{1b}[2J`}\n`,
    });
    expect(await kept('unknown-1')).toMatchObject({ additionalMetadata: { 'client_name#de': 'Gezeiten' } });
    expect(await kept('unknown-2')).toMatchObject({ additionalMetadata: null, registrationAccessTokenHash: null });
  });

  it('says of one line that it is one', async () => {
    expect(await importing(await fileOf('{', line('beside-one')))).toEqual({
      code: 1,
      stdout: 'imported 1, there already 0, refused 1\n',
      stderr: 'line 1: is not JSON\nerror: a line was refused: mend them and import the file again\n',
    });
  });

  it('takes blank lines, ends of lines of Windows, a byte order mark, and a last line without an end', async () => {
    const file = join(folder, 'windows.jsonl');
    const [one, two] = [JSON.stringify(line('windows-1')), JSON.stringify(line('windows-2'))];
    await writeFile(file, `\uFEFF${one}\r\n\r\n  \r\n${two}`);
    expect(await importing(file)).toEqual(imported(2));
    expect([await kept('windows-1'), await kept('windows-2')]).toEqual([expect.anything(), expect.anything()]);
    expect(await importing(await fileOf())).toEqual(imported(0));
  });

  it('reads back what export writes, whatever is in it', async () => {
    const owner = 'a\u2028b\u2029c\u0085d"\\\r\n\u001B[2J';
    const little = await rows.findOneByOrFail({ clientId: 'little' });
    await rows.save(Object.assign(little, { clientId: 'separated', owner }));
    const { stdout } = await dcr(['clients', 'export', '--connect', created.url]);
    const file = join(folder, 'separated.jsonl');
    const mine = stdout.split('\n').find((text) => text.includes('"separated"')) ?? '';
    await writeFile(file, `${mine}\n`);
    await rows.delete({ clientId: 'separated' });
    expect(await importing(file)).toEqual(imported(1));
    expect(await kept('separated')).toMatchObject({ owner });
  });

  it('takes a software statement along that a server has verified, byte for byte', async () => {
    const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const software_statement = `${encoded({ alg: 'ES256' })}.${encoded({ iss: 'https://directory.example' })}.c2ln`;
    const little = await rows.findOneByOrFail({ clientId: 'little' });
    const additionalMetadata = { ...little.additionalMetadata, software_statement };
    await rows.save(Object.assign(little, { clientId: 'stated', additionalMetadata }));
    const { stdout } = await dcr(['clients', 'export', '--connect', created.url]);
    const mine = stdout.split('\n').find((text) => text.includes('"stated"')) ?? '';
    await rows.delete({ clientId: 'stated' });
    expect(await importing(await fileOf(mine))).toEqual(imported(1));
    expect((await kept('stated'))?.additionalMetadata).toMatchObject({ software_statement });
  });

  it('says in one line of a file that is missing, or none, that it cannot be read', async () => {
    const cannot = (code: string) =>
      refused(`the file cannot be read (${code}): give the path of a file of JSON lines`);
    expect(await importing(join(folder, 'missing.jsonl'))).toEqual(cannot('ENOENT'));
    expect(await importing(folder)).toEqual(cannot('EISDIR'));
  });

  it('imports an id once, however often it is in a file', async () => {
    const between = Array.from({ length: 250 }, (_, i) => line(`between-${i}`));
    const twice = [line('twice', { owner: 'first' }), line('twice', { owner: 'second' })];
    const file = await fileOf(...twice, ...between, line('twice', { owner: 'third' }));
    expect(await importing(file)).toEqual(imported(251, 2));
    expect(await rows.findBy({ clientId: 'twice' })).toMatchObject([{ owner: 'first' }]);
  });

  it('passes over an id that is taken, and changes nothing of that client', async () => {
    const before = await kept('little');
    const file = await fileOf(line('little', { owner: 'thief', registration_access_token_hash: 'a'.repeat(64) }));
    expect(await importing(file)).toEqual(imported(0, 1));
    expect(await kept('little')).toEqual(before);
  });

  it.each([
    ['of a client that is there', ['Cased'], ['CASED', 'cased ']],
    ['in the same file', [], ['Same', 'SAME', 'same ']],
  ])('never overwrites where MariaDB takes an id for another one, %s', async (_, there, ids) => {
    if (there.length > 0) await importing(await fileOf(...there.map((id) => line(id, { owner: id }))));
    const file = await fileOf(...ids.map((id) => line(id, { owner: id })));
    const refusals = database.kind === 'mysql' ? ids.slice(1 - there.length) : [];
    expect(await importing(file)).toEqual(takenForOthers('imported', ids, refusals));
    for (const id of [...there, ...ids]) {
      const client = await kept(id);
      expect([id, client?.owner]).toEqual([id, refusals.includes(id) ? [...there, ...ids][0] : id]);
    }
  });

  it('tells in a dry run what a run would do, also where MariaDB takes an id for another one', async () => {
    const ids = ['Dry', 'DRY', 'dry '];
    const file = await fileOf(...ids.map((id) => line(id)));
    const refusals = database.kind === 'mysql' ? ids.slice(1) : [];
    expect(await importing(file, '--dry-run')).toEqual(takenForOthers('to import', ids, refusals));
    expect(await kept('Dry')).toBeNull();
    expect(await importing(file)).toEqual(takenForOthers('imported', ids, refusals));
  });
});

/** What is said of ids of which some are refused, since the database takes them for others. */
function takenForOthers(done: string, ids: readonly string[], refusals: readonly string[]): Finished {
  const rule = 'this database takes client_id, or another unique value, for one that is there';
  const summary = `error: ${refusals.length} lines were refused: mend them and import the file again\n`;
  return {
    code: refusals.length > 0 ? 1 : 0,
    stdout: `${done} ${ids.length - refusals.length}, there already 0, refused ${refusals.length}\n`,
    stderr:
      refusals.length > 0 ? refusals.map((id) => `line ${ids.indexOf(id) + 1}: ${rule}\n`).join('') + summary : '',
  };
}

function secretLine(members: object): object {
  return line('refused', { token_endpoint_auth_method: 'client_secret_basic', ...members });
}

async function withTables(database: TestDatabase): Promise<{ created: CreatedDatabase; dataSource: DataSource }> {
  const created = await database.create();
  const dataSource = await new DataSource({
    ...created.options,
    entities: [OAuthClient],
    migrations: dynamicRegistrationMigrations,
    migrationsRun: true,
  }).initialize();
  return { created, dataSource };
}

describe.each(databases)('an import that is killed ($name)', (database) => {
  it(
    `is run again, by two at the same time: nothing twice, nothing lost, with flat memory (${MANY} clients)`,
    { timeout: PATIENCE },
    async () => {
      const { created, dataSource } = await withTables(database);
      try {
        const rows = dataSource.getRepository(OAuthClient);
        const lines = manyLines(MANY);
        const file = await fileOf(...lines);
        const args = ['clients', 'import', file, '--connect', created.url];

        // Fed by a hand that stops half-way, so that it is killed amid its work on a machine of any speed.
        const command = spawn(process.execPath, [join(ROOT, MAIN), 'clients', 'import', '-', ...args.slice(3)]);
        command.stdin.on('error', () => undefined).write(`${lines.slice(0, MANY / 2).join('\n')}\n`);
        const killed = once(command, 'exit');
        while ((await rows.count()) === 0) {
          if (command.exitCode !== null) throw new Error('the import ended on its own');
          await setTimeout(5);
        }
        command.kill('SIGKILL');
        expect(await killed).toEqual([null, 'SIGKILL']);

        const before = await settled(() => rows.count());
        expect(before).toBeGreaterThan(0);
        expect(before).toBeLessThan(MANY);
        const env = { NODE_OPTIONS: '--max-old-space-size=64' };
        const both = await Promise.all([1, 2].map(() => dcrProcess(args, { env, timeout: PATIENCE })));
        const fresh = both.map((finished) => {
          const [, count] = /^imported (\d+), /.exec(finished.stdout) ?? [];
          expect(finished).toEqual(imported(Number(count), MANY - Number(count)));
          return Number(count);
        });
        expect(fresh.reduce((sum, count) => sum + count, 0)).toBe(MANY - before);
        const exported = await dcrProcess(['clients', 'export', '--connect', created.url], { env, timeout: PATIENCE });
        expect({ ...exported, stdout: exported.stdout.length }).toEqual({
          code: 0,
          stdout: lines.join('\n').length + 1,
          stderr: '',
        });
        // Without a difference to print that is as long as both.
        expect(JSON.stringify(membersOf(exported.stdout)) === JSON.stringify(membersOf(lines.join('\n')))).toBe(true);
      } finally {
        await dataSource.destroy();
        await created.drop();
      }
    },
  );
});

/** A server may still finish what a client asked for that is gone. */
async function settled(count: () => Promise<number>): Promise<number> {
  for (let before = -1; ;) {
    const now = await count();
    if (now === before) return now;
    before = now;
    await setTimeout(300);
  }
}

/** Lines as export writes them, in its order. */
function manyLines(number: number): string[] {
  return Array.from({ length: number }, (_, i) => {
    const id = `client-${String(i).padStart(7, '0')}`;
    return JSON.stringify({
      client_id: id,
      client_id_issued_at: 1_764_000_000 + i,
      status: 'active',
      source: 'dynamic',
      registered_openly: false,
      owner: `owner ${i % 100}`,
      client_secret_expires_at: 0,
      redirect_uris: [`https://${id}.example/cb`],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      client_name: `Client ${i}`,
      application_type: 'web',
      client_secret_hash: `$sha256$${createHash('sha256').update(id).digest('hex')}`,
      registration_access_token_hash: createHash('sha256').update(`${id} token`).digest('hex'),
    });
  });
}

describe('dcr clients import as a process of its own', () => {
  it('reads the standard input in place of -', async () => {
    const [sqlite] = databases;
    if (!sqlite) throw new Error('SQLite is one of the databases of every run');
    const { created, dataSource } = await withTables(sqlite);
    try {
      const input = [line('stdin-1'), line('stdin-2')].map((one) => `${JSON.stringify(one)}\n`).join('');
      expect(await dcrProcess(['clients', 'import', '-', '--connect', created.url], { input })).toEqual(imported(2));
      const ids = (await dataSource.getRepository(OAuthClient).find()).map(({ clientId }) => clientId);
      expect(ids.toSorted()).toEqual(['stdin-1', 'stdin-2']);
    } finally {
      await dataSource.destroy();
      await created.drop();
    }
  });
});

describe('memory of an import', () => {
  it('does not grow with the number of clients', { timeout: PATIENCE }, async () => {
    const [sqlite] = databases;
    if (!sqlite) throw new Error('SQLite is one of the databases of every run');
    const { created, dataSource } = await withTables(sqlite);
    try {
      // Together with what every command needs, more than the memory that the process may have.
      const long = Array.from({ length: 4 }, (_, i) => `${CALLBACK}/${i}${'x'.repeat(1_900)}`);
      const number = 2_400;
      const text = Array.from({ length: number }, (_, i) => line(`long-${i}`, { redirect_uris: long }));
      const file = await fileOf(...text);
      const env = { NODE_OPTIONS: '--max-old-space-size=44' };
      const args = ['clients', 'import', file, '--connect', created.url];
      expect(await dcrProcess(args, { env, timeout: PATIENCE })).toEqual(imported(number));
      expect(await dataSource.getRepository(OAuthClient).count()).toBe(number);
    } finally {
      await dataSource.destroy();
      await created.drop();
    }
  });
});

/** That of util-linux, which gives a command a terminal. */
const SCRIPT = '/usr/bin/script';
const hasTerminal = process.platform === 'linux' && existsSync(SCRIPT);

describe.skipIf(!hasTerminal)('progress on a terminal', () => {
  let created: CreatedDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    const [sqlite] = databases;
    if (!sqlite) throw new Error('SQLite is one of the databases of every run');
    ({ created, dataSource } = await withTables(sqlite));
  });
  afterAll(async () => {
    await dataSource.destroy();
    await created.drop();
  });

  /** What a command shows on a terminal that is its standard error output, its standard output being a file. */
  const onTerminal = async (command: string, output: string): Promise<string> => {
    const words = `${process.execPath} ${join(ROOT, MAIN)} ${command} --connect ${created.url} >${output}`;
    const { stdout } = await promisify(execFile)(SCRIPT, ['-qec', words, '/dev/null']);
    return stdout;
  };

  it('import counts lines in one line that changes and is gone in the end; refusals stand above it', async () => {
    const output = join(folder, 'import.out');
    const file = await fileOf(...manyLines(50), '{');
    const shown = await onTerminal(`clients import ${file}`, output).catch((error: { stdout: string }) => error.stdout);
    expect(shown).toMatch(
      // oxlint-disable-next-line no-control-regex -- what a terminal is told
      /^(?:\r\u001B\[K\d+ lines)+\r\u001B\[Kline 51: is not JSON\r\n(?:\r\u001B\[K\d+ lines)*(?:\r\u001B\[K)?error: a line was refused: [^\r\n]+\r\n$/,
    );
    expect(await readFile(output, 'utf8')).toBe('imported 50, there already 0, refused 1\n');
  });

  it('export counts clients where its output goes elsewhere', async () => {
    const output = join(folder, 'export.out');
    // oxlint-disable-next-line no-control-regex -- what a terminal is told
    expect(await onTerminal('clients export', output)).toMatch(/^(?:\r\u001B\[K\d+ clients)+\r\u001B\[K$/);
    expect(membersOf(await readFile(output, 'utf8'))).toEqual(membersOf(manyLines(50).join('\n')));
  });
});
