import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleProcess, type SampleProcess } from '../contract/sample-process.js';
import type { CreatedDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { platforms } from '../support/start-server.js';
import { Person } from './person.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
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

/** Each adapter, and each of the databases that come with the packages: what the client meets is the same on all. */
const used = platforms.filter(
  ({ adapter, database }) => database.kind === (adapter === 'express' ? 'sqlite' : 'postgres'),
);

describe.each(used)(
  'sample/mcp-server and the MCP SDK, from a 401 ($adapter, $database.name)',
  ({ adapter, database: kind }) => {
    let database: CreatedDatabase;
    let authorizationServer: SampleProcess;
    let mcp: ChildProcess;
    let url: URL;

    beforeAll(async () => {
      database = await kind.create();
      authorizationServer = await startSampleProcess({
        DATABASE_URL: database.url,
        HTTP_ADAPTER: adapter,
        ACCESS: 'open',
      });
      const port = await freePort();
      url = new URL(`http://localhost:${port}/mcp`);
      mcp = spawn(process.execPath, ['build/sample/mcp-server/main.js'], {
        cwd: root,
        env: { ...process.env, PORT: String(port), ISSUER: authorizationServer.issuer },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (mcp.stdout) await once(mcp.stdout, 'data');
    });
    afterAll(async () => {
      mcp?.kill();
      if (mcp) await once(mcp, 'exit');
      await authorizationServer?.stop();
      await database?.drop();
    });

    /** Connects as an application does: when the server asks for it, a person is sent to log in, and then it goes on. */
    const connect = async (memory: Memory): Promise<Client> => {
      const transport = () => new StreamableHTTPClientTransport(url, { authProvider: memory, fetch: memory.fetch });
      const client = new Client({ name: 'tide-watch', version: '1.0.0' });
      const first = transport();
      try {
        await client.connect(first);
        return client;
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
        await first.finishAuth(String(memory.calledBack?.searchParams.get('code')));
      }
      const second = new Client({ name: 'tide-watch', version: '1.0.0' });
      await second.connect(transport());
      return second;
    };
    const call = async (client: Client, name: string) => {
      const { content } = await client.callTool({ name });
      return (content as { text: string }[])[0]?.text;
    };
    /** The client information of a client, with what the SDK does not keep. */
    const registered = async (metadata: object) => {
      const response = await fetch(`${authorizationServer.issuer}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(metadata),
      });
      return (await response.json()) as Record<string, string>;
    };

    it('registers, authorizes, calls a tool; when its client is deleted it registers again and carries on', async () => {
      const memory = new Memory();
      const client = await connect(memory);
      expect(await call(client, 'tides')).toBe('high water at 04:12');
      expect(await call(client, 'whoami')).toBe(`alice by ${memory.clients[0]?.client_id}`);

      const [{ registration_client_uri: uri = '', registration_access_token: token = '' } = {}] = memory.registrations;
      const deleted = await fetch(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
      expect(deleted.status).toBe(204);

      // The token is dead, the refresh token answers invalid_client: the SDK forgets all and sends the person again.
      await expect(call(client, 'tides')).rejects.toBeInstanceOf(UnauthorizedError);
      const again = await finish(memory);
      expect(await call(again, 'whoami')).toBe(`alice by ${memory.clients[1]?.client_id}`);
      expect(new Set(memory.clients.map(({ client_id }) => client_id)).size).toBe(2);
    });

    /** Goes on where the SDK has sent the person. */
    const finish = async (memory: Memory): Promise<Client> => {
      const transport = new StreamableHTTPClientTransport(url, { authProvider: memory, fetch: memory.fetch });
      await transport.finishAuth(String(memory.calledBack?.searchParams.get('code')));
      return connect(memory);
    };

    it('says where to get a token, and who protects it (RFC 9728)', async () => {
      const response = await fetch(url, { method: 'POST' });
      const metadata = `${url.origin}/.well-known/oauth-protected-resource/mcp`;
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(`Bearer scope="api:read", resource_metadata="${metadata}"`);
      expect(await (await fetch(metadata)).json()).toMatchObject({
        resource: url.href,
        authorization_servers: [authorizationServer.issuer],
      });
    });

    describe('refuses', () => {
      /** An access token for this resource and scope. */
      const accessToken = async (scope: string, resource: string | undefined) => {
        const { client_id = '' } = await registered({
          redirect_uris: [REDIRECT_URI],
          token_endpoint_auth_method: 'none',
        });
        const verifier = 'v'.repeat(43);
        const digest = await crypto.subtle.digest('SHA-256', Buffer.from(verifier));
        const query = new URLSearchParams({
          client_id,
          redirect_uri: REDIRECT_URI,
          response_type: 'code',
          scope,
          code_challenge: Buffer.from(digest).toString('base64url'),
          code_challenge_method: 'S256',
          ...(resource !== undefined && { resource }),
        });
        const back = await new Person().authorize(`${authorizationServer.issuer}/authorize?${query.toString()}`);
        const response = await fetch(`${authorizationServer.issuer}/token`, {
          method: 'POST',
          body: new URLSearchParams({
            client_id,
            grant_type: 'authorization_code',
            code: String(back.searchParams.get('code')),
            redirect_uri: REDIRECT_URI,
            code_verifier: verifier,
          }),
        });
        return ((await response.json()) as { access_token: string }).access_token;
      };
      const ask = async (token: string) => {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'application/json, text/event-stream',
            'content-type': 'application/json',
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
        });
        await response.text();
        return [response.status, /error="(\w+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]];
      };

      it('a token of nobody, and takes one for it', async () => {
        expect(await ask('nobody')).toEqual([401, 'invalid_token']);
        expect(await ask(await accessToken('openid api:read', url.href))).toEqual([200, undefined]);
      });

      it('a token for another resource, or for none (RFC 8707)', async () => {
        expect(await ask(await accessToken('api:read', 'https://other.example/mcp'))).toEqual([401, 'invalid_token']);
        expect(await ask(await accessToken('openid api:read', undefined))).toEqual([401, 'invalid_token']);
      });

      it('a token without the scope (RFC 6750 section 3.1)', async () => {
        expect(await ask(await accessToken('api:write', url.href))).toEqual([403, 'insufficient_scope']);
      });
    });
  },
);
