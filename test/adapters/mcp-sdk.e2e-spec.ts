import {
  discoverAuthorizationServerMetadata,
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { McpClientsStore } from './recipes/mcp-clients-store.js';
import { mountMcpEndpoints } from './recipes/mcp-endpoints.js';
import { registration } from './recipes/mcp-registration.js';

describe.each(databases.slice(0, 2))('the recipe for the authorization server of the MCP SDK ($name)', (database) => {
  let server: TestServer;
  let issuer: string;
  const codes = new Map<string, string>();
  beforeAll(async () => {
    issuer = `http://localhost:${await freePort()}`;
    const tokens = async ({ client_id: id }: { client_id: string }) => {
      await server.app.get(McpClientsStore).noteUse(id);
      return { access_token: 'token', token_type: 'Bearer', refresh_token: 'refresh' };
    };
    server = await startServer({
      database,
      adapter: 'express',
      atIssuer: true,
      options: { issuer },
      withoutModule: true,
      imports: [registration(issuer)],
      providers: [McpClientsStore],
      configure: (app) =>
        mountMcpEndpoints(app, {
          clientsStore: app.get(McpClientsStore),
          authorize: async (_client, { codeChallenge, redirectUri }, response) => {
            codes.set('a code', codeChallenge);
            response.redirect(`${redirectUri}?code=${encodeURIComponent('a code')}`);
          },
          challengeForAuthorizationCode: async (_client, code) => codes.get(code) ?? '',
          exchangeAuthorizationCode: tokens,
          exchangeRefreshToken: tokens,
          verifyAccessToken: async () => {
            throw new Error('there is no resource here');
          },
          revokeToken: async () => {},
        } satisfies OAuthServerProvider),
    });
  });
  afterAll(() => server.close());

  const redirect_uris = ['http://localhost:8090/callback'];
  const clientInformation = async () => {
    const metadata = await discoverAuthorizationServerMetadata(issuer);
    if (!metadata) throw new Error('there is no metadata document');
    const clientMetadata = { redirect_uris, token_endpoint_auth_method: 'none' };
    return { metadata, clientInformation: await registerClient(issuer, { metadata, clientMetadata }) };
  };

  it('takes a client of the SDK from discovery and registration to a token, and knows it no more once it is gone', async () => {
    const client = await clientInformation();
    expect(client.metadata).toMatchObject({ issuer, registration_endpoint: `${issuer}/register` });
    const redirectUrl = 'http://localhost:51234/callback';
    const { authorizationUrl, codeVerifier } = await startAuthorization(issuer, { ...client, redirectUrl });
    const { headers, status } = await fetch(authorizationUrl, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([302, `${redirectUrl}?code=a%20code`]);
    const exchange = { ...client, authorizationCode: 'a code', codeVerifier, redirectUri: redirectUrl };
    const rows = server.dataSource.getRepository(OAuthClient);
    const stored = () => rows.findOneByOrFail({ clientId: client.clientInformation.client_id });
    await expect(stored()).resolves.toMatchObject({ lastUsedAt: null });
    const { refresh_token: refreshToken = '' } = await exchangeAuthorization(issuer, exchange);
    await expect(stored()).resolves.toMatchObject({ lastUsedAt: expect.any(Number) });
    expect(await refreshAuthorization(issuer, { ...client, refreshToken })).toMatchObject({ access_token: 'token' });
    await rows.delete({ clientId: client.clientInformation.client_id });
    await expect(refreshAuthorization(issuer, { ...client, refreshToken })).rejects.toMatchObject({
      errorCode: 'invalid_client',
    });
  });

  it('answers unauthorized_client for a client that is held', async () => {
    const client = await clientInformation();
    const { client_id: clientId } = client.clientInformation;
    await server.dataSource.getRepository(OAuthClient).update({ clientId }, { status: 'suspended' });
    await expect(refreshAuthorization(issuer, { ...client, refreshToken: 'x' })).rejects.toMatchObject({
      errorCode: 'unauthorized_client',
    });
    const query = { response_type: 'code', client_id: clientId, code_challenge: 'x', code_challenge_method: 'S256' };
    const { status, body } = await server.request('GET', `/authorize?${new URLSearchParams(query).toString()}`);
    expect([status, body.error]).toEqual([400, 'unauthorized_client']);
  });

  it('has no endpoint of the SDK for registration, and none for what is not registered', async () => {
    const { body } = await server.request('GET', '/.well-known/oauth-authorization-server');
    expect(body.token_endpoint_auth_methods_supported).toEqual(['none']);
    const { clientInformation: client } = await clientInformation();
    const query = { response_type: 'code', client_id: client.client_id, code_challenge: 'x' };
    const evil = new URLSearchParams({
      ...query,
      code_challenge_method: 'S256',
      redirect_uri: 'https://evil.example/',
    });
    const { status, headers } = await server.request('GET', `/authorize?${evil.toString()}`);
    expect([status, headers.get('location')]).toEqual([400, null]);
  });

  it('tells a database that is gone from a client that is not known', async () => {
    const client = await clientInformation();
    await server.dataSource.destroy();
    try {
      await expect(refreshAuthorization(issuer, { ...client, refreshToken: 'x' })).rejects.toMatchObject({
        errorCode: 'server_error',
      });
    } finally {
      await server.dataSource.initialize();
    }
  });
});

describe.each(databases.slice(0, 2))('the clients that the MCP SDK may see ($name)', (database) => {
  it('are public', async () => {
    const server = await startServer({ database, providers: [McpClientsStore] });
    try {
      const store = server.app.get(McpClientsStore);
      const { body: confidential } = await server.register(clientMetadata());
      expect(confidential.client_secret).toBeDefined();
      expect(await store.getClient(String(confidential.client_id))).toBeUndefined();
      expect(await store.getClient('nobody')).toBeUndefined();
      const { body } = await server.register(clientMetadata({ token_endpoint_auth_method: 'none' }));
      const { registration_access_token: _token, registration_client_uri: _uri, ...registered } = body;
      expect(await store.getClient(String(body.client_id))).toEqual(registered);
    } finally {
      await server.close();
    }
  });
});
