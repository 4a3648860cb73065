import { discoverAuthorizationServerMetadata, registerClient } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  allowInsecureRequests as insecure,
  dynamicClientRegistrationRequest,
  processDynamicClientRegistrationResponse,
} from 'oauth4webapi';
import { allowInsecureRequests, dynamicClientRegistration } from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUpdate, expectStrictAnswer, withoutSecret } from '../contract/strict-answer.js';
import { databases } from '../support/databases.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import { hosts } from './catalogue.js';
import { HOST_NAMES } from './host-names.js';

const [database] = databases;
if (!database) throw new Error('no database');

const redirect_uris = ['https://tides.example/cb'];
/** What clients look for in the metadata document beside the registration endpoint. */
const ENDPOINTS = {
  authorization_endpoint: 'https://auth.tides.example/authorize',
  token_endpoint: 'https://auth.tides.example/token',
  code_challenge_methods_supported: ['S256'],
};

describe.each(adapters.flatMap((adapter) => HOST_NAMES.map((host) => ({ adapter, host }))))(
  'clients in use, given nothing but the issuer ($host, $adapter)',
  ({ adapter, host }) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({
        host: hosts[host],
        adapter,
        database,
        atIssuer: true,
        options: { access: 'open', server: { scopes: ['api:read'] }, discovery: { metadata: ENDPOINTS } },
      });
    });
    afterAll(() => server.close());

    const register = (initialAccessToken: string) =>
      dynamicClientRegistration(new URL(server.issuer), { redirect_uris }, undefined, {
        initialAccessToken,
        algorithm: 'oauth2',
        execute: [allowInsecureRequests],
      });

    it('openid-client finds the endpoint (RFC 8414 section 3) and registers', async () => {
      const configuration = await register(await server.token({ maxUses: 1 }));
      expect(configuration.serverMetadata()).toMatchObject({
        issuer: server.issuer,
        registration_endpoint: `${server.issuer}/register`,
      });
      expect(configuration.clientMetadata()).toMatchObject({ client_id: expect.any(String), redirect_uris });
    });

    it('openid-client is refused with a token that is not ours', async () => {
      await expect(register('x'.repeat(43))).rejects.toMatchObject({ status: 401 });
    });

    it('oauth4webapi registers; then the client reads, replaces and deletes itself', async () => {
      const response = await dynamicClientRegistrationRequest(
        { issuer: server.issuer, registration_endpoint: `${server.issuer}/register` },
        { redirect_uris, client_name: 'Tide Tables' },
        { initialAccessToken: await server.token(), [insecure]: true },
      );
      const registered = (await response.clone().json()) as Record<string, string>;
      expect(await processDynamicClientRegistrationResponse(response)).toEqual(registered);
      expectStrictAnswer(registered);

      const uri = registered['registration_client_uri'] ?? '';
      expect(uri).toBe(`${server.issuer}/register/${registered['client_id']}`);
      const authorization = `Bearer ${registered['registration_access_token']}`;
      const read = await fetch(uri, { headers: { authorization } });
      expect([read.status, await read.json()]).toEqual([200, withoutSecret(registered)]);

      const replaced = await fetch(uri, {
        method: 'PUT',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ ...asUpdate(registered), client_name: 'Tides 2' }),
      });
      expect([replaced.status, await replaced.json()]).toEqual([
        200,
        { ...withoutSecret(registered), client_name: 'Tides 2' },
      ]);

      expect((await fetch(uri, { headers: { authorization: 'Bearer of-nobody' } })).status).toBe(401);
      expect((await fetch(uri, { method: 'DELETE', headers: { authorization } })).status).toBe(204);
      expect((await fetch(uri, { headers: { authorization } })).status).toBe(401);
    });

    it('the MCP SDK finds the endpoint and registers without a token', async () => {
      const metadata = await discoverAuthorizationServerMetadata(server.issuer);
      expect(metadata?.registration_endpoint).toBe(`${server.issuer}/register`);
      const client = await registerClient(server.issuer, {
        ...(metadata && { metadata }),
        clientMetadata: {
          client_name: 'Tide Tables',
          redirect_uris: ['http://localhost:6274/oauth/callback'],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          token_endpoint_auth_method: 'none',
          scope: 'api:read',
        },
      });
      expect(client).toMatchObject({ client_id: expect.any(String), scope: 'api:read' });
      expect(client).not.toHaveProperty('client_secret');
    });
  },
);
