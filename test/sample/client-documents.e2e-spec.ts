import type { Client as SdkClient } from '@modelcontextprotocol/sdk/client/index.js';
import { exportJWK, generateKeyPair } from 'jose';
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  fetchUserInfo,
  None,
  PrivateKeyJwt,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenIntrospection,
  tokenRevocation,
  type ClientAuth,
  type Configuration,
} from 'openid-client';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDocumentServer, type DocumentServer } from '../support/document-server.js';
import { platformsOnce } from '../support/start-server.js';
import {
  OTHER_URI,
  REDIRECT_URI,
  startAuthorizationServer,
  WEB,
  type Client,
  type Json,
  type RunningServer,
} from './authorization-server/running-server.js';
import { McpClient } from './mcp-client.js';
import { startMcpProcess, type McpProcess } from './mcp-process.js';
import { Person, type Page } from './person.js';

const SCOPE = 'openid profile email offline_access api:read api:write';
const LOGIN = { username: 'alice', password: 'alice' };
const NOT_KEPT = { 'cache-control': 'no-cache' };
const CA = fileURLToPath(new URL('../support/tls/ca.pem', import.meta.url));
const UNKNOWN_PAGE = 'This application has to register again';
const UNAVAILABLE = [503, 'temporarily_unavailable'];
const UNKNOWN = [401, 'invalid_client'];

