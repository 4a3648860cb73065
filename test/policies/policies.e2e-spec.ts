import {
  AllowedScopesPolicy,
  ClientAdministrationService,
  ClientRegistrationService,
  MetadataHostsPolicy,
  OAuthClient,
  OAuthClientService,
  PublicClientRedirectsPolicy,
  RedirectHostsPolicy,
  ReservedNamesPolicy,
  type RegistrationPolicy,
} from 'nestjs-dynamic-registration';
import type { Type } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata, invalidRedirectUri, type Refusal } from '../errors/refusal.js';
import { databases } from '../support/databases.js';
import { platformsOnce, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const GOOD = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const FOREIGN_HOST = invalidRedirectUri('redirect_uris[0] must be at a host that this server accepts');
const FOREIGN_PAGE = invalidMetadata('logo_uri must have the host of a redirect URI');
const NO_SCOPE = invalidMetadata('scope must contain a scope that this client may have');
const RESERVED = invalidMetadata('client_name must not contain a reserved name');
const PUBLIC = invalidRedirectUri(
  'redirect_uris[0] must be on a loopback host in a client with token_endpoint_auth_method none',
);

interface Case {
  readonly policy: Type<RegistrationPolicy>;
  /** Members that the policy refuses beside those of a good client. */
  readonly bad: readonly (readonly [string, object, Refusal])[];
  /** Members that say nothing, and what is registered of them. */
  readonly silent: readonly (readonly [string, object])[];
  /** Whether whoever adds a client by hand decides for himself. */
  readonly trustsOperator?: true;
}

const cases: readonly Case[] = [
  {
    policy: RedirectHostsPolicy.of({ hosts: ['tides.example', '*.tides.example'] }),
    bad: [
      ['another host', { redirect_uris: ['https://eviltides.example/cb'] }, FOREIGN_HOST],
      [
        'a loopback host',
        { redirect_uris: ['http://127.0.0.1/cb'] },
        invalidRedirectUri('redirect_uris[0] must not be on a loopback host'),
      ],
      [
        'a private-use scheme',
        { redirect_uris: ['com.tides.app:/cb'] },
        invalidRedirectUri('redirect_uris[0] must use a private-use scheme that this server accepts'),
      ],
      [
        'another host after logout',
        { post_logout_redirect_uris: ['https://evil.test/'] },
        invalidMetadata('post_logout_redirect_uris[0] must be at a host that this server accepts'),
      ],
    ],
    silent: [
      ['null', { post_logout_redirect_uris: null }],
      ['an empty string', { post_logout_redirect_uris: '' }],
      ['an empty list', { post_logout_redirect_uris: [] }],
    ],
  },
  {
    policy: PublicClientRedirectsPolicy.of(),
    bad: [['no secret', { token_endpoint_auth_method: 'none' }, PUBLIC]],
    silent: [
      ['null', { token_endpoint_auth_method: null }],
      ['an empty string', { token_endpoint_auth_method: '' }],
    ],
  },
  {
    policy: MetadataHostsPolicy.of(),
    bad: [
      ['a logo of another host', { logo_uri: 'https://evil.test/logo.png' }, FOREIGN_PAGE],
      [
        'a page of another host in one language',
        { client_uri: 'https://tides.example/', 'client_uri#de': 'https://evil.test/' },
        invalidMetadata('client_uri#de must have the host of a redirect URI'),
      ],
      [
        'the same page with other redirect URIs',
        { client_uri: 'https://tides.example/', redirect_uris: ['https://evil.test/cb'] },
        invalidMetadata('client_uri must have the host of a redirect URI'),
      ],
    ],
    silent: [
      ['null', { logo_uri: null }],
      ['an empty string', { logo_uri: '' }],
    ],
  },
  {
    policy: AllowedScopesPolicy.of({ credential: ['read'], operator: ['read', 'write'] }),
    bad: [['scopes of which none is allowed', { scope: 'admin' }, NO_SCOPE]],
    silent: [
      ['null', { scope: null }],
      ['an empty string', { scope: '' }],
    ],
  },
  {
    policy: ReservedNamesPolicy.of({ names: ['Claude'] }),
    bad: [
      ['a reserved name', { client_name: 'Claude' }, RESERVED],
      ['a name that looks alike', { client_name: 'Cl\u0430ude Desktop' }, RESERVED],
      [
        'a reserved name in one language',
        { 'client_name#fr': 'CLAUDE' },
        invalidMetadata('client_name#fr must not contain a reserved name'),
      ],
    ],
    silent: [
      ['null', { client_name: null }],
      ['an empty string', { client_name: '' }],
    ],
    trustsOperator: true,
  },
];

const SERVER = { scopes: ['read', 'write', 'admin'], defaultScopes: ['read'], logout: true } as const;

const update = async (server: TestServer, { body: client }: JsonResponse, members: object) =>
  server.request('PUT', `/register/${client.client_id}`, {
    token: client.registration_access_token,
    body: { client_id: client.client_id, ...members },
  });

describe.each(cases)('$policy.name', ({ policy, bad, silent, trustsOperator }) => {
  describe.each(platformsOnce)('over HTTP ($adapter, $database.name)', (platform) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: { policies: [policy], server: SERVER } });
    });
    afterAll(() => server.close());
    const clients = () => server.app.get(OAuthClientService, { strict: false });
    const rows = () => server.dataSource.getRepository(OAuthClient);

    it('registers and updates what it allows', async () => {
      const client = await server.register(GOOD);
      expect(client.status).toBe(201);
      expect((await update(server, client, { ...GOOD, client_name: 'Tides' })).status).toBe(200);
    });

    it.each(bad)('refuses %s, and takes no use of the token', async (_, members, refusal) => {
      const token = await server.token({ maxUses: 1 });
      expectRefusal(await server.register({ ...GOOD, ...members }, token), refusal);
      expect((await server.register(GOOD, token)).status).toBe(201);
    });

    // Judged on what would be stored, and not on what is.
    it.each(bad)(
      'refuses to update a good client with %s, and nothing changes (CVE-2026-15572, CVE-2026-18573)',
      async (_, members, refusal) => {
        const client = await server.register(GOOD);
        const { client_id: clientId } = client.body;
        const before = await rows().findOneBy({ clientId });
        expectRefusal(await update(server, client, { ...GOOD, ...members }), refusal);
        await expect(rows().findOneBy({ clientId })).resolves.toEqual(before);
      },
    );

    it.each(silent)('takes a member that is %s for one that is not there (CVE-2026-18570)', async (_, members) => {
      const client = await server.register({ ...GOOD, ...members });
      expect(client.status).toBe(201);
      const { status, body } = await update(server, client, { ...GOOD, ...members });
      expect(status).toBe(200);
      for (const [, refused] of bad) {
        expect((await update(server, client, { ...GOOD, ...members, ...refused })).status).toBe(400);
      }
      expect(
        (await server.request('GET', `/register/${body.client_id}`, { token: client.body.registration_access_token }))
          .body,
      ).toEqual(body);
    });

    it.each(bad)('explains what it has against %s', async (_, members, { error, description }) => {
      const registration = server.app.get(ClientRegistrationService, { strict: false });
      const { refusals } = await registration.explain({ ...GOOD, ...members }, { owner: null });
      expect(refusals).toMatchObject([{ code: error, message: description }]);
    });

    it.each(bad)('judges %s of a client that is added by hand', async (_, members, { description }) => {
      const created = clients().create({ ...GOOD, ...members });
      if (trustsOperator) await expect(created).resolves.toBeDefined();
      else await expect(created).rejects.toThrow(String(description));
    });
  });
});

