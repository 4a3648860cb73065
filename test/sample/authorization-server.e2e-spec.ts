import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dcrProcess } from '../cli/dcr.js';
import { startSampleProcess, type SampleProcess } from '../contract/sample-process.js';
import type { CreatedDatabase } from '../support/databases.js';
import { platformsInPairs as platforms } from '../support/start-server.js';
import { Person } from './person.js';

const REDIRECT_URI = 'https://tides.example/cb';
const OTHER_URI = 'https://tides.example/other';
const SCOPE = 'openid profile offline_access api:read api:write';
const VERIFIER = 'v'.repeat(43);

type Json = Readonly<Record<string, unknown>>;

interface Client {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
}

describe.each(platforms)('sample/authorization-server ($adapter, $database.name)', ({ adapter, database: kind }) => {
  let database: CreatedDatabase;
  let server: SampleProcess;
  /** Asks what tokens of others are worth. */
  let resource: Client;
  const token = 'initial-access-token-of-this-test';

  beforeAll(async () => {
    database = await kind.create();
    server = await startSampleProcess({
      DATABASE_URL: database.url,
      HTTP_ADAPTER: adapter,
      INITIAL_ACCESS_TOKEN: token,
    });
    resource = await register({ redirect_uris: [REDIRECT_URI] });
  });
  afterAll(async () => {
    await server?.stop();
    await database?.drop();
  });

  const request = async (method: string, path: string, { body, bearer }: { body?: Json; bearer?: string } = {}) => {
    const response = await fetch(server.issuer + path, {
      method,
      headers: new Headers({
        ...(body && { 'content-type': 'application/json' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      }),
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text && JSON.parse(text)) as Json };
  };
  const register = async (metadata: Json): Promise<Client> => {
    const { status, body } = await request('POST', '/register', { body: metadata, bearer: token });
    expect(status).toBe(201);
    return body as unknown as Client;
  };
  const WEB = {
    client_name: 'Tide Tables',
    redirect_uris: [REDIRECT_URI, OTHER_URI],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: SCOPE,
  };
  const update = async ({ client_id, registration_access_token }: Client, metadata: Json) => {
    const answer = await request('PUT', `/register/${client_id}`, {
      body: { client_id, ...WEB, ...metadata },
      bearer: registration_access_token,
    });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const remove = async ({ client_id, registration_access_token }: Client) => {
    const { status } = await request('DELETE', `/register/${client_id}`, { bearer: registration_access_token });
    expect(status).toBe(204);
  };
  const form = async (path: string, parameters: Readonly<Record<string, string>>, by: Client) => {
    const { client_id, client_secret } = by;
    const response = await fetch(server.issuer + path, {
      method: 'POST',
      body: new URLSearchParams({ client_id, ...(client_secret !== undefined && { client_secret }), ...parameters }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : {}) as Json };
  };
  const authorizationUrl = ({ client_id }: Client, more: Readonly<Record<string, string>> = {}) => {
    const query = new URLSearchParams({
      client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: SCOPE,
      prompt: 'consent',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    });
    return `${server.issuer}/authorize?${query.toString()}`;
  };
  const codeFor = async (client: Client, person = new Person()): Promise<string> => {
    const back = await person.authorize(authorizationUrl(client));
    expect(back.searchParams.get('iss')).toBe(server.issuer);
    return String(back.searchParams.get('code'));
  };
  const exchange = async (client: Client, code: string) =>
    form(
      '/token',
      { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER },
      client,
    );
  const refresh = async (client: Client, refreshToken: unknown) =>
    form('/token', { grant_type: 'refresh_token', refresh_token: String(refreshToken) }, client);
  const userinfo = async (accessToken: unknown) => request('GET', '/userinfo', { bearer: String(accessToken) });
  const introspect = async (of: unknown) => (await form('/introspect', { token: String(of) }, resource)).body;
  /** Tokens for a person, and for the client itself. */
  const tokensOf = async (client: Client) => {
    const { status, body } = await exchange(client, await codeFor(client));
    expect(status).toBe(200);
    return body;
  };
  const machineToken = async (client: Client) =>
    form('/token', { grant_type: 'client_credentials', scope: 'api:read' }, client);

  it('serves one document to OAuth and to OpenID Connect clients', async () => {
    const [oauth, openid] = await Promise.all(
      ['oauth-authorization-server', 'openid-configuration'].map((name) => request('GET', `/.well-known/${name}`)),
    );
    expect(openid?.body).toEqual(oauth?.body);
    expect(openid?.headers.get('access-control-allow-origin')).toBe('*');
    for (const [name, url] of Object.entries(oauth?.body ?? {})) {
      if (/_endpoint$|_uri$/.test(name)) expect(String(url)).toContain(`${server.issuer}/`);
    }
    expect((await request('GET', '/jwks')).body['keys']).toHaveLength(3);
  });

  it('builds no URL from a header of the request', async () => {
    const response = await fetch(authorizationUrl(await register(WEB)), {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
    });
    await response.text();
    expect(response.headers.get('location')).toMatch(/^\/interaction\//);
  });

  describe('the pages of login and consent', () => {
    it('are not framable, not kept, and load nothing', async () => {
      const person = new Person();
      const login = await person.open(authorizationUrl(await register(WEB)));
      const consent = await person.submit(login, { username: 'alice', password: 'alice' });
      for (const { headers, status } of [login, consent]) {
        expect(status).toBe(200);
        expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('referrer-policy')).toBe('no-referrer');
      }
      expect(login.text).toContain('<b>alice</b>');
    });

    it('lead back to the login after a wrong password', async () => {
      const person = new Person();
      const login = await person.open(authorizationUrl(await register(WEB)));
      for (const password of ['wrong', '']) {
        const again = await person.submit(login, { username: 'alice', password });
        expect(again.text).toContain('Wrong username or password');
      }
      expect((await person.submit(login, { username: 'alice', password: 'alice' })).text).toContain('Allow access?');
    });

    it('show who asks: self-registered, the redirect host, its age, and how many have its name', async () => {
      const client_name = `Tide <script>alert(1)</script> ${adapter}`;
      await register({ ...WEB, client_name });
      const client = await register({ ...WEB, client_name });
      const person = new Person();
      const login = await person.open(authorizationUrl(client));
      const { text } = await person.submit(login, { username: 'alice', password: 'alice' });
      expect(text).not.toContain('<script>');
      expect(text).toContain('Tide &#60;script&#62;');
      for (const fact of ['describes itself', '1 other application has', 'tides.example', 'just now']) {
        expect(text).toContain(fact);
      }
    });

    it('tell the client that the person said no', async () => {
      const person = new Person();
      const login = await person.open(authorizationUrl(await register(WEB), { state: 'xyz' }));
      const consent = await person.submit(login, { username: 'alice', password: 'alice' });
      const { leavesTo } = await person.submit(consent, { action: 'deny' });
      expect(Object.fromEntries(leavesTo?.searchParams ?? [])).toMatchObject({ error: 'access_denied', state: 'xyz' });
    });

    it('tell a person that an unknown client has to register again, and redirect nowhere', async () => {
      const gone = await register(WEB);
      await remove(gone);
      const page = await new Person().open(authorizationUrl(gone));
      expect([page.status, page.leavesTo]).toEqual([400, undefined]);
      expect(page.text).toContain('This application has to register again');
    });

    it('redirect nowhere that is not registered', async () => {
      const page = await new Person().open(
        authorizationUrl(await register(WEB), { redirect_uri: 'https://evil.example/' }),
      );
      expect([page.status, page.leavesTo]).toEqual([400, undefined]);
    });

    it("are another browser's to see", async () => {
      const login = await new Person().open(authorizationUrl(await register(WEB)));
      const other = await new Person().submit(login, { username: 'alice', password: 'alice' });
      expect([other.status, other.leavesTo]).toEqual([400, undefined]);
    });
  });

  describe('the token endpoint', () => {
    it('gives tokens for a code once, to one of many at the same time', async () => {
      const client = await register(WEB);
      const code = await codeFor(client);
      const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(client, code)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(7);
    });

    it('requires PKCE', async () => {
      const url = new URL(authorizationUrl(await register(WEB)));
      url.searchParams.delete('code_challenge');
      url.searchParams.delete('code_challenge_method');
      const { leavesTo } = await new Person().open(url);
      expect(leavesTo?.searchParams.get('error')).toBe('invalid_request');
    });

    it('gives a machine its token, and a public client none', async () => {
      const { status, body } = await machineToken(await register(WEB));
      expect([status, body['scope']]).toEqual([200, 'api:read']);
      const publicClient = await register({
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'none',
        scope: SCOPE,
      });
      const refused = await machineToken(publicClient);
      // The code is the choice of oidc-provider.
      expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_request']);
      expect(refused.body).not.toHaveProperty('access_token');
    });

    it('refuses a wrong secret as every server does (RFC 6749 section 5.2)', async () => {
      const client = await register(WEB);
      const { status, body } = await machineToken({ ...client, client_secret: 'wrong' });
      expect([status, body['error']]).toEqual([401, 'invalid_client']);
    });

    it('answers browsers of any origin', async () => {
      const origin = 'http://localhost:6274';
      const preflight = await fetch(`${server.issuer}/token`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,authorization,mcp-protocol-version',
        },
      });
      expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
      expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
    });
  });

  describe('after a client has deleted itself (RFC 7592 section 2.3)', () => {
    it('its refresh token, access tokens and code are dead at every endpoint', async () => {
      const client = await register(WEB);
      const { access_token, refresh_token } = await tokensOf(client);
      const machine = (await machineToken(client)).body['access_token'];
      const code = await codeFor(client);
      expect((await userinfo(access_token)).body).toMatchObject({ sub: 'alice' });
      for (const one of [access_token, refresh_token, machine]) expect((await introspect(one))['active']).toBe(true);

      await remove(client);

      expect((await userinfo(access_token)).status).toBe(401);
      for (const one of [access_token, refresh_token, machine])
        expect(await introspect(one)).toEqual({ active: false });
      for (const answer of [await refresh(client, refresh_token), await exchange(client, code)]) {
        expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
      }
      expect((await form('/introspect', { token: String(access_token) }, client)).status).toBe(401);
      expect((await form('/revoke', { token: String(access_token) }, client)).status).toBe(401);
    });

    it('its user at the login page gets no further', async () => {
      const client = await register(WEB);
      const person = new Person();
      const login = await person.open(authorizationUrl(client));
      await remove(client);
      const page = await person.submit(login, { username: 'alice', password: 'alice' });
      expect([page.status, page.leavesTo]).toEqual([400, undefined]);
    });
  });

  describe('after an operator has suspended a client', () => {
    const decide = async (decision: 'suspend' | 'resume', { client_id }: Client) => {
      const { code, stderr } = await dcrProcess(['clients', decision, '--id', client_id, '--connect', database.url]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    };

    it('its tokens and its code are dead at every endpoint, and it is not told to register again', async () => {
      const client = await register(WEB);
      const { access_token, refresh_token } = await tokensOf(client);
      const machine = (await machineToken(client)).body['access_token'];
      const code = await codeFor(client);
      const all = [access_token, refresh_token, machine];
      for (const one of all) expect((await introspect(one))['active']).toBe(true);

      await decide('suspend', client);

      expect((await userinfo(access_token)).status).toBe(401);
      for (const one of all) expect(await introspect(one)).toEqual({ active: false });
      for (const answer of [
        await refresh(client, refresh_token),
        await exchange(client, code),
        await machineToken(client),
        await form('/introspect', { token: String(access_token) }, client),
      ]) {
        expect([answer.status, answer.body['error']]).toEqual([400, 'unauthorized_client']);
      }
      const page = await new Person().open(authorizationUrl(client));
      expect([page.status, page.leavesTo]).toEqual([400, undefined]);
      expect(page.text).toContain('unauthorized_client');
      expect(page.text).not.toContain('has to register again');
    });

    it('its user at the login or the consent page gets no further', async () => {
      const client = await register(WEB);
      const atLogin = new Person();
      const login = await atLogin.open(authorizationUrl(client));
      const atConsent = new Person();
      const consent = await atConsent.submit(await atConsent.open(authorizationUrl(client)), {
        username: 'alice',
        password: 'alice',
      });
      expect(consent.text).toContain('Allow access?');
      await decide('suspend', client);
      for (const page of [
        await atLogin.submit(login, { username: 'alice', password: 'alice' }),
        await atConsent.submit(consent, { action: 'allow' }),
      ]) {
        expect([page.status, page.leavesTo]).toEqual([400, undefined]);
      }
    });
  });

  describe('after an update (RFC 7592 section 2.2)', () => {
    it('a redirect URI that was removed gets no code, even if its user is at the login page', async () => {
      const client = await register(WEB);
      const person = new Person();
      const login = await person.open(authorizationUrl(client));
      await update(client, { redirect_uris: [OTHER_URI] });
      const page = await person.submit(login, { username: 'alice', password: 'alice' });
      expect([page.status, page.leavesTo]).toEqual([400, undefined]);
    });

    it.each([
      ['redirect URIs', { redirect_uris: [REDIRECT_URI] }],
      ['the authentication method', { token_endpoint_auth_method: 'client_secret_post' }],
      ['keys', { jwks_uri: 'https://tides.example/jwks' }],
    ])('of %s, consents and their tokens are gone', async (_what, metadata) => {
      const client = await register(WEB);
      const { access_token, refresh_token } = await tokensOf(client);
      await update(client, metadata);
      expect((await userinfo(access_token)).status).toBe(401);
      expect((await refresh(client, refresh_token)).body['error']).toBe('invalid_grant');
    });

    it('of the name, tokens live, and the consent page shows the new name', async () => {
      const client = await register(WEB);
      const { refresh_token } = await tokensOf(client);
      const person = new Person();
      const login = await person.open(authorizationUrl(client));
      const former = await person.submit(login, { username: 'alice', password: 'alice' });
      expect(former.text).toContain('<bdi>Tide Tables</bdi>');
      await update(client, { client_name: 'Ebb and Flow' });
      // What was consented to is another client than the one that would get the consent.
      const shown = await person.submit(former, { action: 'allow' });
      expect([shown.leavesTo, shown.text.includes('<bdi>Ebb and Flow</bdi>')]).toEqual([undefined, true]);
      expect((await person.submit(shown, { action: 'allow' })).leavesTo?.searchParams.has('code')).toBe(true);
      expect((await refresh(client, refresh_token)).status).toBe(200);
    });

    it('of the scope, the next refresh gives the narrower one', async () => {
      const client = await register(WEB);
      const { refresh_token, scope, access_token } = await tokensOf(client);
      expect(String(scope).split(' ')).toContain('api:write');
      await update(client, { scope: 'openid api:read' });
      expect(await introspect(access_token)).toEqual({ active: false });
      const { status, body } = await refresh(client, refresh_token);
      expect([status, body['scope']]).toEqual([200, 'openid api:read']);
      expect((await introspect(body['access_token']))['scope']).toBe('openid api:read');
    });

    it('of the scope by an operator, in another process, the next refresh gives the narrower one', async () => {
      const client = await register(WEB);
      const { refresh_token } = await tokensOf(client);
      const setScope = ['clients', 'set-scope', '--id', client.client_id, '--scopes', 'openid api:read'];
      expect((await dcrProcess([...setScope, '--connect', database.url])).code).toBe(0);
      const { status, body } = await refresh(client, refresh_token);
      expect([status, body['scope']]).toEqual([200, 'openid api:read']);
    });

    it('to a public client, its secret is gone', async () => {
      const client = await register(WEB);
      const publicMetadata = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] };
      expect(await update(client, publicMetadata)).not.toHaveProperty('client_secret');
      const { status, body } = await exchange(client, await codeFor(client));
      expect([status, body['error']]).toEqual([401, 'invalid_client']);
      const { client_secret: _gone, ...withoutSecret } = client;
      expect((await exchange(withoutSecret, await codeFor(client))).status).toBe(200);
    });
  });

  it('answers in the shape of OAuth where it would need keys that it does not fetch', async () => {
    const client = await register({
      ...WEB,
      id_token_encrypted_response_alg: 'RSA-OAEP-256',
      jwks_uri: 'https://127.0.0.1:1/jwks',
    });
    const { status, body } = await exchange(client, await codeFor(client));
    expect([status, body['error']]).toEqual([400, 'invalid_client_metadata']);
  });

  it('makes no request to a URL that a client registered', async () => {
    const client = await register({
      ...WEB,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://127.0.0.1:1/jwks',
    });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: client.client_id, sub: client.client_id, aud: server.issuer, jti: '1', exp: Date.now() };
    const { status, body } = await form(
      '/token',
      {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: `${part({ alg: 'RS256' })}.${part(claims)}.AAAA`,
      },
      { client_id: client.client_id, registration_access_token: '' },
    );
    expect([status, body['error']]).toEqual([401, 'invalid_client']);
  });
});
