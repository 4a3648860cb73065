import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { dynamicRegistrationMigrations, InitialAccessToken } from 'nestjs-dynamic-registration';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIFETIME_SECONDS } from '../../lib/initial-access-token/initial-access-token.service.js';
import { expectRefusal, invalidRedirectUri } from '../errors/refusal.js';
import { databases, type CreatedDatabase, databasesInTurn } from '../support/databases.js';
import { startServer } from '../support/start-server.js';
import { dcr, dcrProcess, refused, type Finished } from './dcr.js';

/** Between two writes of the server while a command loads, in milliseconds. */
const PAUSE = 10;

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

const NO_SUCH_TOKEN = 'error: there is no initial access token with this id: dcr tokens list shows the ids\n';

describe.each(databasesInTurn(0))('dcr tokens ($name)', ({ create }) => {
  let database: CreatedDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await create();
    dataSource = await new DataSource({
      ...database.options,
      entities: [InitialAccessToken],
      migrations: dynamicRegistrationMigrations,
      migrationsRun: true,
    }).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const tokens = async (...args: string[]) => dcr(['tokens', ...args, '--connect', database.url]);
  const kept = async ({ stderr }: { stderr: string }) =>
    dataSource.manager.findOneByOrFail(InitialAccessToken, {
      id: new RegExp(`^id: +(${UUID})$`, 'm').exec(stderr)?.[1] ?? '',
    });

  it('create prints the token alone on stdout and its facts on stderr', async () => {
    const created = await tokens('create');
    expect(created.code).toBe(0);
    expect(created.stdout).toMatch(/^iat_[A-Za-z0-9_-]{43}\n$/);
    expect(created.stderr).toMatch(
      new RegExp(
        `^id: {7}${UUID}\nowner: {4}-\ntenant: {3}-\nexpires: {2}${TIME}\nuses: {5}unlimited\nbounds: {3}-\n$`,
      ),
    );
    const token = await kept(created);
    expect(token).toMatchObject({ owner: null, maxUses: null, revokedAt: null, tokenHash: sha256(created.stdout) });
    expect(token.expiresAt).toBe(token.issuedAt + DEFAULT_LIFETIME_SECONDS);
  });

  it('create takes a maximum of uses, a lifetime and an owner', async () => {
    const created = await tokens('create', '--max-uses', '7', '--expires-in', '15m', '--owner', 'Zoë & 日本語');
    expect(created.stderr).toContain('owner:    Zoë & 日本語\n');
    expect(created.stderr).toContain('uses:     7\n');
    const token = await kept(created);
    expect(token).toMatchObject({ owner: 'Zoë & 日本語', maxUses: 7, uses: 0 });
    expect(token.expiresAt).toBe(token.issuedAt + 900);
  });

  it('create --expires-in 0 makes a token that never expires', async () => {
    const created = await tokens('create', '--expires-in', '0');
    expect(created.stderr).toContain('expires:  never\n');
    expect(await kept(created)).toMatchObject({ expiresAt: null });
  });

  it('list shows a table or JSON, of one owner where one is given, and never a token or a hash', async () => {
    const created = [
      await tokens('create', '--owner', 'list', '--max-uses', '2'),
      await tokens('create', '--owner', 'list', '--expires-in', '0'),
      await tokens('create', '--owner', 'LIST'),
    ] as const;
    const [first, second] = [await kept(created[0]), await kept(created[1])];

    const table = await tokens('list', '--owner', 'list');
    expect(table).toMatchObject({ code: 0, stderr: '' });
    const [heading, ...rows] = table.stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^ID +OWNER +TENANT +ISSUED +EXPIRES +USES +STATE +BOUNDS$/);
    expect(rows).toHaveLength(2);
    expect(table.stdout).toMatch(new RegExp(`^${first.id} +list +- +${TIME} +${TIME} +0/2 +active +-$`, 'm'));
    expect(table.stdout).toMatch(new RegExp(`^${second.id} +list +- +${TIME} +never +unlimited +active +-$`, 'm'));

    const json = await tokens('list', '--json', '--owner', 'list');
    expect(json).toMatchObject({ code: 0, stderr: '' });
    const { tokenHash: _first, ...shownFirst } = first;
    const { tokenHash: _second, ...shownSecond } = second;
    expect(JSON.parse(json.stdout)).toHaveLength(2);
    expect(JSON.parse(json.stdout)).toEqual(
      expect.arrayContaining([
        { ...shownFirst, state: 'active' },
        { ...shownSecond, uses: null, state: 'active' },
      ]),
    );

    const all = table.stdout + json.stdout + (await tokens('list')).stdout;
    expect(all).toContain('LIST');
    for (const { stdout } of created) {
      expect(all).not.toContain(stdout.trim());
      expect(all).not.toContain(sha256(stdout));
    }
    expect(all).not.toMatch(/hash/i);
  });

  it('list shows what would steer a terminal as escapes', async () => {
    const created = await tokens('create', '--owner', 'a\u001B[2Jb\nc');
    expect(created.stderr).toContain(String.raw`owner:    a\u{1b}[2Jb\u{a}c`);
    expect((await tokens('list')).stdout).toContain(String.raw`a\u{1b}[2Jb\u{a}c`);
  });

  it('create takes a tenant and bounds, in words or as a file, which list shows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dcr-tokens-'));
    const file = join(folder, 'defaults.json');
    await writeFile(file, '\uFEFF{ "client_name": "Tides", "contacts": ["ops@tides.example"] }\n');
    const args = ['--tenant', 'tides', '--scopes', 'tides.read  tides.write', '--software-id', 'tide tables'];
    const lists = [
      '--grant-types',
      'authorization_code',
      'urn:example:grant',
      '--auth-methods',
      'none,private_key_jwt',
    ];
    const hosts = ['--redirect-hosts', 'tides.example', '*.acme.example', '--default-metadata', `@${file}`];
    const created = await tokens('create', ...args, ...lists, ...hosts);
    await rm(folder, { recursive: true });
    const bounds = {
      scopes: ['tides.read', 'tides.write'],
      grantTypes: ['authorization_code', 'urn:example:grant'],
      tokenEndpointAuthMethods: ['none', 'private_key_jwt'],
      redirectHosts: ['tides.example', '*.acme.example'],
      softwareId: 'tide tables',
      defaultMetadata: { client_name: 'Tides', contacts: ['ops@tides.example'] },
    };
    expect(created.stderr).toContain('tenant:   tides\n');
    expect(JSON.parse(/^bounds: +(.*)$/m.exec(created.stderr)?.[1] ?? '')).toEqual(bounds);
    const token = await kept(created);
    expect(token).toMatchObject({ tenant: 'tides', bounds });

    const row = (await tokens('list')).stdout.split('\n').find((line) => line.startsWith(token.id)) ?? '';
    expect(row).toMatch(/ - +tides +/);
    expect(JSON.parse(row.slice(row.indexOf('{')))).toEqual(bounds);
    const listed = JSON.parse((await tokens('list', '--json')).stdout) as { readonly id: string }[];
    expect(listed.find(({ id }) => id === token.id)).toMatchObject({ tenant: 'tides', bounds });
  });

  it('create shows what would steer a terminal as escapes, in bounds too', async () => {
    const name = JSON.stringify({ client_name: 'a\u2028b', software_version: '\u009B' });
    const { stderr } = await tokens('create', '--default-metadata', '{"client_name":"caf\\u00e9 \u{1F30A}"}');
    expect(stderr).toContain('"client_name":"café \u{1F30A}"');
    expect((await tokens('create', '--default-metadata', name)).code).toBe(1);
    const escaped = await tokens('create', '--software-id', 'tides\u2028now');
    expect(escaped.stderr).toContain(String.raw`"softwareId":"tides\u2028now"`);
  });

  const NO_DEFAULT = 'bounds.defaultMetadata must have only client metadata that this server knows as members';
  it.each<[string[], string]>([
    [['--tenant', ''], 'tenant must have 1 to 255 characters'],
    [['--scopes', ' '], 'bounds.scopes must be a list of scope tokens (RFC 6749 section 3.3), with one at least'],
    [['--scopes', 'a"b'], 'bounds.scopes must be a list of scope tokens (RFC 6749 section 3.3), with one at least'],
    [['--grant-types', 'password'], 'bounds.grantTypes[0] is not supported by this server'],
    [['--grant-types', 'client_credential'], 'bounds.grantTypes[0] is not supported by this server'],
    [['--auth-methods', 'none', 'basic'], 'bounds.tokenEndpointAuthMethods[1] is not supported by this server'],
    [
      ['--redirect-hosts', 'https://tides.example/'],
      'bounds.redirectHosts must be a list: entries must be host names such as client.example.com or *.example.com',
    ],
    [['--software-id', ''], 'bounds.softwareId must not be empty'],
    [['--default-metadata', '[]'], 'bounds.defaultMetadata must be a JSON object'],
    [['--default-metadata', 'null'], 'bounds.defaultMetadata must be a JSON object'],
    [['--default-metadata', '{"client_id":"x"}'], NO_DEFAULT],
    [['--default-metadata', '{"client_naem":"x"}'], NO_DEFAULT],
    [
      ['--default-metadata', '{"redirect_uris":["javascript:leaked()"]}'],
      'bounds.defaultMetadata: redirect_uris[0] must not use this scheme',
    ],
    [
      ['--default-metadata', '{leaked'],
      '--default-metadata is not JSON: give a document such as {"client_name":"Tides"}',
    ],
    [
      ['--default-metadata', '@/missing.json'],
      'the file of --default-metadata cannot be read (ENOENT): give its path after the @',
    ],
  ])('create refuses %j, and stores nothing', async (args, message) => {
    const before = await dataSource.manager.count(InitialAccessToken);
    expect(await tokens('create', ...args)).toEqual(refused(message));
    expect(await dataSource.manager.count(InitialAccessToken)).toBe(before);
  });

  it('revoke revokes by id, again without harm, and tells when there is no such token', async () => {
    const created = await tokens('create');
    const { id } = await kept(created);
    expect(await tokens('revoke', id)).toEqual({ code: 0, stdout: `revoked ${id}\n`, stderr: '' });
    const revoked = await kept(created);
    expect(revoked.revokedAt).toEqual(expect.any(Number));
    expect(await tokens('revoke', id)).toMatchObject({ code: 0 });
    expect(await kept(created)).toEqual(revoked);

    for (const unknown of ['00000000-0000-4000-8000-000000000000', id.toUpperCase(), '']) {
      expect(await tokens('revoke', unknown)).toEqual({ code: 1, stdout: '', stderr: NO_SUCH_TOKEN });
    }
  });

  it('revoke given a token in place of its id revokes nothing and does not repeat it', async () => {
    const created = await tokens('create');
    expect(await tokens('revoke', created.stdout.trim())).toEqual({ code: 1, stdout: '', stderr: NO_SUCH_TOKEN });
    expect(await kept(created)).toMatchObject({ revokedAt: null });
  });

  it.each([[''], ['x'.repeat(256)]])(
    'create refuses an owner the service refuses, and stores nothing',
    async (owner) => {
      const before = await dataSource.manager.count(InitialAccessToken);
      expect(await tokens('create', '--owner', owner)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'error: owner must have 1 to 255 characters\n',
      });
      expect(await dataSource.manager.count(InitialAccessToken)).toBe(before);
    },
  );
});

