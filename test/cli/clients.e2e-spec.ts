import { OAuthClient, OAuthClientService, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import { Like } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databasesInTurn } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { dcr, factsOf, jsonListOf, jsonOf, refused, type Finished, type ShownClient } from './dcr.js';

const CALLBACK = 'https://tides.example/cb';
const SECRET = /^cs_[A-Za-z0-9_-]{43}$/;
const TOKEN = /^rat_[A-Za-z0-9_-]{43}$/;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

const NO_SUCH_CLIENT = refused('there is no client with this id: dcr clients list shows the ids');

describe.each(databasesInTurn(1))('dcr clients ($name)', (database) => {
  let server: TestServer;
  let service: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({ database });
    service = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());

  const rows = () => server.dataSource.getRepository(OAuthClient);
  const clients = async (...args: string[]) => dcr(['clients', ...args, '--connect', server.database.url]);
  const add = async (id: string, ...args: string[]) => clients('add', '--id', id, ...args);
  const kept = async (clientId: string): Promise<OAuthClientRecord> => {
    const client = await service.find(clientId);
    if (!client) throw new Error(`${clientId} is not stored`);
    return client;
  };
  const verifies = async (clientId: string, secret: string) => service.verifySecret(await kept(clientId), secret);
  /** Everything there is, as the database has it. */
  const everything = () => rows().find({ order: { clientId: 'ASC' } });

  describe('add', () => {
    it('adds a public client that can do nothing yet, where nothing but an id is given', async () => {
      const facts = factsOf(await add('com.food_app.mobile'));
      expect(facts).toEqual({
        client_id: 'com.food_app.mobile',
        client_id_issued_at: expect.stringMatching(new RegExp(`^${TIME}$`)),
        status: 'active',
        version: '1',
        source: 'manual',
        registered_openly: 'false',
        redirect_uris: '-',
        token_endpoint_auth_method: 'none',
        grant_types: '-',
        response_types: '-',
        application_type: 'web',
        registration_access_token: expect.stringMatching(TOKEN),
      });
      expect(await kept('com.food_app.mobile')).toMatchObject({
        source: 'manual',
        registeredOpenly: false,
        owner: null,
        clientSecretHash: null,
        clientSecretExpiresAt: null,
        clientSecretEncrypted: null,
        redirectUris: [],
        grantTypes: [],
        responseTypes: [],
        scope: null,
        version: 1,
      });
    });

    it('takes redirect URIs, scopes and an owner; the grant is that of authorization codes then', async () => {
      const native = 'com.acme.app:/oauth';
      const uris = ['--redirect-uri', CALLBACK, '--redirect-uri', native];
      const facts = factsOf(await add('app', ...uris, '--allowed-scopes', 'tides.read x:y', '--owner', 'Zoë & 日本語'));
      expect(facts).toMatchObject({
        owner: 'Zoë & 日本語',
        redirect_uris: `${CALLBACK} ${native}`,
        token_endpoint_auth_method: 'none',
        grant_types: 'authorization_code',
        response_types: 'code',
        scope: 'tides.read x:y',
      });
      expect(await kept('app')).toMatchObject({
        owner: 'Zoë & 日本語',
        redirectUris: [CALLBACK, native],
        grantTypes: ['authorization_code'],
        responseTypes: ['code'],
        scope: 'tides.read x:y',
      });
    });

    it.each(['', '  '])('takes %j for no scope', async (scope) => {
      const id = `no-scope${scope.length}`;
      expect(factsOf(await add(id, '--allowed-scopes', scope))).not.toHaveProperty('scope');
      expect(await kept(id)).toMatchObject({ scope: null });
    });

    it('shows a generated secret this once, and keeps a hash of it', async () => {
      const facts = factsOf(await add('generated', '--redirect-uri', CALLBACK, '--generate-secret'));
      const { client_secret: secret = '' } = facts;
      expect(secret).toMatch(SECRET);
      expect(facts).toMatchObject({
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret_expires_at: 'never',
      });
      expect((await kept('generated')).clientSecretHash).toMatch(/^\$sha256\$[0-9a-f]{64}$/);
      expect(await verifies('generated', secret)).toBe(true);
      expect(await verifies('generated', `${secret}x`)).toBe(false);
    });

    it('takes a secret of the operator, which is hashed by bcrypt and not shown', async () => {
      const added = await add('chosen', '--redirect-uri', CALLBACK, '--secret', 'open sesame');
      expect(factsOf(added)).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic' });
      expect(added.stdout).not.toContain('open sesame');
      expect((await kept('chosen')).clientSecretHash).toMatch(/^\$2b\$10\$/);
      expect(await verifies('chosen', 'open sesame')).toBe(true);
      expect(await verifies('chosen', 'open Sesame')).toBe(false);
    });

    it("takes bcrypt's cost for it", async () => {
      factsOf(await add('costly', '--secret', 'open sesame', '--hash-rounds', '11'));
      expect((await kept('costly')).clientSecretHash).toMatch(/^\$2b\$11\$/);
      expect(await verifies('costly', 'open sesame')).toBe(true);
    });

    it.each<readonly [string, readonly string[]]>([
      ['one word', ['client_credentials refresh_token']],
      ['several words', ['client_credentials', 'refresh_token']],
      ['one word with commas', ['client_credentials,refresh_token']],
      ['commas and spaces', ['client_credentials,', 'refresh_token ,']],
    ])('takes grant types in %s', async (way, grantTypes) => {
      const added = await add(way, '--secret', 'open sesame', '--grant-types', ...grantTypes, '--owner', 'acme');
      expect(factsOf(added)).toMatchObject({
        owner: 'acme',
        grant_types: 'client_credentials refresh_token',
        response_types: '-',
        redirect_uris: '-',
      });
      expect(await kept(way)).toMatchObject({ grantTypes: ['client_credentials', 'refresh_token'], responseTypes: [] });
    });

    it('prints JSON for programs, times in seconds since the epoch', async () => {
      const args = ['--redirect-uri', CALLBACK, '--allowed-scopes', 'a', '--owner', 'ops', '--generate-secret'];
      const shown = jsonOf(await add('json', ...args, '--json'));
      const client = await kept('json');
      expect(shown).toEqual({
        client_id: 'json',
        client_id_issued_at: client.clientIdIssuedAt,
        status: 'active',
        version: 1,
        source: 'manual',
        registered_openly: false,
        owner: 'ops',
        client_secret_expires_at: 0,
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        scope: 'a',
        application_type: 'web',
        client_secret: expect.stringMatching(SECRET),
        registration_access_token: expect.stringMatching(TOKEN),
      });
      expect(await verifies('json', String(shown['client_secret']))).toBe(true);
    });

    it('leaves every printable id to the operator', async () => {
      for (const id of ['a b', "it's", '%2e%2e', '...', 'x'.repeat(255), '-dash', '{"a":1}', '../x']) {
        expect(factsOf(await add(id))['client_id']).toBe(id);
        expect(await kept(id)).toMatchObject({ clientId: id });
      }
    });

    /** Each but the first ones with the id `refused`. */
    const REFUSALS: readonly (readonly [string, readonly string[], string])[] = [
      ['an id that is taken', ['--id', 'taken'], 'client_id is taken already'],
      ['an empty id', ['--id', ''], 'client_id must have 1 to 255 printable ASCII characters and not be a dot segment'],
      [
        'a long id',
        ['--id', 'x'.repeat(256)],
        'client_id must have 1 to 255 printable ASCII characters and not be a dot segment',
      ],
      [
        'an id of other letters',
        ['--id', 'tîdes'],
        'client_id must have 1 to 255 printable ASCII characters and not be a dot segment',
      ],
      [
        'an id of two lines',
        ['--id', 'a\nb'],
        'client_id must have 1 to 255 printable ASCII characters and not be a dot segment',
      ],
      [
        'an id that is a path',
        ['--id', '..'],
        'client_id must have 1 to 255 printable ASCII characters and not be a dot segment',
      ],
      [
        'a bad scope',
        ['--allowed-scopes', 'a "b"'],
        'scope must be a space-separated list of scope tokens (RFC 6749 section 3.3)',
      ],
      [
        'a URI that is a script',
        ['--redirect-uri', 'javascript:alert(1)'],
        'redirect_uris[0] must not use this scheme',
      ],
      ['a fragment', ['--redirect-uri', `${CALLBACK}#x`], 'redirect_uris[0] must not contain a fragment'],
      ['a relative URI', ['--redirect-uri', '/cb'], 'redirect_uris[0] must be an absolute URI'],
      [
        'an insecure URI, the second one',
        ['--redirect-uri', CALLBACK, '--redirect-uri', 'http://tides.example/cb'],
        'redirect_uris[1] must use https, or http on 127.0.0.1, [::1] or localhost',
      ],
      ['an empty URI', ['--redirect-uri', ''], 'redirect_uris[0] must not be empty'],
      ['a long secret', ['--secret', 'x'.repeat(73)], 'client_secret must have 1 to 72 printable ASCII characters'],
      ['an empty secret', ['--secret', ''], 'client_secret must have 1 to 72 printable ASCII characters'],
      ['a secret of other letters', ['--secret', 'gehé'], 'client_secret must have 1 to 72 printable ASCII characters'],
      ['a long owner', ['--owner', 'x'.repeat(256)], 'owner must have 1 to 255 characters'],
      ['an empty owner', ['--owner', ''], 'owner must have 1 to 255 characters'],
      [
        'a grant of machines without a secret',
        ['--grant-types', 'client_credentials'],
        'grant_types must not contain client_credentials with token_endpoint_auth_method none',
      ],
      [
        'a grant of codes without a place to come back to',
        ['--secret', 'open sesame', '--grant-types', 'authorization_code'],
        'redirect_uris must contain at least one URI when a response type is registered',
      ],
    ];

    beforeAll(async () => {
      factsOf(await add('taken', '--owner', 'first', '--secret', 'open sesame'));
    });

    // The first one is the database's; the others are rules, which do not ask it.
    it.each(database.kind === 'sqlite' ? REFUSALS : REFUSALS.slice(0, 1))(
      'refuses %s, and stores nothing',
      async (_what, args, message) => {
        const before = await everything();
        const id = args[0] === '--id' ? [] : ['--id', 'refused'];
        expect(await clients('add', ...id, ...args)).toEqual(refused(message));
        expect(await everything()).toEqual(before);
      },
    );

    it('refuses the password grant, and stores nothing (RFC 9700 section 2.4)', async () => {
      const before = await everything();
      const { code, stdout, stderr } = await add('refused', '--secret', 'open sesame', '--grant-types', 'password');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: grant_types\[0\] is not supported by this server, which supports [^\n]+\n$/);
      expect(stderr).not.toMatch(/password/);
      expect(await everything()).toEqual(before);
    });
  });

  describe('set-scope', () => {
    it('replaces the scopes and nothing else', async () => {
      const args = ['--redirect-uri', CALLBACK, '--allowed-scopes', 'a b', '--owner', 'ops', '--secret', 'open sesame'];
      factsOf(await add('scoped', ...args));
      const before = await kept('scoped');
      const facts = factsOf(await clients('set-scope', '--id', 'scoped', '--scopes', 'a c'));
      expect(facts).toMatchObject({ client_id: 'scoped', scope: 'a c', owner: 'ops' });
      expect(facts).not.toHaveProperty('client_secret');
      expect(facts).not.toHaveProperty('registration_access_token');
      expect(await kept('scoped')).toEqual({ ...before, scope: 'a c', version: before.version + 1 });
    });

    it('takes every scope away with --clear', async () => {
      factsOf(await add('cleared', '--allowed-scopes', 'a b'));
      expect(factsOf(await clients('set-scope', '--id', 'cleared', '--clear'))).not.toHaveProperty('scope');
      expect(await kept('cleared')).toMatchObject({ scope: null, version: 2 });
    });

    it('prints JSON for programs', async () => {
      factsOf(await add('scoped-json'));
      const shown = jsonOf(await clients('set-scope', '--id', 'scoped-json', '--scopes', 'a', '--json'));
      expect(shown).toEqual(jsonOf(await clients('show', '--id', 'scoped-json', '--json')));
      expect(shown['scope']).toBe('a');
    });

    it('refuses what is no scope, and an id that nobody has, and changes nothing', async () => {
      factsOf(await add('steady', '--allowed-scopes', 'a'));
      const before = await everything();
      expect(await clients('set-scope', '--id', 'steady', '--scopes', 'a \\')).toEqual(
        refused('scope must be a space-separated list of scope tokens (RFC 6749 section 3.3)'),
      );
      for (const id of ['nobody', 'STEADY', 'steady ', '']) {
        expect(await clients('set-scope', '--id', id, '--scopes', 'a c')).toEqual(NO_SUCH_CLIENT);
      }
      expect(await everything()).toEqual(before);
    });
  });

  describe('list', () => {
    beforeAll(async () => {
      for (const [id, owner] of Object.entries({ 'list-1': 'list', 'list-2': 'LIST', 'list-3': 'list' })) {
        factsOf(await add(id, '--owner', owner, ...(id === 'list-3' ? ['--generate-secret'] : [])));
      }
      const token = await server.token({ owner: 'list' });
      expect((await server.register({ client_name: 'Tide Tables', redirect_uris: [CALLBACK] }, token)).status).toBe(
        201,
      );
    });
    const idsOf = (finished: Finished) => jsonListOf(finished).map((client) => client['client_id']);

    it('shows a table, a line for each client in the order of their ids', async () => {
      const { code, stdout, stderr } = await clients('list', '--owner', 'list', '--source', 'manual');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.replaceAll(new RegExp(TIME, 'g'), 'TIME')).toBe(
        'ID      NAME  TYPE          STATUS  OWNER  SOURCE  ISSUED\n' +
          'list-1  -     public        active  list   manual  TIME\n' +
          'list-3  -     confidential  active  list   manual  TIME\n',
      );
      const dynamic = await clients('list', '--owner', 'list', '--source', 'dynamic');
      expect(dynamic.stdout).toMatch(
        new RegExp(`\n\\S+  Tide Tables  confidential  active  list   dynamic  ${TIME}\n$`),
      );
    });

    it('shows JSON for programs, with everything but what is secret', async () => {
      const shown = jsonListOf(await clients('list', '--owner', 'list', '--source', 'manual', '--json'));
      expect(shown).toHaveLength(2);
      const { clientIdIssuedAt } = await kept('list-3');
      expect(shown[1]).toEqual({
        client_id: 'list-3',
        client_id_issued_at: clientIdIssuedAt,
        status: 'active',
        version: 1,
        source: 'manual',
        registered_openly: false,
        owner: 'list',
        client_secret_expires_at: 0,
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: [],
        response_types: [],
        application_type: 'web',
      });
    });

    it('filters by exactly the owner, and by where a client comes from', async () => {
      const list = (...filters: string[]) => clients('list', '--json', ...filters);
      expect(idsOf(await list('--owner', 'list', '--source', 'manual'))).toEqual(['list-1', 'list-3']);
      expect(idsOf(await list('--owner', 'LIST'))).toEqual(['list-2']);
      for (const owner of ['List', 'list ', 'lis', '%', '', 'list\0'])
        expect(idsOf(await list('--owner', owner))).toEqual([]);
      expect(idsOf(await list('--owner', 'list'))).toHaveLength(3);
      const dynamic = jsonListOf(await list('--source', 'dynamic'));
      expect(dynamic).toHaveLength(await rows().countBy({ source: 'dynamic' }));
      expect(new Set(dynamic.map((client) => client['source']))).toEqual(new Set(['dynamic']));
    });

    it('shows only the heading, or an empty array, where there is none', async () => {
      expect(await clients('list', '--owner', 'nobody')).toEqual({
        code: 0,
        stdout: 'ID  NAME  TYPE  STATUS  OWNER  SOURCE  ISSUED\n',
        stderr: '',
      });
      expect(await clients('list', '--owner', 'nobody', '--json')).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    });

    it('walks through all clients by pages, each once, and says how to go on', async () => {
      // In pairs that differ in what databases order in their own ways.
      for (const id of ['page_a', 'page-b', 'Page.c', 'page d', 'pageE', "page'f", 'page%g']) factsOf(await add(id));
      const walked: unknown[] = [];
      for (let after: string[] = []; ;) {
        const { code, stdout, stderr } = await clients('list', '--json', '--limit', '3', ...after);
        expect(code).toBe(0);
        const page = (JSON.parse(stdout) as ShownClient[]).map((client) => String(client['client_id']));
        walked.push(...page);
        const last = page.at(-1) ?? '';
        if (stderr === '') break;
        expect(page).toHaveLength(3);
        const word = /^[\w.-]+$/.test(last) ? last : expect.stringMatching(/^(?:'.*'|\S+)$/);
        expect(/^there are more: --after (.*)\n$/.exec(stderr)?.[1]).toEqual(word);
        after = ['--after', last];
      }
      const stored = (await everything()).map(({ clientId }) => clientId);
      expect(walked).toHaveLength(stored.length);
      expect(new Set(walked)).toEqual(new Set(stored));
    });

    it('quotes the id of the hint for a shell, and does not hint on the last page', async () => {
      for (const id of ["quote's 1", "quote's 2"]) factsOf(await add(id, '--owner', 'quoting'));
      const first = await clients('list', '--owner', 'quoting', '--limit', '1');
      expect(first).toMatchObject({ code: 0, stderr: `there are more: --after 'quote'\\''s 1'\n` });
      const page = await clients('list', '--owner', 'quoting', '--limit', '1', '--after', "quote's 1", '--json');
      expect(idsOf(page)).toEqual(["quote's 2"]);
      expect(idsOf(await clients('list', '--owner', 'quoting', '--limit', '2', '--json'))).toHaveLength(2);
    });
  });

  describe('show', () => {
    it('shows one client, in lines or as JSON, as list and set-scope do', async () => {
      factsOf(await add('shown', '--redirect-uri', CALLBACK, '--owner', 'showing', '--generate-secret'));
      const { clientIdIssuedAt } = await kept('shown');
      const json = jsonOf(await clients('show', '--id', 'shown', '--json'));
      expect(jsonListOf(await clients('list', '--owner', 'showing', '--json'))).toEqual([json]);
      const facts = factsOf(await clients('show', '--id', 'shown'));
      expect(Object.keys(facts)).toEqual(Object.keys(json));
      expect(facts).toMatchObject({
        client_id_issued_at: new Date(clientIdIssuedAt * 1000).toISOString().replace('.000Z', 'Z'),
        client_secret_expires_at: 'never',
        redirect_uris: CALLBACK,
      });
    });

    it('shows when a secret expires, and metadata of every kind', async () => {
      const clientName = 'Tide Tables';
      const additional = { 'client_name#de': 'Gezeiten', default_max_age: 3600, claims_locales: ['de', 'en'] };
      factsOf(await add('lapsing', '--generate-secret'));
      await rows().update({ clientId: 'lapsing' }, { clientSecretExpiresAt: 1_800_000_000, clientName });
      expect(factsOf(await clients('show', '--id', 'lapsing'))).toMatchObject({
        client_secret_expires_at: '2027-01-15T08:00:00Z',
        client_name: clientName,
      });
      await rows().update({ clientId: 'lapsing' }, { additionalMetadata: additional });
      expect(jsonOf(await clients('show', '--id', 'lapsing', '--json'))).toMatchObject({
        'client_name#de': 'Gezeiten',
        default_max_age: 3600,
      });
    });

    it('shows a client under exactly its id', async () => {
      factsOf(await add('exact'));
      for (const id of ['nobody', 'EXACT', 'exact ', '', '%']) {
        expect(await clients('show', '--id', id)).toEqual(NO_SUCH_CLIENT);
      }
    });
  });

  describe('rotate-secret', () => {
    it('gives a new secret; the one before is refused at once', async () => {
      const { client_secret: old = '' } = factsOf(
        await add('rotating', '--redirect-uri', CALLBACK, '--generate-secret'),
      );
      const before = await kept('rotating');
      const facts = factsOf(await clients('rotate-secret', '--id', 'rotating'));
      const { client_secret: fresh = '' } = facts;
      expect(fresh).toMatch(SECRET);
      expect(fresh).not.toBe(old);
      expect(facts).not.toHaveProperty('registration_access_token');
      expect(await verifies('rotating', fresh)).toBe(true);
      expect(await verifies('rotating', old)).toBe(false);
      const { clientSecretHash } = await kept('rotating');
      expect(await kept('rotating')).toEqual({ ...before, clientSecretHash, version: before.version + 1 });
      expect(jsonOf(await clients('rotate-secret', '--id', 'rotating', '--generate-secret', '--json'))).toMatchObject({
        client_id: 'rotating',
        client_secret: expect.stringMatching(SECRET),
      });
      expect(await verifies('rotating', fresh)).toBe(false);
    });

    it("takes a secret of the operator, at bcrypt's cost of their choice, and does not show it", async () => {
      const { client_secret: old = '' } = factsOf(await add('choosing', '--generate-secret'));
      const args = ['--id', 'choosing', '--secret', 'open sesame', '--hash-rounds', '11'];
      const rotated = await clients('rotate-secret', ...args);
      expect(factsOf(rotated)).not.toHaveProperty('client_secret');
      expect(rotated.stdout).not.toContain('sesame');
      expect((await kept('choosing')).clientSecretHash).toMatch(/^\$2b\$11\$/);
      expect(await verifies('choosing', 'open sesame')).toBe(true);
      expect(await verifies('choosing', old)).toBe(false);
    });

    it('refuses a public client, a bad secret and an id that nobody has, and changes nothing', async () => {
      factsOf(await add('keeping-none'));
      factsOf(await add('keeping', '--secret', 'open sesame'));
      const before = await everything();
      expect(await clients('rotate-secret', '--id', 'keeping-none')).toEqual(
        refused('client_secret is of no use with token_endpoint_auth_method none'),
      );
      expect(await clients('rotate-secret', '--id', 'keeping-none', '--secret', 'open sesame')).toEqual(
        refused('client_secret is of no use with token_endpoint_auth_method none'),
      );
      for (const secret of ['', 'x'.repeat(73), 'a\tb']) {
        expect(await clients('rotate-secret', '--id', 'keeping', '--secret', secret)).toEqual(
          refused('client_secret must have 1 to 72 printable ASCII characters'),
        );
      }
      for (const id of ['nobody', 'KEEPING']) {
        expect(await clients('rotate-secret', '--id', id)).toEqual(NO_SUCH_CLIENT);
      }
      expect(await everything()).toEqual(before);
    });
  });

  describe('remove', () => {
    it('removes a client; its registration access token is refused from then on', async () => {
      const { registration_access_token: token = '' } = factsOf(await add('leaving', '--redirect-uri', CALLBACK));
      factsOf(await add('staying'));
      const read = () => server.request('GET', '/register/leaving', { token });
      expect((await read()).status).toBe(200);
      expect(await clients('remove', '--id', 'leaving')).toEqual({ code: 0, stdout: 'removed leaving\n', stderr: '' });
      expect((await read()).status).toBe(401);
      expect(await service.find('leaving')).toBeUndefined();
      expect(await kept('staying')).toMatchObject({ clientId: 'staying' });
      expect(await clients('remove', '--id', 'leaving')).toEqual(NO_SUCH_CLIENT);
      expect(await clients('show', '--id', 'leaving')).toEqual(NO_SUCH_CLIENT);
    });

    it('removes no client under another spelling of its id', async () => {
      for (const id of ['STAYING', 'staying ', '', '%']) {
        expect(await clients('remove', '--id', id)).toEqual(NO_SUCH_CLIENT);
      }
      expect(await kept('staying')).toMatchObject({ clientId: 'staying' });
    });

    it('leaves the id to another client', async () => {
      factsOf(await add('again', '--owner', 'first'));
      expect((await clients('remove', '--id', 'again')).code).toBe(0);
      factsOf(await add('again', '--owner', 'second'));
      expect(await kept('again')).toMatchObject({ owner: 'second', version: 1 });
    });
  });

  it('auth add-client and auth set-scope are add and set-scope', async () => {
    const auth = (...args: string[]) => dcr(['auth', ...args, '--connect', server.database.url]);
    const args = ['--id', 'by-auth', '--redirect-uri', CALLBACK, '--allowed-scopes', 'a b', '--generate-secret'];
    const facts = factsOf(await auth('add-client', ...args));
    expect(facts).toMatchObject({ client_id: 'by-auth', scope: 'a b', client_secret: expect.stringMatching(SECRET) });
    expect(await verifies('by-auth', facts['client_secret'] ?? '')).toBe(true);
    expect(factsOf(await auth('set-scope', '--id', 'by-auth', '--scopes', 'c'))).toMatchObject({ scope: 'c' });
    expect(await kept('by-auth')).toMatchObject({ scope: 'c', version: 2 });
    expect(await auth('add-client', ...args)).toEqual(refused('client_id is taken already'));
    expect(await auth('set-scope', '--id', 'nobody', '--clear')).toEqual(NO_SUCH_CLIENT);
  });

  it('what is secret is shown once, and no hash ever', async () => {
    const args = ['--redirect-uri', CALLBACK, '--owner', 'discreet', '--allowed-scopes', 'a'];
    const added = factsOf(await add('discreet', ...args, '--generate-secret'));
    const { clientSecretHash } = await kept('discreet');
    const rotated = factsOf(await clients('rotate-secret', '--id', 'discreet'));
    const after = await kept('discreet');
    const shown: string[] = [];
    for (const command of [
      ['list', '--owner', 'discreet'],
      ['list', '--owner', 'discreet', '--json'],
      ['show', '--id', 'discreet'],
      ['show', '--id', 'discreet', '--json'],
      ['set-scope', '--id', 'discreet', '--scopes', 'b'],
      ['remove', '--id', 'discreet'],
    ]) {
      const { code, stdout, stderr } = await clients(...command);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('discreet');
      shown.push(stdout);
    }
    for (const secret of [
      added['client_secret'],
      added['registration_access_token'],
      rotated['client_secret'],
      clientSecretHash,
      after.clientSecretHash,
      after.registrationAccessTokenHash,
    ]) {
      expect(secret).toEqual(expect.stringMatching(/^.{40,}$/));
      expect(shown.join('\n')).not.toContain(secret);
    }
    expect(shown.join('\n')).not.toMatch(/hash|registration_access_token|client_secret:|"client_secret"/i);
  });

  it('what would steer a terminal is shown as escapes', async () => {
    const escaped = String.raw`a\u{1b}[2Jb\u{a}c\u{202e}`;
    expect(factsOf(await add('steering', '--owner', 'a\u001B[2Jb\nc\u202E'))['owner']).toBe(escaped);
    await rows().update({ clientId: 'steering' }, { clientName: '\u009B31m\r', scope: 'a\u0007' });
    const shown = await clients('show', '--id', 'steering');
    expect(factsOf(shown)).toMatchObject({
      owner: escaped,
      client_name: String.raw`\u{9b}31m\u{d}`,
      scope: String.raw`a\u{7}`,
    });
    const table = await clients('list', '--owner', 'a\u001B[2Jb\nc\u202E');
    expect(table.stdout).toContain(`\nsteering  ${String.raw`\u{9b}31m\u{d}`}  public  active  ${escaped}  manual  `);
    await rows().delete({ clientId: Like('steering') });
  });
});

