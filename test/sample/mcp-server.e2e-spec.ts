import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSampleProcess, type SampleProcess } from '../contract/sample-process.js';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { platformsOnce } from '../support/start-server.js';
import { startMcpProcess, type McpProcess } from './mcp-process.js';
import { Person } from './person.js';

const sample = fileURLToPath(new URL('../../sample/mcp-server/', import.meta.url));
const REDIRECT_URI = 'http://127.0.0.1:33418/callback';

/** An MCP client that keeps everything in memory, and a person who agrees to all it asks. */
class Memory implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT_URI;
  readonly clientMetadata = {
    client_name: 'Tide watch',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  readonly person = new Person();
  /** All clients it ever was. */
  readonly clients: OAuthClientInformationMixed[] = [];
  /** The same with what the SDK throws away: what a client manages itself with. */
  readonly registrations: Record<string, string>[] = [];
  calledBack: URL | undefined;
  private client: OAuthClientInformationMixed | undefined;
  private saved: OAuthTokens | undefined;
  private verifier = '';

  readonly fetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (response.status === 201) this.registrations.push((await response.clone().json()) as Record<string, string>);
    return response;
  };
  clientInformation = () => this.client;
  saveClientInformation = (client: OAuthClientInformationMixed) => {
    this.client = client;
    this.clients.push(client);
  };
  tokens = () => this.saved;
  saveTokens = (tokens: OAuthTokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier: string) => void (this.verifier = verifier);
  redirectToAuthorization = async (url: URL) => {
    this.calledBack = await this.person.authorize(url);
  };
  invalidateCredentials = (scope: string) => {
    if (scope === 'all' || scope === 'client') this.client = undefined;
    if (scope === 'all' || scope === 'tokens') this.saved = undefined;
  };
}

/** A client that registers itself. */
async function register(issuer: string, metadata: object = {}) {
  const response = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [REDIRECT_URI], ...metadata }),
  });
  return (await response.json()) as { client_id: string; client_secret: string };
}

/** What a person is asked to consent to. */
interface Consent {
  readonly scope?: string;
  readonly resource?: string;
}

/** The tokens of a new client, with the consent of alice. */
async function tokens(
  issuer: string,
  { scope = 'api:read', resource }: Consent,
  headers: Readonly<Record<string, string>> = {},
) {
  const grantTypes = ['authorization_code', 'refresh_token'];
  const { client_id } = await register(issuer, { grant_types: grantTypes, token_endpoint_auth_method: 'none' });
  const verifier = 'v'.repeat(43);
  const query = new URLSearchParams({
    client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource !== undefined && { resource }),
  });
  const back = await new Person().authorize(`${issuer}/authorize?${query.toString()}`);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({
      client_id,
      grant_type: 'authorization_code',
      code: String(back.searchParams.get('code')),
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    }),
  });
  return (await response.json()) as { access_token: string; refresh_token: string; token_type: string };
}

const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

/** Calls the MCP server with a token. @returns the status, and the error of the challenge */
async function call(url: URL, token: string, body = PING, type = 'application/json') {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': type,
    },
    body,
  });
  await response.text();
  return [response.status, /error="(\w+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]];
}

const IS_INVALID = [401, 'invalid_token'];

const [first] = databases;
if (!first) throw new Error('no database');
/** Ends what a test has started for itself. */
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});
const createDatabase = async (): Promise<CreatedDatabase> => {
  const created = await first.create();
  stops.push(() => created.drop());
  return created;
};
const startAuthorizationServer = async (environment: Readonly<Record<string, string>>) => {
  const server = await startSampleProcess(environment);
  stops.push(() => server.stop());
  return server;
};
const startMcpServer = async (environment: Readonly<Record<string, string>>) => {
  const server = await startMcpProcess(environment);
  stops.push(() => server.stop());
  return server;
};

