import OAuth2Server from '@node-oauth/oauth2-server';
import { OAuth2ServerClients } from 'nestjs-dynamic-registration/oauth2-server';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerClass } from '../contract/oidc-provider-with.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { MemoryAdapter } from './memory.adapter.js';
import { createServer } from './recipes/oauth2-server.js';
import { SIGNING_KEY } from './running-provider.js';

const REDIRECT_URI = 'https://tides.example/cb';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

describe('docs/adapters.md', () => {
  it('shows the code of the folder that tests run, and no other', () => {
    const page = readFileSync(new URL('../../docs/adapters.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/^<!-- (\S+) -->\n\n```ts\n(.*?)^```\n\n<!-- \/\1 -->$/gms)];
    const shown = Object.fromEntries(blocks.map(([, name = '', code]) => [`${name}.ts`, code]));
    const folder = new URL('recipes/', import.meta.url);
    const tested = readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]);
    expect(shown).toEqual(Object.fromEntries(tested));
    expect(page.match(/^```\w/gm)).toHaveLength(tested.length);
  });
});

describe.each(databases.slice(0, 2))('the code for the adapters ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    const options = { server: { scopes: ['openid', 'api:read', 'api:write'] } };
    server = await startServer({ database, options, providers: [OidcProviderClients, OAuth2ServerClients] });
  });
  afterAll(() => server.close());

  const register = async (members: Members): Promise<Client> => {
    const { status, body } = await server.register(members);
    expect(status).toBe(201);
    return body as Client;
  };
  const narrow = async ({ client_id, registration_access_token: token }: Client, members: Members) => {
    const body = clientMetadata({ client_id, ...members });
    expect((await server.request('PUT', `/register/${client_id}`, { token, body })).status).toBe(200);
  };

  it('makes a provider with our clients and the configuration of the host', async () => {
    await providerClass();
    const { createProvider } = await import('./recipes/oidc-provider.js');
    const yours = {
      scopes: ['openid', 'api:read'],
      jwks: { keys: [SIGNING_KEY] },
      features: { devInteractions: { enabled: false } },
    };
    const provider = createProvider(server.app, yours, (model) => new MemoryAdapter(model));
    expect(provider.issuer).toBe(server.issuer);
    const { client_id } = await register(clientMetadata({ scope: 'openid api:write', 'client_name#ja': '潮汐表' }));
    const client = await provider.Client.find(client_id);
    expect(client?.metadata()).toMatchObject({ client_id, scope: 'openid', 'client_name#ja': '潮汐表' });
  });

  describe('@node-oauth/oauth2-server 5', () => {
    let oauth: OAuth2Server;
    const refreshTokens = new Map<string, OAuth2Server.RefreshToken>();
    const codes = new Map<string, OAuth2Server.AuthorizationCode>();
    beforeAll(() => {
      oauth = createServer(server.app, {
        getAccessToken: async () => undefined,
        saveToken: async (token, client, user) => {
          const { refreshToken = '' } = token;
          refreshTokens.set(refreshToken, { ...token, refreshToken, client, user });
          return { ...token, client, user };
        },
        saveAuthorizationCode: async (code, client, user) => {
          codes.set(code.authorizationCode, { ...code, client, user });
          return { ...code, client, user };
        },
        getAuthorizationCode: async (code) => codes.get(code),
        revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
        getRefreshToken: async (token) => refreshTokens.get(token),
        revokeToken: async ({ refreshToken }) => refreshTokens.delete(refreshToken),
      });
    });
    const grant = async ({ client_id }: Client) => {
      const authenticateHandler = { handle: () => ({ id: 'alice' }) };
      const challenge = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
      const query = { client_id, redirect_uri: REDIRECT_URI, response_type: 'code', state: 'x', ...challenge };
      const request = new OAuth2Server.Request({ method: 'GET', headers: {}, query });
      const { authorizationCode } = await oauth.authorize(request, new OAuth2Server.Response({}), {
        authenticateHandler,
      });
      return authorizationCode;
    };
    const token = async (body: Readonly<Record<string, string>>) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1' };
      const request = new OAuth2Server.Request({ method: 'POST', headers, query: {}, body });
      return oauth.token(request, new OAuth2Server.Response({}));
    };

    it('narrows the next refresh where the client has narrowed its scope, and ends it where nothing is left', async () => {
      const grant_types = ['authorization_code', 'refresh_token'];
      const client = await register(clientMetadata({ grant_types, scope: 'api:read api:write' }));
      const { client_id, client_secret } = client;
      const exchange = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
      const code = await grant(client);
      const first = await token({ ...exchange, code, client_id, client_secret });
      expect(first.scope).toEqual(['api:read', 'api:write']);
      await narrow(client, { grant_types, scope: 'api:read' });
      const refresh = { grant_type: 'refresh_token', client_id, client_secret };
      const second = await token({ ...refresh, refresh_token: String(first.refreshToken) });
      expect(second.scope).toEqual(['api:read']);
      await narrow(client, { grant_types, scope: 'openid' });
      await expect(token({ ...refresh, refresh_token: String(second.refreshToken) })).rejects.toMatchObject({
        name: 'invalid_grant',
      });
    });
  });
});