function sha256(line: string): string {
  return createHash('sha256').update(line.trim()).digest('hex');
}

describe.each(databasesInTurn(1))('dcr tokens beside a running server ($name)', (database) => {
  it('makes tokens that register, counts their uses, and revokes them at once', async () => {
    const server = await startServer({ database });
    try {
      const tokens = async (...args: string[]) => dcr(['tokens', ...args, '--connect', server.database.url]);
      const register = async (token: string) =>
        (await server.register({ redirect_uris: ['https://tides.example/cb'] }, token)).status;

      const created = await tokens('create', '--max-uses', '3', '--owner', 'ops');
      const token = created.stdout.trim();
      expect(await register(token)).toBe(201);
      expect(await register(token)).toBe(201);
      expect((await tokens('list')).stdout).toMatch(/ ops .* 2\/3 +active +-$/m);

      const id = /^id: +(\S+)$/m.exec(created.stderr)?.[1] ?? '';
      expect((await tokens('revoke', id)).code).toBe(0);
      expect(await register(token)).toBe(401);
      const once = (await tokens('create', '--max-uses', '1', '--owner', 'once')).stdout.trim();
      expect([await register(once), await register(once)]).toEqual([201, 401]);
      const short = (await tokens('create', '--expires-in', '1s', '--owner', 'short')).stdout.trim();
      await setTimeout(2_000);
      expect(await register(short)).toBe(401);

      const { stdout } = await tokens('list');
      expect(stdout).toMatch(/ ops .* 2\/3 +revoked +-$/m);
      expect(stdout).toMatch(/ once .* 1\/1 +used up +-$/m);
      expect(stdout).toMatch(/ short .* unlimited +expired +-$/m);
    } finally {
      await server.close();
    }
  });

  it('makes bounded tokens, which bind the clients that the server registers', async () => {
    const server = await startServer({ database });
    try {
      const bounds = ['--redirect-hosts', 'tides.example', '--default-metadata', '{"client_name":"Tides"}'];
      const { stdout } = await dcr(['tokens', 'create', ...bounds, '--connect', server.database.url]);
      const { body } = await server.register({ redirect_uris: ['https://tides.example/cb'] }, stdout.trim());
      expect(body).toMatchObject({ client_name: 'Tides' });
      expectRefusal(
        await server.register({ redirect_uris: ['https://evil.example/cb'] }, stdout.trim()),
        invalidRedirectUri('redirect_uris[0] must use https at a host that is allowed for this client'),
      );
    } finally {
      await server.close();
    }
  });

  it('and the server write at the same time', async () => {
    const server = await startServer({ database });
    try {
      const shared = await server.token();
      const writer = dcrProcess(['tokens', 'create', '--connect', server.database.url]);
      const statuses = new Set<number>();
      let created: Finished | undefined;
      while (!created) {
        statuses.add((await server.register({ redirect_uris: ['https://tides.example/cb'] }, shared)).status);
        created = await Promise.race([writer, setTimeout(PAUSE, undefined)]);
      }
      expect(created).toMatchObject({ code: 0, stderr: expect.stringMatching(/^id: /) });
      expect(statuses).toEqual(new Set([201]));
    } finally {
      await server.close();
    }
  });
});

describe('dcr tokens on a SQLite file in rollback mode', () => {
  it('works beside the server and leaves the mode as it is', async () => {
    const sqlite = databases.find(({ kind }) => kind === 'sqlite');
    if (!sqlite) throw new Error('SQLite is one of the databases of every run');
    const server = await startServer({ database: sqlite, typeorm: { enableWAL: false } });
    try {
      const { stdout } = await dcr(['tokens', 'create', '--connect', server.database.url]);
      const { status } = await server.register({ redirect_uris: ['https://tides.example/cb'] }, stdout.trim());
      expect(status).toBe(201);
      expect(await server.dataSource.query('pragma journal_mode')).toEqual([{ journal_mode: 'delete' }]);
    } finally {
      await server.close();
    }
  });
});
