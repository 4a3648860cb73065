import {
  ClientActivityService,
  ClientFactsService,
  ClientResolver,
  ClientMetadata,
  ClientAdministrationService,
  ClientSecretHasher,
  ClientSecretService,
  IsText,
  MetadataField,
  OAuthClient,
  OAuthClientService,
  RegistrationConfiguration,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import { hash as bcrypt } from 'bcrypt';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import type { Configuration } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { basic, type Answer } from '../client-authentication/token-endpoint.js';
import { clientMetadata, machineMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import { startProvider, type RunningProvider } from './running-provider.js';

const UNAVAILABLE = {
  error: 'temporarily_unavailable',
  error_description: 'the server cannot answer now, try again later',
};
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const SCOPES = ['openid', 'offline_access', 'tides.read', 'tides.write'];
const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'] as const;
const MACHINE = { grant_type: 'client_credentials' };

/** A host has a field of its own. */
class AcmeMetadata extends ClientMetadata {
  @MetadataField({ spec: 'ACME handbook', limits: { bytes: 'textBytes' } })
  @IsText()
  acme_tier?: string;
}

const OPTIONS = {
  metadata: AcmeMetadata,
  server: {
    scopes: SCOPES,
    defaultScopes: SCOPES,
    tokenEndpointAuthMethods: [...METHODS],
    openid: { idToken: { signingAlgs: ['RS256', 'HS256'] } },
  },
  clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
} as const;

const PROVIDER: Configuration = {
  scopes: SCOPES,
  clientAuthMethods: [...METHODS],
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'HS256'] },
  // Back-channel logout looks up every client that a session has used.
  features: {
    introspection: { enabled: true, allowedPolicy: () => true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      logoutSource: (context, form) => {
        context.body = form;
      },
    },
  },
};

/** The answer to a registration. */
interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

type Columns = Partial<
  Pick<
    OAuthClientRecord,
    | 'clientSecretHash'
    | 'clientSecretExpiresAt'
    | 'clientSecretEncrypted'
    | 'previousClientSecretExpiresAt'
    | 'grantTypes'
    | 'registeredOpenly'
    | 'scope'
    | 'status'
    | 'expiresAt'
  >
>;

const cases = databases.map((database, i) => ({ database, adapter: adapters[i % 2] ?? 'express' }));