describe.each(platformsOnce)('AllowedScopesPolicy by trust ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    const policy = AllowedScopesPolicy.of({ credential: ['read', 'write'], operator: ['read', 'write', 'admin'] });
    server = await startServer({ ...platform, options: { policies: [policy], server: SERVER, access: 'open' } });
  });
  afterAll(() => server.close());
  const administration = () => server.app.get(ClientAdministrationService, { strict: false });
  const asked = { ...GOOD, scope: 'read write admin' };

  it('gives nothing to strangers, who are not named', async () => {
    expectRefusal(await server.register(asked, null), NO_SCOPE);
    const { status, body } = await server.register(GOOD, null);
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('scope');
  });

  it('gives the holder of a token less than whoever adds a client by hand', async () => {
    expect((await server.register(asked)).body.scope).toBe('read write');
    const { client } = await server.app.get(OAuthClientService, { strict: false }).create(asked);
    expect(client.scope).toBe('read write admin');
  });

  it('leaves a client what an administrator has given it, and gives it no more', async () => {
    const client = await server.register(GOOD, null);
    await administration().setScope(client.body.client_id, 'write admin');
    const { status, body } = await update(server, client, asked);
    expect(status).toBe(200);
    expect(body.scope).toBe('write admin');
    await administration().setScope(client.body.client_id, 'write');
    expect((await update(server, client, asked)).body.scope).toBe('write');
  });
});