const METADATA = {
  client_name: 'Tide Tables',
  redirect_uris: [REDIRECT_URI, OTHER_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  scope: SCOPE,
};

describe.each(platformsOnce)('clients of the sample known by a document ($adapter, $database.name)', (platform) => {
  let site: DocumentServer;
  let server: RunningServer;
  let mcp: McpProcess | undefined;
  let stored: Client;
  let folder: string;
  let count = 0;
  const answers = new Map<string, RequestListener>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcr-clock-'));
    await setClock(0);
    site = await startDocumentServer();
    site.answer((request, response) => {
      const listener = answers.get(request.url ?? '');
      if (listener) listener(request, response);
      else response.writeHead(404).end();
    });
    server = await startAuthorizationServer({
      ...platform,
      environment: {
        ACCESS: 'open',
        ALLOW_LOOPBACK: 'true',
        NODE_EXTRA_CA_CERTS: CA,
        NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(movableClock(clockFile()))}`,
      },
    });
    stored = await server.register(WEB);
    mcp = await startMcpProcess({ ISSUER: server.issuer });
  });
  afterAll(async () => {
    await mcp?.stop();
    await server?.stop();
    await site?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const clockFile = () => join(folder, 'seconds');
  /** Moves the clock of the server. */
  const setClock = async (seconds: number) => writeFile(clockFile(), String(seconds));

  /** A URL of the document server that nothing has been at. */
  const newUrl = (): string => site.url('localhost', `/${count++}.json`);
  const pathOf = (url: string): string => new URL(url).pathname;
  const answer = (url: string, listener: RequestListener) => answers.set(pathOf(url), listener);
  const serveJson = (url: string, body: unknown, headers: Readonly<Record<string, string>> = NOT_KEPT) =>
    answer(url, (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
    );
  const serve = ({ client_id }: Client, members: Json = {}) =>
    serveJson(client_id, { client_id, ...METADATA, ...members });
  /** A client with a document of its own. */
  const documentClient = (members: Json = {}): Client => {
    const client = { client_id: newUrl(), registration_access_token: '' };
    serve(client, members);
    return client;
  };
  const requestsFor = ({ client_id }: Client) => site.requests.filter(({ path }) => path === pathOf(client_id)).length;

  const authorizationUrl = (client: Client, more: Readonly<Record<string, string | undefined>> = {}) =>
    server.authorizationUrl(client, { scope: SCOPE, prompt: 'consent', ...more });
  const tokensOf = async (client: Client): Promise<Json> => {
    const code = await server.codeFor(client, { scope: SCOPE, prompt: 'consent' });
    const { status, body } = await server.exchange(client, code);
    expect([status, body['error']]).toEqual([200, undefined]);
    return body;
  };
  const userinfo = async (token: unknown) => {
    const response = await fetch(`${server.url}/userinfo`, { headers: { authorization: `Bearer ${String(token)}` } });
    return [response.status, ((await response.json()) as Json)['error']];
  };
  /** What the token endpoint says to a client that has no code. */
  const atTokenEndpoint = async (client: Client) => {
    const { status, body } = await server.exchange(client, 'none');
    return [status, body['error']];
  };
  const consentPageOf = async (client: Client, person = new Person(), more = {}): Promise<Page> =>
    person.submit(await person.open(authorizationUrl(client, more)), LOGIN);

  it.each(['oauth-authorization-server', 'openid-configuration'])('%s announces documents', async (name) => {
    const response = await fetch(`${server.url}/.well-known/${name}`);
    expect(await response.json()).toMatchObject({ client_id_metadata_document_supported: true });
  });

  describe('openid-client 6', () => {
    const configure = async (clientId: string, authentication: ClientAuth): Promise<Configuration> =>
      discovery(new URL(server.issuer), clientId, {}, authentication, { execute: [allowInsecureRequests] });
    /** Sends alice through the pages. */
    const grant = async (config: Configuration) => {
      const pkceCodeVerifier = randomPKCECodeVerifier();
      const expectedState = randomState();
      const url = buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT_URI,
        scope: SCOPE,
        code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        prompt: 'consent',
      });
      const person = new Person();
      const consent = await person.submit(await person.open(url), LOGIN);
      const { leavesTo } = await person.submit(consent, { action: 'allow' });
      if (!leavesTo) throw new Error(`no call back: ${consent.text}`);
      const checks = { pkceCodeVerifier, expectedState, idTokenExpected: true };
      return { consent, tokens: await authorizationCodeGrant(config, leavesTo, checks) };
    };
    /** Uses tokens up, and gives them back. */
    const useAndRevoke = async (config: Configuration, refreshToken: string) => {
      const refreshed = await refreshTokenGrant(config, refreshToken);
      const { access_token: accessToken } = refreshed;
      expect(await fetchUserInfo(config, accessToken, 'alice')).toMatchObject({ name: 'Alice Ebb' });
      const { client_id: clientId } = config.clientMetadata();
      expect(await tokenIntrospection(config, accessToken)).toMatchObject({ active: true, client_id: clientId });
      await tokenRevocation(config, accessToken);
      expect(await tokenIntrospection(config, accessToken)).toEqual({ active: false });
      const last = refreshed.refresh_token ?? refreshToken;
      await tokenRevocation(config, last);
      await expect(refreshTokenGrant(config, last)).rejects.toMatchObject({ error: 'invalid_grant' });
    };

    it('needs a URL and PKCE to be a public client; the person sees who speaks for it', async () => {
      const { client_id } = documentClient();
      const config = await configure(client_id, None());
      const { consent, tokens } = await grant(config);
      const host = `<bdi>${new URL(client_id).host}</bdi>`;
      for (const fact of ['Tide Tables', 'describes itself', 'described by', host, 'tides.example']) {
        expect(consent.text).toContain(fact);
      }
      expect(consent.text).not.toContain('Registered');
      expect(tokens.claims()).toMatchObject({ sub: 'alice', aud: client_id });
      // Nobody else without a secret may ask.
      const stranger = await configure(documentClient().client_id, None());
      expect(await tokenIntrospection(stranger, tokens.access_token)).toEqual({ active: false });
      await useAndRevoke(config, String(tokens.refresh_token));
    });

    it('proves who it is with a key at the jwks_uri of its document, and with the next one without a restart', async () => {
      const jwksUri = newUrl();
      const { client_id } = documentClient({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri });
      const newKey = async (kid: string) => {
        const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
        const { privateKey, publicKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
        const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', publicKey);
        return { jwk: { kty, crv, x, y, kid }, key: { key: privateKey, kid } };
      };
      const [first, second] = [await newKey('1'), await newKey('2')];
      serveJson(jwksUri, { keys: [first.jwk] });
      const before = await configure(client_id, PrivateKeyJwt(first.key));
      const { tokens } = await grant(before);

      serveJson(jwksUri, { keys: [second.jwk] });
      // The provider keeps keys for a minute at least, whatever their origin says.
      await setClock(62);
      try {
        const secondsAhead = async () => {
          const { client_id_issued_at: issuedAt } = (await server.register(WEB)) as Client & Json;
          return Number(issuedAt) - Date.now() / 1000;
        };
        await expect.poll(secondsAhead).toBeGreaterThan(50);
        const after = await configure(client_id, PrivateKeyJwt(second.key));
        await useAndRevoke(after, String(tokens.refresh_token));
        await expect(refreshTokenGrant(before, String(tokens.refresh_token))).rejects.toMatchObject({
          error: 'invalid_client',
        });
      } finally {
        await setClock(0);
      }
    });
  });

  describe('the MCP SDK', () => {
    const countClients = async () => {
      const dataSource = await new DataSource(server.database.options).initialize();
      try {
        const [row] = await dataSource.query<{ clients: unknown }[]>('SELECT count(*) AS clients FROM oauth_clients');
        return Number(row?.clients);
      } finally {
        await dataSource.destroy();
      }
    };
    const toolOf = async (client: SdkClient, name: string) => {
      const { content } = await client.callTool({ name });
      return (content as { text: string }[])[0]?.text;
    };
    const LOOPBACK = 'http://127.0.0.1:33418/callback';
    const MCP_METADATA = {
      ...METADATA,
      client_name: 'Tide watch',
      redirect_uris: [LOOPBACK] satisfies [string],
      scope: 'api:read api:write',
    };
    /** What the person, and the client, are told; without what differs from one run to the next. */
    const refusalsOf = async (client: Client) => {
      const at = async (more: Readonly<Record<string, string | undefined>>) => {
        const { status, leavesTo, text } = await new Person().open(
          authorizationUrl(client, { redirect_uri: LOOPBACK, scope: 'api:read', ...more }),
        );
        return [status, leavesTo?.origin, leavesTo?.search, /<h1>(.*?)<\/h1>/.exec(text)?.[1]];
      };
      const code = async () => server.codeFor(client, { redirect_uri: LOOPBACK, scope: 'api:read', prompt: 'consent' });
      const token = async (more: Readonly<Record<string, string>>) => {
        const { status, body } = await server.exchange(client, await code(), { redirect_uri: LOOPBACK, ...more });
        return [status, body['error'], body['error_description']];
      };
      return {
        redirectUri: await at({ redirect_uri: 'https://evil.example/' }),
        withoutPkce: await at({ code_challenge: undefined, code_challenge_method: undefined }),
        scope: await at({ scope: 'email' }),
        responseType: await at({ response_type: 'token' }),
        verifier: await token({ code_verifier: 'w'.repeat(43) }),
        redirectUriOfCode: await token({ redirect_uri: OTHER_URI }),
        secret: await token({ client_secret: 'wrong' }),
        machine: (await server.form('/token', { grant_type: 'client_credentials' }, client)).body,
      };
    };

    it('goes the same way with a document as with a registration, without one', async () => {
      const { client_id } = documentClient({ ...MCP_METADATA });
      const url = new URL(String(mcp?.url));
      // The MCP server registers itself when it sees the first token.
      await fetch(url, { method: 'POST', headers: { authorization: 'Bearer none' } });
      const clients = await countClients();

      const byDocument = new McpClient(url, MCP_METADATA, client_id);
      const connected = await byDocument.connect();
      expect(byDocument.client).toMatchObject({ client_id });
      expect(await toolOf(connected, 'tides')).toBe('high water at 04:12');
      expect(await toolOf(connected, 'whoami')).toBe(`alice by ${client_id}`);
      expect(await countClients()).toBe(clients);

      const registered = new McpClient(url, MCP_METADATA);
      const other = await registered.connect();
      expect(await toolOf(other, 'tides')).toBe('high water at 04:12');
      expect(await toolOf(other, 'whoami')).toBe(`alice by ${registered.client?.client_id}`);
      expect(await countClients()).toBe(clients + 1);

      expect(byDocument.steps.join('\n')).not.toContain('/register');
      expect(registered.steps.filter((step) => step !== 'POST /register 201')).toEqual(byDocument.steps);
      expect(Object.keys(registered.saved ?? {})).toEqual(Object.keys(byDocument.saved ?? {}));
      expect(registered.saved?.scope).toBe(byDocument.saved?.scope);
      const asked = ({ consent }: McpClient) => consent?.text.match(/<li>.*?<\/li>|<h1>.*<\/h1>|a program on[^<]*/g);
      expect(asked(byDocument)).toHaveLength(3);
      expect(asked(registered)).toEqual(asked(byDocument));

      const refusals = await refusalsOf({ client_id, registration_access_token: '' });
      const { client_id: registeredId } = registered.client ?? { client_id: '' };
      expect(await refusalsOf({ client_id: registeredId, registration_access_token: '' })).toEqual(refusals);
      expect(refusals.redirectUri).toMatchObject([400, undefined, undefined, expect.any(String)]);
      for (const refused of [refusals.withoutPkce, refusals.scope]) {
        expect(refused.slice(0, 2)).toEqual([303, new URL(LOOPBACK).origin]);
      }
      expect(refusals.scope[2]).toContain('error=invalid_scope');
      expect(refusals.withoutPkce[2]).toContain('error=invalid_request');
      expect(refusals.verifier.slice(0, 2)).toEqual([400, 'invalid_grant']);
    });
  });

  describe('a document that has changed, from the next request on', () => {
    it('without a redirect URI: nothing goes there, and what it had is gone', async () => {
      const client = documentClient();
      const { access_token, refresh_token } = await tokensOf(client);
      const code = await server.codeFor(client, { scope: SCOPE });
      const [atLogin, atConsent] = [new Person(), new Person()];
      const login = await atLogin.open(authorizationUrl(client));
      const consent = await consentPageOf(client, atConsent);
      serve(client, { redirect_uris: [OTHER_URI] });

      const refused = await new Person().open(authorizationUrl(client));
      expect([refused.status, refused.leavesTo]).toEqual([400, undefined]);
      expect((await server.exchange(client, code)).body['error']).toBe('invalid_grant');
      for (const page of [await atLogin.submit(login, LOGIN), await atConsent.submit(consent, { action: 'allow' })]) {
        expect([page.status, page.leavesTo]).toEqual([400, undefined]);
      }
      expect((await userinfo(access_token))[0]).toBe(401);
      expect((await server.refresh(client, refresh_token)).body['error']).toBe('invalid_grant');
      expect(await server.introspect(access_token, stored)).toEqual({ active: false });
      // Whoever consented is asked anew.
      const again = await consentPageOf(client, new Person(), { redirect_uri: OTHER_URI, prompt: undefined });
      expect(again.text).toContain('Allow access?');
    });

    it('with private_key_jwt in place of none: a code is worth nothing without an assertion', async () => {
      const client = documentClient();
      const { refresh_token } = await tokensOf(client);
      const code = await server.codeFor(client, { scope: SCOPE });
      const { publicKey } = await generateKeyPair('ES256');
      const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: '1' }] };
      serve(client, { token_endpoint_auth_method: 'private_key_jwt', jwks });
      expect((await server.exchange(client, code)).body['error']).toBe('invalid_client');
      const { status, body } = await server.refresh(client, refresh_token);
      expect([status, body['error']]).toEqual(UNKNOWN);
      // Nor when it says none again: the one who has the keys is another one.
      serve(client);
      for (const answered of [await server.exchange(client, code), await server.refresh(client, refresh_token)]) {
        expect(answered.body['error']).toBe('invalid_grant');
      }
    });

    it('with other keys: what it had is gone', async () => {
      const key = async () => {
        const { publicKey } = await generateKeyPair('ES256');
        return { keys: [{ ...(await exportJWK(publicKey)), kid: '1' }] };
      };
      const client = documentClient({ jwks: await key() });
      const { access_token, refresh_token } = await tokensOf(client);
      serve(client, { jwks: await key() });
      expect((await server.refresh(client, refresh_token)).body['error']).toBe('invalid_grant');
      expect((await userinfo(access_token))[0]).toBe(401);
    });

    it('with another name: it is shown before anybody consents, and tokens live', async () => {
      const client = documentClient();
      const { refresh_token } = await tokensOf(client);
      const person = new Person();
      const former = await consentPageOf(client, person);
      expect(former.text).toContain('<bdi>Tide Tables</bdi>');
      serve(client, { client_name: 'Ebb and Flow' });
      const shown = await person.submit(former, { action: 'allow' });
      expect([shown.leavesTo, shown.text.includes('<bdi>Ebb and Flow</bdi>')]).toEqual([undefined, true]);
      expect((await person.submit(shown, { action: 'allow' })).leavesTo?.searchParams.has('code')).toBe(true);
      expect((await server.refresh(client, refresh_token)).status).toBe(200);
    });

    it('with a narrower scope: tokens have no more than that', async () => {
      const client = documentClient();
      const { refresh_token } = await tokensOf(client);
      serve(client, { scope: 'openid api:read' });
      const { status, body } = await server.refresh(client, refresh_token);
      expect([status, body['scope']]).toEqual([200, 'openid api:read']);
      expect((await server.introspect(body['access_token'], stored))['scope']).toBe('openid api:read');
    });
  });

  it('a document that is gone (404): the client is unknown, and what it had is dead', async () => {
    const client = documentClient();
    const { access_token, refresh_token } = await tokensOf(client);
    const person = new Person();
    const login = await person.open(authorizationUrl(client));
    answers.delete(pathOf(client.client_id));
    const page = await new Person().open(authorizationUrl(client));
    expect([page.status, page.leavesTo, page.text.includes(UNKNOWN_PAGE)]).toEqual([400, undefined, true]);
    expect(await atTokenEndpoint(client)).toEqual(UNKNOWN);
    expect((await server.refresh(client, refresh_token)).body['error']).toBe('invalid_client');
    expect((await userinfo(access_token))[0]).toBe(401);
    expect(await server.introspect(access_token, stored)).toEqual({ active: false });
    const after = await person.submit(login, LOGIN);
    expect([after.status, after.leavesTo]).toEqual([400, undefined]);
  });

  describe('a document that cannot be had now', () => {
    const expectUnavailable = async (client: Client, tokens: Json, login: [Person, Page]) => {
      const { access_token, refresh_token } = tokens;
      for (const { status, body } of [
        await server.exchange(client, 'none'),
        await server.refresh(client, refresh_token),
        await server.form('/introspect', { token: String(access_token) }, stored),
        await server.form('/revoke', { token: String(access_token) }, client),
      ]) {
        expect([status, body['error']]).toEqual(UNAVAILABLE);
      }
      expect(await userinfo(access_token)).toEqual(UNAVAILABLE);
      const [person, page] = login;
      for (const shown of [await new Person().open(authorizationUrl(client)), await person.submit(page, LOGIN)]) {
        expect([shown.status, shown.leavesTo]).toEqual([503, undefined]);
        expect(shown.text).toContain('temporarily_unavailable');
        expect(shown.text).not.toContain(UNKNOWN_PAGE);
      }
    };

    it('says nothing about the client, which carries on when it is back', async () => {
      const client = documentClient();
      const tokens = await tokensOf(client);
      const person = new Person();
      const login = await person.open(authorizationUrl(client));
      answer(client.client_id, (_request, response) => response.writeHead(500).end());
      await expectUnavailable(client, tokens, [person, login]);

      serve(client);
      expect((await userinfo(tokens['access_token']))[0]).toBe(200);
      expect((await person.submit(login, LOGIN)).text).toContain('Allow access?');
      expect((await server.refresh(client, tokens['refresh_token'])).status).toBe(200);
    });

    it('because its server is down: the same', async () => {
      const own = await startDocumentServer();
      const client_id = own.url('localhost', '/client.json');
      own.answerJson({ client_id, ...METADATA }, NOT_KEPT);
      const client = { client_id, registration_access_token: '' };
      const tokens = await tokensOf(client);
      const person = new Person();
      const login = await person.open(authorizationUrl(client));
      await own.close();
      await expectUnavailable(client, tokens, [person, login]);
    });

    it('while its server does not answer, keeps no client waiting that is stored', async () => {
      const client = documentClient();
      const held: (() => void)[] = [];
      answer(client.client_id, (_request, response) => held.push(() => response.writeHead(500).end()));
      const waiting = Array.from({ length: 20 }, () => atTokenEndpoint(client));
      while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      let isAnswered = false;
      void waiting[0]?.then(() => (isAnswered = true));
      expect(await server.introspect((await tokensOf(stored))['access_token'], stored)).toMatchObject({ active: true });
      expect((await consentPageOf(await server.register(WEB))).text).toContain('Allow access?');
      expect(isAnswered).toBe(false);
      for (const release of held) release();
      for (const one of await Promise.all(waiting)) expect(one).toEqual(UNAVAILABLE);
      // All that asked have waited for the same request.
      expect(requestsFor(client)).toBe(1);
    });
  });

  describe('is unknown, by one request each time and nothing kept, with a document', () => {
    const json = (members: Json) => (client: Client) => serveJson(client.client_id, bodyOf(client, members), {});
    const bodyOf = ({ client_id }: Client, members: Json) => ({ client_id, ...METADATA, ...members });
    it.each<[string, (client: Client) => void]>([
      ['with a client_secret', json({ client_secret: 'secret' })],
      ['with a method that needs one', json({ token_endpoint_auth_method: 'client_secret_basic' })],
      ['for another client_id', json({ client_id: 'https://localhost/client.json' })],
      ['of more than 5 KB', json({ client_uri: `https://tides.example/${'x'.repeat(5120)}` })],
      ['as text/html', (client) => serveJson(client.client_id, bodyOf(client, {}), { 'content-type': 'text/html' })],
      [
        'elsewhere (302)',
        ({ client_id }) =>
          answer(client_id, (_request, response) =>
            response.writeHead(302, { location: documentClient().client_id }).end(),
          ),
      ],
    ])('%s', async (_what, serveIt) => {
      const client = documentClient();
      serveIt(client);
      site.forget();
      expect(await atTokenEndpoint(client)).toEqual(UNKNOWN);
      expect(site.requests).toHaveLength(1);
      const page = await new Person().open(authorizationUrl(client));
      expect([page.status, page.leavesTo, page.text.includes(UNKNOWN_PAGE)]).toEqual([400, undefined, true]);
      expect(site.requests.every(({ path }) => path === pathOf(client.client_id))).toBe(true);
      site.forget();
      // As soon as it is as it should be, it is known.
      serve(client);
      expect(await atTokenEndpoint(client)).toEqual([400, 'invalid_grant']);
    });
  });
});

/** Lets the clock of a process be moved by as many seconds as a file says. */
function movableClock(file: string): string {
  return `
    import { readFileSync } from 'node:fs';
    const { now } = Date;
    let milliseconds = 0;
    setInterval(() => (milliseconds = 1000 * Number(readFileSync(${JSON.stringify(file)}, 'utf8'))), 20).unref();
    Date.now = () => now() + milliseconds;
  `;
}