describe('dcr clients, wrong usage ends with 2', () => {
  const unused = ['--connect', 'sqlite:never.sqlite'];

  it.each([
    [['clients', 'add'], /^error: required option '--id <client_id>' not specified\n$/],
    [['auth', 'add-client'], /^error: required option '--id <client_id>' not specified\n$/],
    [['clients', 'add', 'com.acme.app'], /^error: (?:required option '--id|too many arguments)/],
    [
      ['clients', 'add', '--id', 'a', '--secret', 'open', '--generate-secret'],
      /'--secret <secret>' cannot be used with option '--generate-secret'/,
    ],
    [
      ['clients', 'add', '--id', 'a', '--secret', 'open', '--secret-stdin'],
      /'--secret <secret>' cannot be used with option '--secret-stdin'/,
    ],
    [
      ['clients', 'add', '--id', 'a', '--generate-secret', '--secret-stdin'],
      /'--generate-secret' cannot be used with option '--secret-stdin'/,
    ],
    [
      ['clients', 'rotate-secret', '--id', 'a', '--secret', 'open', '--generate-secret'],
      /'--secret <secret>' cannot be used with option '--generate-secret'/,
    ],
    ...['9', '16', '0', '-1', '10.5', 'ten', '', '1e1', '010'].map(
      (cost) =>
        [
          ['clients', 'add', '--id', 'a', '--secret', 'open', '--hash-rounds', cost],
          /^error: option '--hash-rounds <cost>' argument '[^']*' is invalid\. It must be an integer from 10 to 15\.\n$/,
        ] as const,
    ),
    [['clients', 'set-scope', '--scopes', 'a'], /required option '--id <client_id>' not specified/],
    [['clients', 'set-scope', '--id', 'a'], /^error: give --scopes 'api:read api:write', or --clear\n$/],
    [['auth', 'set-scope', '--id', 'a'], /^error: give --scopes 'api:read api:write', or --clear\n$/],
    [
      ['clients', 'set-scope', '--id', 'a', '--scopes', 'a', '--clear'],
      /'--scopes <scope>' cannot be used with option/,
    ],
    [['clients', 'set-scope', '--id', 'a', '--scopes', ' '], /^error: --scopes names no scope: give --clear to take/],
    ...['0', '-1', '1001', '1.5', 'all'].map(
      (limit) =>
        [
          ['clients', 'list', '--limit', limit],
          /^error: option '--limit <number>' argument '[^']*' is invalid\. It must be an integer from 1 to 1000\.\n$/,
        ] as const,
    ),
    [['clients', 'list', '--source', 'other'], /Allowed choices are dynamic, manual/],
    [['clients', 'show'], /required option '--id <client_id>' not specified/],
    [['clients', 'rotate-secret'], /required option '--id <client_id>' not specified/],
    [['clients', 'remove'], /required option '--id <client_id>' not specified/],
    [['clients', 'import'], /missing required argument 'file'/],
    [['clients', 'unknown'], /unknown command 'unknown'/],
    [['auth', 'unknown'], /unknown command 'unknown'/],
  ] as const)('%j', async (args, message) => {
    const { code, stdout, stderr } = await dcr([...args, ...(args[1] === 'unknown' ? [] : unused)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  it.each(['add --id a', 'set-scope --id a --clear', 'list', 'show --id a', 'rotate-secret --id a', 'remove --id a'])(
    'clients %s without a database',
    async (command) => {
      const { code, stdout, stderr } = await dcr(['clients', ...command.split(' ')]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: no database given: add --connect URL or set DATABASE_URL [^\n]+\n$/);
    },
  );

  it.each([
    'clients',
    'clients add',
    'clients set-scope',
    'clients list',
    'clients show',
    'clients rotate-secret',
    'clients remove',
    'clients export',
    'clients import',
    'auth',
    'auth add-client',
    'auth set-scope',
  ])('%s --help describes it with an example', async (command) => {
    const { code, stdout, stderr } = await dcr([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith(`Usage: dcr ${command} `)).toBe(true);
    if (command !== 'auth')
      expect(stdout).toContain(`Example:\n  $ ${command === 'clients export' ? '(umask' : 'dcr'}`);
  });
});