describe.each(platformsOnce)('a client from before the policies ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let clientId: string;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        policies: cases.map(({ policy }) => policy),
        server: SERVER,
      },
    });
  });
  afterAll(() => server.close());
  const setScope = (scope: string | undefined) =>
    server.app.get(ClientAdministrationService, { strict: false }).setScope(clientId, scope);

  it.each<
    [
      string,
      Pick<Partial<OAuthClient>, 'redirectUris' | 'tokenEndpointAuthMethod' | 'clientSecretHash' | 'logoUri'>,
      Refusal,
    ]
  >([
    ['at a foreign host', { redirectUris: ['https://evil.test/cb'] }, FOREIGN_HOST],
    ['without a secret', { tokenEndpointAuthMethod: 'none', clientSecretHash: null }, PUBLIC],
    ['with a foreign logo', { logoUri: 'https://evil.test/logo.png' }, FOREIGN_PAGE],
  ])('%s gets no more scopes, and can lose those it has', async (_, columns, { description }) => {
    const registered = await server.register({ ...GOOD, scope: 'read' });
    clientId = registered.body.client_id;
    token = registered.body.registration_access_token;
    await server.dataSource.getRepository(OAuthClient).update({ clientId }, columns);
    await expect(setScope('read write')).rejects.toThrow(String(description));
    await expect(setScope('read')).resolves.toMatchObject({ scope: 'read' });
    await expect(setScope(undefined)).resolves.toMatchObject({ scope: null });
    const good = await server.request('PUT', `/register/${clientId}`, {
      token,
      body: { client_id: clientId, ...GOOD },
    });
    expect(good.status).toBe(200);
  });
});

// GHSA-46c8-635v-68r2: a pattern that was too permissive, and an address that the caller chose.
describe.each(platformsOnce)(
  'hosts are compared label by label, CVE-2023-6544 ($adapter, $database.name)',
  (platform) => {
    let server: TestServer;
    beforeAll(async () => {
      const policy = RedirectHostsPolicy.of({ hosts: ['example.com', '*.example.com'] });
      server = await startServer({ ...platform, options: { policies: [policy], access: 'open' } });
    });
    afterAll(() => server.close());

    it.each(['evilexample.com', 'example.com.evil.test', 'example.com.', 'exampleXcom', 'a.evilexample.com'])(
      'so that %s is none of example.com, whatever proxies are said to stand before',
      async (host) => {
        const answer = await server.request('POST', '/register', {
          body: { ...GOOD, redirect_uris: [`https://${host}/cb`] },
          headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'example.com', forwarded: 'host=example.com' },
        });
        expectRefusal(answer, FOREIGN_HOST);
      },
    );
  },
);

describe('pages that MetadataHostsPolicy drops', () => {
  it.each(platformsOnce)('are neither stored nor returned ($adapter, $database.name)', async (platform) => {
    const policy = MetadataHostsPolicy.of({ onMismatch: 'drop' });
    const server = await startServer({ ...platform, options: { policies: [policy] } });
    try {
      const foreign = { logo_uri: 'https://evil.test/', 'tos_uri#de': 'https://evil.test/' };
      const client = await server.register({ ...GOOD, client_uri: 'https://tides.example/', ...foreign });
      expect(client.status).toBe(201);
      expect(client.body).toMatchObject({ client_uri: 'https://tides.example/' });
      expect(Object.keys(client.body).filter((name) => name in foreign)).toEqual([]);
      const updated = await update(server, client, { ...GOOD, ...foreign });
      expect(updated.status).toBe(200);
      expect(JSON.stringify(updated.body)).not.toContain('evil.test');
    } finally {
      await server.close();
    }
  });
});

describe('a server with a policy', () => {
  it.each([
    RedirectHostsPolicy,
    PublicClientRedirectsPolicy,
    MetadataHostsPolicy,
    AllowedScopesPolicy,
    ReservedNamesPolicy,
  ])('does not start with $name itself in the list', async (policy) => {
    const policies = [policy as unknown as Type<RegistrationPolicy>];
    await expect(startServer({ database: databases[0] ?? expect.fail(), options: { policies } })).rejects.toThrow(
      `DynamicRegistrationModule: ${policy.name} has no options. List what its options make: policies: [${policy.name}.of({ ... })]`,
    );
  });

  it('takes one of them twice, each with its options', async () => {
    const policies = [
      RedirectHostsPolicy.of({ hosts: ['tides.example', 'evil.test'] }),
      RedirectHostsPolicy.of({ hosts: ['tides.example'] }),
    ];
    const server = await startServer({ database: databases[0] ?? expect.fail(), options: { policies } });
    try {
      expect((await server.register(GOOD)).status).toBe(201);
      expectRefusal(await server.register({ ...GOOD, redirect_uris: ['https://evil.test/cb'] }), FOREIGN_HOST);
    } finally {
      await server.close();
    }
  });

  it('does not start with a scope that it does not have', async () => {
    const options = { policies: [AllowedScopesPolicy.of({ open: ['reads'] })], server: SERVER };
    await expect(startServer({ database: databases[0] ?? expect.fail(), options })).rejects.toThrow(
      'DynamicRegistrationModule: "AllowedScopesPolicy.open" contains reads, which is no scope of this server, did you mean "read"?',
    );
  });
});