describe.each(cases)('clients of an oidc-provider ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let provider: RunningProvider;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: OPTIONS, providers: [OidcProviderClients] });
    provider = await startProvider(server.app.get(OidcProviderClients), PROVIDER);
  });
  afterAll(async () => {
    await provider.close();
    await server.close();
  });

  const rows = () => server.dataSource.getRepository(OAuthClient);
  const rowOf = async ({ client_id }: Client) => rows().findOneByOrFail({ clientId: client_id });
  const change = async ({ client_id }: Client, columns: Columns) => rows().update({ clientId: client_id }, columns);
  const register = async (members: Members): Promise<Client> => {
    const { status, body } = await server.register(members);
    expect({ status, error: body.error_description }).toEqual({ status: 201, error: undefined });
    return body as Client;
  };
  const manage = async (method: 'PUT' | 'DELETE', client: Client, members?: Members) => {
    const { client_id, registration_access_token: token } = client;
    return server.request(method, `/register/${client_id}`, {
      token,
      ...(members && { body: { client_id, ...members } }),
    });
  };
  const asMachine = async ({ client_id }: Client, secret: string) => provider.token(MACHINE, basic(client_id, secret));
  const asserted = async (client: Client, key: KeyObject | Uint8Array, alg: string) =>
    provider.token({
      ...MACHINE,
      client_assertion_type: JWT_BEARER,
      client_assertion: await assertion(client, key, alg, provider.issuer),
    });

  describe('client authentication (RFC 6749 section 2.3)', () => {
    it.each(['client_secret_basic', 'client_secret_post'])(
      'takes the right secret of %s either way, and no other',
      async (method) => {
        const client = await register(machineMetadata({ token_endpoint_auth_method: method }));
        const { client_id, client_secret } = client;
        expectToken(await asMachine(client, client_secret));
        expectToken(await provider.token({ ...MACHINE, client_id, client_secret }));
        expectInvalidClient(await asMachine(client, `${client_secret}x`));
        expectInvalidClient(await provider.token({ ...MACHINE, client_id, client_secret: 'wrong' }));
        expectInvalidClient(await provider.token({ ...MACHINE, client_id }));
      },
    );

    it('takes the secret that a person chose, which bcrypt hashed', async () => {
      const manual = { ...machineMetadata(), clientSecret: 'correct horse' };
      const { client } = await server.app.get(OAuthClientService, { strict: false }).create(manual);
      expectToken(await provider.token(MACHINE, basic(client.clientId, 'correct horse')));
      expectInvalidClient(await provider.token(MACHINE, basic(client.clientId, 'correct horsf')));
    });

    it('takes no hash of the database and nothing the provider itself holds for the secret', async () => {
      const client = await register(machineMetadata());
      const { clientSecretHash } = await rowOf(client);
      expectInvalidClient(await asMachine(client, String(clientSecretHash)));
      const payload = await provider.ofClients.find(client.client_id);
      expect(JSON.stringify(payload)).not.toContain(clientSecretHash);
      expectInvalidClient(await asMachine(client, String(payload?.['client_secret'])));
    });

    it('takes the secret before the last rotation within its grace, beside the new one', async () => {
      const client = await register(machineMetadata());
      const administration = server.app.get(ClientAdministrationService, { strict: false });
      const rotated = await administration.rotateSecret(client.client_id, undefined, { graceSeconds: 60 });
      const fresh = rotated?.clientSecret ?? '';
      for (const secret of [client.client_secret, fresh]) expectToken(await asMachine(client, secret));
      await change(client, { previousClientSecretExpiresAt: 1 });
      expectInvalidClient(await asMachine(client, client.client_secret));
      expectToken(await asMachine(client, fresh));
    });

    it('takes no expired secret (RFC 7591 section 3.2.1)', async () => {
      const client = await register(machineMetadata());
      await change(client, { clientSecretExpiresAt: 1 });
      expectInvalidClient(await asMachine(client, client.client_secret));
      const ofKey = await register(machineMetadata({ token_endpoint_auth_method: 'client_secret_jwt' }));
      await change(ofKey, { clientSecretExpiresAt: 1 });
      const { status, body } = await asserted(ofKey, keyOf(ofKey.client_secret), 'HS256');
      expect([status, body['error']]).toEqual([400, 'invalid_client']);
    });

    it('takes the key of private_key_jwt, and no other (RFC 7523)', async () => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwks = { keys: [publicKey.export({ format: 'jwk' })] };
      const client = await register(machineMetadata({ token_endpoint_auth_method: 'private_key_jwt', jwks }));
      expectToken(await asserted(client, privateKey, 'ES256'));
      expectInvalidClient(
        await asserted(client, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ES256'),
      );
    });

    it('takes the secret of client_secret_jwt as the key that it is, and no hash of it', async () => {
      const client = await register(machineMetadata({ token_endpoint_auth_method: 'client_secret_jwt' }));
      const { clientSecretHash } = await rowOf(client);
      expectToken(await asserted(client, keyOf(client.client_secret), 'HS256'));
      expectInvalidClient(await asserted(client, keyOf(String(clientSecretHash)), 'HS256'));
      expectInvalidClient(await asMachine(client, client.client_secret));
    });

    it('takes no hash for the key of a client whose key was never kept', async () => {
      const client = await register(machineMetadata({ token_endpoint_auth_method: 'client_secret_jwt' }));
      await change(client, { clientSecretEncrypted: null });
      const { clientSecretHash } = await rowOf(client);
      expectInvalidClient(await asserted(client, keyOf(String(clientSecretHash)), 'HS256'));
    });

    it('knows no client that is not registered', async () => {
      expectInvalidClient(await provider.token(MACHINE, basic('nobody', 'secret')));
      expectInvalidClient(await provider.token({ ...MACHINE, client_id: `${'x'.repeat(3000)}\0%` }));
    });
  });

  describe('public clients (RFC 6749 section 2.1)', () => {
    const redirect_uri = 'https://tides.example/cb';

    it('exchange a code without a secret, and with none at all', async () => {
      const { client_id } = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
      const request = { client_id, redirect_uri, scope: 'openid tides.read' };
      expectToken(await provider.tokenByCode(request, { client_id }));
      expectInvalidClient(await provider.tokenByCode(request, { client_id, client_secret: 'any' }));
    });

    it('get no token by client_credentials, even if they have the grant (RFC 6749 section 4.4)', async () => {
      const client = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
      const { client_id } = client;
      expectNotAllowed(await provider.token({ ...MACHINE, client_id }));
      await change(client, { grantTypes: ['authorization_code', 'client_credentials'] });
      expectNotAllowed(await provider.token({ ...MACHINE, client_id }));
    });
  });

  describe('what is registered', () => {
    it('is in force with the next request after an update (RFC 7592 section 2.2)', async () => {
      const client = await register(clientMetadata());
      const { client_id, client_secret } = client;
      const old = { client_id, redirect_uri: 'https://tides.example/cb', scope: 'openid' };
      const now = { ...old, redirect_uri: 'https://tides.example/new' };
      expectToken(await provider.tokenByCode(old, {}, basic(client_id, client_secret)));
      expect((await provider.authorize(now)).redirect).toBeUndefined();
      const { status } = await manage('PUT', client, clientMetadata({ redirect_uris: [now.redirect_uri] }));
      expect(status).toBe(200);
      expectToken(await provider.tokenByCode(now, {}, basic(client_id, client_secret)));
      expect(await provider.authorize(old)).toEqual({ status: 400, redirect: undefined });
    });

    it('is over with the next request after a deletion (RFC 7592 section 2.3)', async () => {
      const client = await register(machineMetadata());
      expectToken(await asMachine(client, client.client_secret));
      expect((await manage('DELETE', client)).status).toBe(204);
      expectInvalidClient(await asMachine(client, client.client_secret));
    });

    it('is the same text each time, so that the provider keeps the client it has made of it', async () => {
      const client = await register(clientMetadata({ software_id: 'tides', scope: 'tides.read' }));
      const first = JSON.stringify(await provider.ofClients.find(client.client_id));
      const known = await provider.provider.Client.find(client.client_id);
      expectInvalidClient(await asMachine(client, 'wrong'));
      expectNotAllowed(await asMachine(client, client.client_secret));
      expect(JSON.stringify(await provider.ofClients.find(client.client_id))).toBe(first);
      expect(await provider.provider.Client.find(client.client_id)).toBe(known);
      expect(first).not.toMatch(/null|""/);
    });

    it('has no grant type and no response type that the client may not use', async () => {
      const client = await register(clientMetadata({ grant_types: ['authorization_code', 'refresh_token'] }));
      await change(client, { registeredOpenly: true, grantTypes: ['authorization_code', 'client_credentials'] });
      const found = await provider.provider.Client.find(client.client_id);
      expect(found?.grantTypes).toEqual(['authorization_code']);
      await change(client, { grantTypes: [] });
      const without = await provider.provider.Client.find(client.client_id);
      expect([without?.grantTypes, without?.responseTypes]).toEqual([[], []]);
    });

    it('is a client without redirect URIs and response types for a machine', async () => {
      const { client_id } = await register(machineMetadata());
      const found = await provider.provider.Client.find(client_id);
      expect([found?.grantTypes, found?.responseTypes, found?.redirectUris]).toEqual([['client_credentials'], [], []]);
    });

    it('includes its software, its languages and the fields of the host', async () => {
      const clients = clientsOf(server);
      const inTwoLanguages = await startProvider(clients, {
        ...PROVIDER,
        ...clients.configuration({ languageTags: ['ja', 'pt-BR'] }),
      });
      try {
        const names = { 'client_name#ja': '潮汐表', 'client_name#pt-BR': 'Tábua de Marés' };
        const software = { software_id: 'tides', software_version: '1.2', acme_tier: 'gold' };
        const { client_id } = await register(clientMetadata({ ...names, ...software, 'client_name#de': 'Gezeiten' }));
        const found = await inTwoLanguages.provider.Client.find(client_id);
        expect(found?.metadata()).toMatchObject({ client_name: 'Tide Tables', ...names, ...software });
        expect(found?.metadata()).not.toHaveProperty('client_name#de');
      } finally {
        await inTwoLanguages.close();
      }
    });
  });

  it('HS256 ID Tokens are signed with the secret (OpenID Connect Core section 10.1)', async () => {
    const { client_id, client_secret } = await register(clientMetadata({ id_token_signed_response_alg: 'HS256' }));
    const request = { client_id, redirect_uri: 'https://tides.example/cb', scope: 'openid' };
    const { status, body } = await provider.tokenByCode(request, {}, basic(client_id, client_secret));
    expect(status).toBe(200);
    const token = String(body['id_token']);
    expect(decodeProtectedHeader(token).alg).toBe('HS256');
    const { payload } = await jwtVerify(token, keyOf(client_secret), { audience: client_id, issuer: provider.issuer });
    expect(payload.sub).toBe('alice');
    expectInvalidClient(await provider.tokenByCode(request, {}, basic(client_id, `${client_secret}x`)));
  });

  describe('redirect URIs (RFC 8252 section 7.3)', () => {
    const redirect_uris = [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ];
    const authorize = async (members: Members, redirect_uri: string) => {
      const { client_id } = await register(clientMetadata({ token_endpoint_auth_method: 'none', ...members }));
      return provider.authorize({ client_id, redirect_uri, scope: 'openid' });
    };

    it.each([...redirect_uris, 'http://localhost:51234/callback'])(
      'of a mixed set lead to %s',
      async (redirect_uri) => {
        for (const application_type of [undefined, 'web']) {
          const { redirect } = await authorize({ redirect_uris, application_type }, redirect_uri);
          expect(redirect?.href.startsWith(`${redirect_uri}?code=`)).toBe(true);
        }
      },
    );

    it.each([
      'http://127.0.0.1:8787/callback',
      'http://localhost:8787/callback?x=1',
      'http://localhost:8787/other',
      'http://localhost:8787@evil.example/callback',
      'https://www.cursor.com:8443/agents/mcp/oauth/callback',
      'https://evil.example/callback',
      'javascript:alert(1)',
    ])('do not lead to %s', async (redirect_uri) => {
      expect(await authorize({ redirect_uris }, redirect_uri)).toEqual({ status: 400, redirect: undefined });
    });

    it('of a web client take any port of a loopback address, too', async () => {
      const uris = ['http://localhost:3000/cb', 'https://localhost:3000/cb'];
      for (const redirect_uri of ['http://localhost:4000/cb', 'https://localhost:3000/cb']) {
        const { redirect } = await authorize({ redirect_uris: uris, application_type: 'web' }, redirect_uri);
        expect(redirect?.href.startsWith(`${redirect_uri}?code=`)).toBe(true);
      }
    });
  });

  describe('a client without a scope', () => {
    const redirect_uri = 'https://tides.example/cb';
    const scopeless = async (members: Members) => {
      const client = await register(members);
      await change(client, { scope: null });
      return client;
    };

    it('may ask for no scope by client_credentials (RFC 6749 section 3.3)', async () => {
      const client = await scopeless(machineMetadata());
      const { client_id, client_secret } = client;
      for (const scope of ['tides.read', 'openid']) {
        const { status, body } = await provider.token({ ...MACHINE, scope }, basic(client_id, client_secret));
        expect({ status, ...body }).toEqual({
          status: 400,
          error: 'invalid_scope',
          error_description: 'requested scope is not allowed',
          scope,
        });
      }
      const { body } = await provider.token(MACHINE, basic(client_id, client_secret));
      expect(body).not.toHaveProperty('scope');
      expectToken(await asMachine(client, client_secret));
    });

    it('may ask for no scope at the authorization endpoint', async () => {
      const { client_id } = await scopeless(clientMetadata());
      const { redirect } = await provider.authorize({ client_id, redirect_uri, scope: 'tides.read', state: 'x' });
      expect(redirect?.searchParams.get('error')).toBe('invalid_scope');
      expect(redirect?.searchParams.get('code')).toBeNull();
    });

    it('is one whose scopes the provider does not know at all, too', async () => {
      const client = await register(machineMetadata());
      await change(client, { scope: 'sharks.read' });
      const { body } = await provider.token(
        { ...MACHINE, scope: 'tides.read' },
        basic(client.client_id, client.client_secret),
      );
      expect(body['error']).toBe('invalid_scope');
    });
  });

  describe.each(['pending', 'suspended'] as const)('a client that is %s', (status) => {
    const redirect_uri = 'https://tides.example/cb';
    const HELD = {
      status: 400,
      error: 'unauthorized_client',
      error_description: 'the client may not be used at present',
    };
    const expectHeld = ({ status: answered, body }: Answer) => expect({ status: answered, ...body }).toEqual(HELD);
    const get = async (path: string, token: unknown) => {
      const response = await fetch(provider.issuer + path, { headers: { authorization: `Bearer ${String(token)}` } });
      return { status: response.status, body: (await response.json()) as Members };
    };
    const introspect = async (token: unknown, { client_id, client_secret }: Client) => {
      const headers = { ...basic(client_id, client_secret), 'content-type': 'application/x-www-form-urlencoded' };
      const body = new URLSearchParams({ token: String(token) });
      const response = await fetch(`${provider.issuer}/token/introspection`, { method: 'POST', headers, body });
      return { status: response.status, body: (await response.json()) as Members };
    };

    it('is unauthorized_client at the token endpoint, and never invalid_client', async () => {
      const client = await register(machineMetadata());
      await change(client, { status });
      expectHeld(await asMachine(client, client.client_secret));
      await change(client, { status: 'active' });
      expectToken(await asMachine(client, client.client_secret));
      await change(client, { expiresAt: 1 });
      expectInvalidClient(await asMachine(client, client.client_secret));
    });

    it('is noted as used with a token, and not without one', async () => {
      const client = await register(machineMetadata());
      expectInvalidClient(await asMachine(client, 'wrong'));
      await expect(rowOf(client)).resolves.toMatchObject({ lastUsedAt: null });
      expectToken(await asMachine(client, client.client_secret));
      await vi.waitFor(async () => expect((await rowOf(client)).lastUsedAt).toBeGreaterThan(0));
    });

    it('is noted as used when it proves who it is and gets no token', async () => {
      const client = await register(machineMetadata());
      await introspect('a token that is none', client);
      await vi.waitFor(async () => expect((await rowOf(client)).lastUsedAt).toBeGreaterThan(0));
    });

    it('gets an error page at the authorization endpoint, and no redirect', async () => {
      const client = await register(clientMetadata());
      await change(client, { status });
      const { client_id } = client;
      const url = new URL(`${provider.issuer}/auth`);
      url.search = new URLSearchParams({ client_id, redirect_uri, response_type: 'code', scope: 'openid' }).toString();
      const response = await fetch(url, { redirect: 'manual', headers: { accept: 'application/json' } });
      expect({ status: response.status, ...((await response.json()) as Members) }).toMatchObject(HELD);
      expect(response.headers.get('location')).toBeNull();
    });

    it('has tokens that are worth nothing to anybody, and again once it is active', async () => {
      const grant_types = ['authorization_code', 'refresh_token'];
      const client = await register(clientMetadata({ grant_types }));
      const reader = await register(machineMetadata());
      const by = basic(client.client_id, client.client_secret);
      const request = { client_id: client.client_id, redirect_uri, scope: 'openid offline_access', prompt: 'consent' };
      const { body } = await provider.tokenByCode(request, {}, by);
      const { access_token, refresh_token } = body;
      expect((await introspect(access_token, reader)).body['active']).toBe(true);
      expect((await introspect(refresh_token, reader)).body['active']).toBe(true);
      await change(client, { status });
      for (const token of [access_token, refresh_token]) {
        expect(await introspect(token, reader)).toEqual({ status: 200, body: { active: false } });
      }
      expect(await get('/me', access_token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
      expectHeld(await provider.token({ grant_type: 'refresh_token', refresh_token: String(refresh_token) }, by));
      await change(client, { status: 'active' });
      expect((await get('/me', access_token)).status).toBe(200);
      expect((await introspect(access_token, reader)).body['active']).toBe(true);
      await change(client, { expiresAt: 1 });
      expect((await introspect(access_token, reader)).body).toEqual({ active: false });
    });

    it('has tokens of its own that no introspection takes', async () => {
      const client = await register(machineMetadata());
      const reader = await register(machineMetadata());
      const { body } = await asMachine(client, client.client_secret);
      expect((await introspect(body['access_token'], reader)).body['active']).toBe(true);
      await change(client, { status });
      expect((await introspect(body['access_token'], reader)).body).toEqual({ active: false });
    });

    it('keeps nobody signed in who has used it', async () => {
      const client = await register(clientMetadata());
      const cookies = new Map<string, string>();
      await provider.authorize({ client_id: client.client_id, redirect_uri, scope: 'openid' }, cookies);
      await change(client, { status });
      const page = await signOut('/session/end', cookies);
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const done = await signOut('/session/end/confirm', cookies, { xsrf, logout: 'yes' });
      expect([page.status, done.status]).toEqual([200, 303]);
      expect(done.location).toContain('/session/end/success');
    });

    const signOut = async (path: string, cookies: Map<string, string>, form?: Record<string, string>) => {
      const response = await fetch(provider.issuer + path, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form && { method: 'POST', body: new URLSearchParams(form) }),
      });
      for (const set of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      return { status: response.status, text: await response.text(), location: response.headers.get('location') };
    };
  });

  describe('a server that cannot tell', () => {
    it('answers 503 where the key of a secret is missing, and never invalid_client', async () => {
      const client = await register(machineMetadata({ token_endpoint_auth_method: 'client_secret_jwt' }));
      const { clientSecretEncrypted } = await rowOf(client);
      await change(client, { clientSecretEncrypted: String(clientSecretEncrypted).replace('2026-11', 'gone') });
      expectUnavailable(await asserted(client, keyOf(client.client_secret), 'HS256'));
      await change(client, { clientSecretEncrypted });
      expectToken(await asserted(client, keyOf(client.client_secret), 'HS256'));
    });

    it('answers 503 where too many bcrypt checks wait', async () => {
      const client = await register(machineMetadata());
      const hasher = server.app.get(ClientSecretHasher, { strict: false });
      const hash = await bcrypt(client.client_secret, 8);
      await change(client, { clientSecretHash: hash });
      const answered = new AbortController();
      // Two at work, and as many behind them as may wait: each makes room for its own next one, so none is free for anybody else.
      const busy = Array.from({ length: 52 }, async () => {
        while (!answered.signal.aborted) await hasher.verify('x', hash);
      });
      try {
        expectUnavailable(await asMachine(client, client.client_secret));
      } finally {
        answered.abort();
        await Promise.all(busy);
      }
      expectToken(await asMachine(client, client.client_secret));
    });

    it('answers 503 at every endpoint where the database is gone', async () => {
      const client = await register(machineMetadata());
      const { client_id } = await register(clientMetadata());
      await server.dataSource.destroy();
      try {
        expectUnavailable(await asMachine(client, client.client_secret));
        expectUnavailable(await provider.token({ ...MACHINE, client_id: 'nobody' }));
        const redirect_uri = 'https://tides.example/cb';
        expect(await provider.authorize({ client_id, redirect_uri })).toEqual({ status: 503, redirect: undefined });
      } finally {
        await server.dataSource.initialize();
      }
      expectToken(await asMachine(client, client.client_secret));
    });
  });

  describe('the configuration of the provider', () => {
    it('has its registration endpoint in the document (OpenID Connect Discovery section 3)', async () => {
      const response = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
      expect(await response.json()).toMatchObject({ registration_endpoint: `${server.issuer}/register` });
    });

    it('says that clients may be known by a document where they may', async () => {
      const setup = { ...platform, options: { clientIdMetadataDocuments: true } };
      const other = await startServer(setup);
      try {
        expect(clientsOf(other).configuration().discovery).toEqual({
          registration_endpoint: `${other.issuer}/register`,
          client_id_metadata_document_supported: true,
        });
        expect(clientsOf(server).configuration().discovery).not.toHaveProperty('client_id_metadata_document_supported');
      } finally {
        await other.close();
      }
    });

    it('may keep clients of its own, with secrets of its own', async () => {
      const kept = { client_id: 'kept', client_secret: 'kept secret', redirect_uris: [], response_types: [] };
      const clients = [{ ...kept, grant_types: ['client_credentials'] }];
      const mixed = await startProvider(clientsOf(server), { ...PROVIDER, clients });
      try {
        expectToken(await mixed.token(MACHINE, basic('kept', 'kept secret')));
        expectInvalidClient(await mixed.token(MACHINE, basic('kept', 'wrong')));
        const { client_id, client_secret } = await register(machineMetadata());
        expectToken(await mixed.token(MACHINE, basic(client_id, client_secret)));
      } finally {
        await mixed.close();
      }
    });

    it('must not have registration of its own', async () => {
      const features = { registration: { enabled: true } };
      await expect(startProvider(clientsOf(server), { ...PROVIDER, features })).rejects.toThrow(
        'features.registration must be off: clients register at the endpoint of this module',
      );
    });

    it('is of no use before attach()', async () => {
      const clients = clientsOf(server);
      const ofClients = clients.adapterFor(() => ({}))('Client');
      expect(ofClients).toHaveProperty('find');
      await expect(
        Reflect.apply(Reflect.get(ofClients, 'find') as () => Promise<unknown>, ofClients, ['x']),
      ).rejects.toThrow('attach(provider) must be called before the provider looks for clients');
    });

    it('cannot make the provider write a client', async () => {
      await expect(provider.ofClients.upsert('x', {}, 1)).rejects.toThrow('clients are kept by the module');
      await expect(provider.ofClients.destroy('x')).rejects.toThrow('clients are kept by the module');
    });
  });
});