describe.each(platformsOnce)(
  'sample/mcp-server and the MCP SDK, from a 401 ($adapter, $database.name)',
  ({ adapter, database: kind }) => {
    let database: CreatedDatabase;
    let authorizationServer: SampleProcess;
    let issuer: string;
    let mcp: McpProcess;
    let url: URL;

    beforeAll(async () => {
      database = await kind.create();
      authorizationServer = await startSampleProcess({
        DATABASE_URL: database.url,
        HTTP_ADAPTER: adapter,
        ACCESS: 'open',
      });
      ({ issuer } = authorizationServer);
      mcp = await startMcpProcess({ ISSUER: issuer });
      ({ url } = mcp);
    });
    afterAll(async () => {
      await mcp?.stop();
      await authorizationServer?.stop();
      await database?.drop();
    });

    const transportOf = (memory: Memory) =>
      new StreamableHTTPClientTransport(url, { authProvider: memory, fetch: memory.fetch });
    /** Connects as an application does: when the server asks for it, a person is sent to log in, and then it goes on. */
    const connect = async (memory: Memory): Promise<Client> => {
      const client = new Client({ name: 'tide-watch', version: '1.0.0' });
      try {
        await client.connect(transportOf(memory));
        return client;
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
        return carryOn(memory);
      }
    };
    /** Goes on where the SDK has sent the person. */
    const carryOn = async (memory: Memory): Promise<Client> => {
      await transportOf(memory).finishAuth(String(memory.calledBack?.searchParams.get('code')));
      const client = new Client({ name: 'tide-watch', version: '1.0.0' });
      await client.connect(transportOf(memory));
      return client;
    };
    const callTool = async (client: Client, name: string) => {
      const { content } = await client.callTool({ name });
      return (content as { text: string }[])[0]?.text;
    };

    it('registers, authorizes, calls a tool; when its client is deleted it registers again and carries on', async () => {
      const memory = new Memory();
      const client = await connect(memory);
      expect(await callTool(client, 'tides')).toBe('high water at 04:12');
      expect(await callTool(client, 'whoami')).toBe(`alice by ${memory.clients[0]?.client_id}`);

      const [{ registration_client_uri: uri = '', registration_access_token: token = '' } = {}] = memory.registrations;
      const deleted = await fetch(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
      expect(deleted.status).toBe(204);

      // The token is dead, the refresh token answers invalid_client: the SDK forgets all and sends the person again.
      await expect(callTool(client, 'tides')).rejects.toBeInstanceOf(UnauthorizedError);
      const again = await carryOn(memory);
      expect(await callTool(again, 'whoami')).toBe(`alice by ${memory.clients[1]?.client_id}`);
      expect(new Set(memory.clients.map(({ client_id }) => client_id)).size).toBe(2);
    });

    it('says where to get a token, and who protects it (RFC 9728)', async () => {
      const response = await fetch(url, { method: 'POST' });
      const metadata = `${url.origin}/.well-known/oauth-protected-resource/mcp`;
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(`Bearer scope="api:read", resource_metadata="${metadata}"`);
      expect(await (await fetch(metadata)).json()).toEqual({
        resource: url.href,
        resource_name: 'Tide tables',
        authorization_servers: [issuer],
        scopes_supported: ['api:read', 'api:write'],
        bearer_methods_supported: ['header'],
      });
    });

    it('answers browsers of any origin, and shows them the challenge', async () => {
      const origin = 'http://localhost:6274';
      const preflight = await fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
        },
      });
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
      const refused = await fetch(url, { method: 'POST', headers: { origin } });
      expect(refused.headers.get('access-control-allow-origin')).toBe('*');
      expect(refused.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    });

    it('takes a token for it, and what is no message is a mistake of the client', async () => {
      const { access_token } = await tokens(issuer, { resource: url.href });
      expect(await call(url, access_token)).toEqual([200, undefined]);
      for (const [body, type] of [
        ['{"jsonrpc":"2.0"}', 'application/json'],
        ['5', 'application/json'],
        ['{', 'application/json'],
        [PING, 'text/plain'],
      ] as const) {
        const [status] = await call(url, access_token, body, type);
        expect([400, 415], `${type} ${body}`).toContain(status);
      }
      const get = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } });
      expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    });

    it('says what it is, how to run it and a request that shows where to go on', async () => {
      const [, what, run, curl, ...rest] = readFileSync(`${sample}README.md`, 'utf8').trim().split('\n\n');
      expect(what).toMatch(/^[A-Z][^\n]* Copy [^\n]*\.$/);
      expect(run).toContain('`npm run sample:mcp`');
      expect(rest).toEqual([]);
      const command = /^```sh\n(curl [^`]*)\n```$/.exec(curl ?? '')?.[1] ?? 'false';
      const here = command.replace('http://localhost:3001/mcp', url.href);
      const { stdout } = await promisify(execFile)('sh', ['-c', `${here} -sS`]);
      expect(stdout).toMatch(/^HTTP\/1.1 401 .*^WWW-Authenticate: Bearer .*resource_metadata=/ms);
    });

    it('registers once for all requests that see at different times that its client is gone', async () => {
      vi.stubEnv('ISSUER', issuer);
      vi.resetModules();
      const { OwnClient } = await import('../../sample/mcp-server/own-client.js');
      vi.unstubAllEnvs();
      const client = new OwnClient();
      const gone = client.registration();
      expect(client.registration()).toBe(gone);
      client.forget(gone);
      const next = client.registration();
      expect(next).not.toBe(gone);
      client.forget(gone);
      expect(client.registration()).toBe(next);
      await Promise.all([gone, next]);
    });

    describe('refuses', () => {
      it('a token of nobody', async () => {
        expect(await call(url, 'nobody')).toEqual(IS_INVALID);
      });

      it('a token for another resource, or for none (RFC 8707)', async () => {
        const other = await tokens(issuer, { resource: 'https://other.example/mcp' });
        expect(await call(url, other.access_token)).toEqual(IS_INVALID);
        const none = await tokens(issuer, { scope: 'openid api:read' });
        expect(await call(url, none.access_token)).toEqual(IS_INVALID);
      });

      it('a token without the scope (RFC 6750 section 3.1)', async () => {
        const { access_token } = await tokens(issuer, { scope: 'api:write', resource: url.href });
        expect(await call(url, access_token)).toEqual([403, 'insufficient_scope']);
      });

      it('a refresh token', async () => {
        const { refresh_token } = await tokens(issuer, { resource: url.href });
        expect(refresh_token).toEqual(expect.any(String));
        expect(await call(url, refresh_token)).toEqual(IS_INVALID);
      });

      it('a token that is worth nothing without a proof (RFC 9449 section 7.2)', async () => {
        const { privateKey, publicKey } = await generateKeyPair('ES256');
        const proof = await new SignJWT({ htm: 'POST', htu: `${issuer}/token`, jti: randomUUID() })
          .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
          .setIssuedAt()
          .sign(privateKey);
        const { access_token, token_type } = await tokens(issuer, { resource: url.href }, { dpop: proof });
        expect(token_type).toBe('DPoP');
        expect(await call(url, access_token)).toEqual(IS_INVALID);
      });
    });

    it('refuses tokens of another authorization server, and those that have expired by its own clock', async () => {
      // It thinks that its tokens are good for 15 minutes, and they ended 45 minutes ago.
      const clock = 'const now = Date.now; Date.now = () => now() - 3600_000';
      const late = await startAuthorizationServer({
        DATABASE_URL: (await createDatabase()).url,
        ACCESS: 'open',
        NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(clock)}`,
      });
      const foreign = await tokens(late.issuer, { resource: url.href });
      expect(await call(url, foreign.access_token)).toEqual(IS_INVALID);

      const lateMcp = await startMcpServer({ ISSUER: late.issuer });
      const { access_token: token } = await tokens(late.issuer, { resource: lateMcp.url.href });
      const { client_id, client_secret } = await register(late.issuer);
      const introspection = await fetch(`${late.issuer}/introspect`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id, client_secret }),
      });
      expect(await introspection.json()).toMatchObject({ active: true, aud: lateMcp.url.href, scope: 'api:read' });
      expect(await call(lateMcp.url, token)).toEqual(IS_INVALID);
    });
  },
);

