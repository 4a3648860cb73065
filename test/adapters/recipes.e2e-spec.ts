import {
  AuthorizationServer,
  DateInterval,
  guardAgainstInvalidClientScopes,
  type OAuthToken,
} from '@jmondi/oauth2-server';
import { tokenHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/token.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, machineMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { JmondiClients } from './recipes/jmondi-clients.js';
import { McpClientsStore } from './recipes/mcp-clients-store.js';

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

describe('docs/adapters.md', () => {
  it.each(['jmondi-clients', 'mcp-clients-store'])('shows the recipe %s as it is tested', (name) => {
    const page = readFileSync(new URL('../../docs/adapters.md', import.meta.url), 'utf8');
    const code = readFileSync(new URL(`recipes/${name}.ts`, import.meta.url), 'utf8');
    expect(page).toContain(`<!-- ${name} -->\n\n\`\`\`ts\n${code}\`\`\`\n\n<!-- /${name} -->`);
  });
});

describe.each(databases.slice(0, 2))('the recipes ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: { isGlobal: true, server: { scopes: ['api:read', 'api:write'] } },
      providers: [JmondiClients, McpClientsStore],
    });
  });
  afterAll(() => server.close());

  const register = async (members: Members): Promise<Client> => {
    const { status, body } = await server.register(members);
    expect(status).toBe(201);
    return body as Client;
  };

  describe('@jmondi/oauth2-server 4', () => {
    let jmondi: AuthorizationServer;
    beforeAll(() => {
      const issueToken = async (client: OAuthToken['client'], scopes: OAuthToken['scopes']): Promise<OAuthToken> => ({
        accessToken: 'token',
        accessTokenExpiresAt: new Date(Date.now() + 60_000),
        client,
        scopes,
      });
      const never = async () => {
        throw new Error('not asked for');
      };
      const tokens = {
        issueToken,
        issueRefreshToken: never,
        persist: async () => {},
        revoke: never,
        isRefreshTokenRevoked: never,
        getByRefreshToken: never,
      };
      const scopes = {
        getAllByIdentifiers: async (names: string[]) => names.map((name) => ({ name })),
        finalize: async (asked: OAuthToken['scopes'], _grant: string, client: OAuthToken['client']) => {
          guardAgainstInvalidClientScopes(client, asked);
          return asked;
        },
      };
      jmondi = new AuthorizationServer(server.app.get(JmondiClients), tokens, scopes, 'a key of this test');
      jmondi.enableGrantType('client_credentials', new DateInterval('1m'));
    });
    const token = async (body: Readonly<Record<string, string>>) => {
      try {
        const request = { headers: {}, query: {}, body: { grant_type: 'client_credentials', ...body } };
        return (await jmondi.respondToAccessTokenRequest(request)).status;
      } catch (error) {
        return (error as { errorType?: unknown }).errorType;
      }
    };

    it('proves a client by its secret', async () => {
      const { client_id, client_secret } = await register(machineMetadata({ response_types: [], scope: 'api:read' }));
      expect(await token({ client_id, client_secret, scope: 'api:read' })).toBe(200);
      // A code of its own.
      expect(await token({ client_id, client_secret, scope: 'api:write' })).toBe('unauthorized_scope');
      for (const wrong of ['wrong', ''])
        expect(await token({ client_id, client_secret: wrong })).toBe('invalid_client');
      expect(await token({ client_id })).toBe('invalid_client');
      expect(await token({ client_id: 'nobody', client_secret })).toBe('invalid_client');
    });

    it('gives a public client, and one with keys, no client_credentials', async () => {
      const { client_id } = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
      expect(await token({ client_id })).toBe('invalid_client');
      const jwks_uri = 'https://tides.example/jwks';
      const keys = machineMetadata({ response_types: [], token_endpoint_auth_method: 'private_key_jwt', jwks_uri });
      expect(await token({ client_id: (await register(keys)).client_id, client_secret: 'has keys' })).toBe(
        'invalid_client',
      );
    });

    it('compares redirect URIs as this module does', async () => {
      const clients = server.app.get(JmondiClients);
      const { client_id } = await register(
        clientMetadata({ redirect_uris: ['https://tides.example/cb', 'http://127.0.0.1/cb'] }),
      );
      await clients.requireRedirectUri(client_id, 'http://127.0.0.1:33418/cb');
      for (const wrong of ['https://tides.example:8443/cb', 'https://tides.example/cb?x=1', 'https://evil.example/']) {
        await expect(clients.requireRedirectUri(client_id, wrong)).rejects.toThrow();
      }
    });
  });

  describe('the MCP SDK', () => {
    const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url');
    const token = async (form: Readonly<Record<string, string>>) => {
      const provider = {
        clientsStore: server.app.get(McpClientsStore),
        challengeForAuthorizationCode: async () => challenge,
        exchangeAuthorizationCode: async () => ({ access_token: 'token', token_type: 'Bearer' }),
      } as unknown as OAuthServerProvider;
      const adapter = new ExpressAdapter();
      adapter.use('/token', tokenHandler({ provider, rateLimit: false }));
      const http = createServer(adapter.getInstance());
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      try {
        const body = new URLSearchParams({
          grant_type: 'authorization_code',
          code: 'x',
          code_verifier: 'v'.repeat(43),
          ...form,
        });
        const { port } = http.address() as AddressInfo;
        const response = await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', body });
        return [response.status, ((await response.json()) as { error?: string }).error];
      } finally {
        http.closeAllConnections();
        http.close();
      }
    };

    it('takes public clients, and no client with a secret: neither with it nor without', async () => {
      const open = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
      expect(await token({ client_id: open.client_id })).toEqual([200, undefined]);
      const { client_id, client_secret } = await register(clientMetadata());
      expect(await token({ client_id, client_secret })).toEqual([400, 'invalid_client']);
      expect(await token({ client_id })).toEqual([400, 'invalid_client']);
      expect(await token({ client_id: 'nobody' })).toEqual([400, 'invalid_client']);
    });
  });
});