/** A second one beside that of the application: each serves one provider. */
function clientsOf({ app }: TestServer): OidcProviderClients {
  return new OidcProviderClients(
    app.get(ClientResolver, { strict: false }),
    app.get(OAuthClientService, { strict: false }),
    app.get(RegistrationConfiguration, { strict: false }),
    app.get(ClientSecretService, { strict: false }),
    app.get(ClientFactsService, { strict: false }),
    app.get(ClientActivityService, { strict: false }),
  );
}

const keyOf = (secret: string): Uint8Array => new TextEncoder().encode(secret);

async function assertion({ client_id }: Client, key: KeyObject | Uint8Array, alg: string, audience: string) {
  return new SignJWT({ jti: createHash('sha256').update(`${Math.random()}`).digest('hex') })
    .setProtectedHeader({ alg })
    .setIssuer(client_id)
    .setSubject(client_id)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key);
}

function expectToken({ status, body }: Answer): void {
  expect({ status, ...body }).toMatchObject({ status: 200, access_token: expect.any(String), token_type: 'Bearer' });
}

function expectInvalidClient({ status, body }: Answer): void {
  expect({ status, ...body }).toEqual({
    status: 401,
    error: 'invalid_client',
    error_description: 'client authentication failed',
  });
}

/** The client proved who it is, if it has to, and may not have the grant. */
function expectNotAllowed({ status, body }: Answer): void {
  expect({ status, ...body }).toEqual({
    status: 400,
    error: 'invalid_request',
    error_description: 'requested grant type is not allowed for this client',
  });
}

function expectUnavailable({ status, body }: Answer): void {
  expect({ status, ...body }).toEqual({ status: 503, ...UNAVAILABLE });
}