describe('sample/mcp-server', () => {
  it('is at most a screen of code in a file', () => {
    for (const file of readdirSync(sample)) {
      expect(readFileSync(sample + file, 'utf8').split('\n').length).toBeLessThan(50);
    }
  });

  describe('as a client of the authorization server', () => {
    const onDatabase = async (created: CreatedDatabase, sql: string) => {
      const dataSource = await new DataSource(created.options).initialize();
      try {
        return await dataSource.query<Readonly<Record<string, unknown>>[]>(sql);
      } finally {
        await dataSource.destroy();
      }
    };
    const countClients = async (created: CreatedDatabase) =>
      (await onDatabase(created, 'SELECT count(*) AS clients FROM oauth_clients'))[0]?.['clients'];

    it('starts first, registers when a token comes, anew when its client is gone, and deletes it in the end', async () => {
      const database = await createDatabase();
      const port = await freePort();
      const { url, stop } = await startMcpServer({ ISSUER: `http://localhost:${port}` });
      expect(await call(url, 'nobody')).toEqual([503, undefined]);

      await startAuthorizationServer({ DATABASE_URL: database.url, PORT: String(port), ACCESS: 'open' });
      expect(await call(url, 'nobody')).toEqual(IS_INVALID);
      expect(await countClients(database)).toBe(1);

      await onDatabase(database, 'DELETE FROM oauth_clients');
      const many = await Promise.all(Array.from({ length: 8 }, () => call(url, 'nobody')));
      expect(many).toEqual(Array.from({ length: 8 }, () => IS_INVALID));
      expect(await countClients(database)).toBe(1);

      await stop();
      expect(await countClients(database)).toBe(0);
    });

    it('tells what is missing where registration is not open, and brings the token that it is given', async () => {
      const token = 'initial-access-token-of-this-test';
      const { issuer } = await startAuthorizationServer({
        DATABASE_URL: (await createDatabase()).url,
        INITIAL_ACCESS_TOKEN: token,
      });
      const without = await startMcpServer({ ISSUER: issuer });
      expect(await call(without.url, 'nobody')).toEqual([503, undefined]);
      await without.stop();
      expect(without.output).toContain('start the authorization server with ACCESS=open, or set INITIAL_ACCESS_TOKEN');

      const { url } = await startMcpServer({ ISSUER: issuer, INITIAL_ACCESS_TOKEN: token });
      expect(await call(url, 'nobody')).toEqual(IS_INVALID);
    });
  });
});
