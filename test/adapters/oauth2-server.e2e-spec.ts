import OAuth2Server from '@node-oauth/oauth2-server';
import { createHash } from 'node:crypto';
import { ClientAdministrationService, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { OAuth2ServerClients } from 'nestjs-dynamic-registration/oauth2-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, machineMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const REDIRECT_URI = 'https://tides.example/cb';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

describe.each(databases)('OAuth2ServerClients with @node-oauth/oauth2-server 5 ($name)', (database) => {
  let server: TestServer;
  let clients: OAuth2ServerClients;
  let oauth: OAuth2Server;
  const codes = new Map<string, OAuth2Server.AuthorizationCode>();

  beforeAll(async () => {
    server = await startServer({
      database,
      options: { isGlobal: true, server: { scopes: ['api:read', 'api:write'] } },
      providers: [OAuth2ServerClients],
    });
    clients = server.app.get(OAuth2ServerClients);
    const { getClient, validateRedirectUri, validateScope } = clients;
    oauth = new OAuth2Server({
      model: {
        getClient,
        validateRedirectUri,
        validateScope,
        getUserFromClient: async () => ({}),
        saveToken: async (token: object, client: object, user: object) => ({ ...token, client, user }),
        saveAuthorizationCode: async (
          code: OAuth2Server.AuthorizationCode,
          client: OAuth2Server.Client,
          user: object,
        ) => {
          const saved = { ...code, client, user };
          codes.set(code.authorizationCode, saved);
          return saved;
        },
        getAuthorizationCode: async (code: string) => codes.get(code),
        revokeAuthorizationCode: async ({ authorizationCode }: { authorizationCode: string }) =>
          codes.delete(authorizationCode),
        getAccessToken: async () => undefined,
      } as unknown as OAuth2Server.ServerOptions['model'],
    });
  });
  afterAll(() => server.close());

  const register = async (members: Members): Promise<Client> => {
    const { status, body } = await server.register(members);
    expect(status).toBe(201);
    return body as Client;
  };
  const token = async (
    body: Readonly<Record<string, unknown>>,
    options: OAuth2Server.TokenOptions = {},
    more: Readonly<Record<string, string>> = {},
  ) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1', ...more };
    const request = new OAuth2Server.Request({ method: 'POST', headers, query: {}, body });
    try {
      return await oauth.token(request, new OAuth2Server.Response({}), options);
    } catch (error) {
      return (error as Error).name;
    }
  };
  const codeFor = async ({ client_id }: Client, redirect_uri = REDIRECT_URI, scope = 'api:read') => {
    const query = {
      client_id,
      redirect_uri,
      response_type: 'code',
      state: 'x',
      scope,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    };
    const request = new OAuth2Server.Request({ method: 'GET', headers: {}, query });
    const authenticateHandler = { handle: () => ({ id: 'alice' }) };
    return oauth.authorize(request, new OAuth2Server.Response({}), { authenticateHandler });
  };
  const exchange = async (code: string, by: Readonly<Record<string, string>>, redirect_uri = REDIRECT_URI) =>
    token(
      { grant_type: 'authorization_code', code, redirect_uri, code_verifier: VERIFIER, ...by },
      { requireClientAuthentication: {} },
    );

  it('proves a client by its secret, and narrows the scope', async () => {
    const { client_id, client_secret } = await register(machineMetadata({ scope: 'api:read', response_types: [] }));
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    expect(await token({ ...form, scope: 'api:read api:write' })).toMatchObject({ scope: ['api:read'] });
    expect(await token({ ...form, scope: 'api:write' })).toBe('invalid_scope');
    expect(await token({ ...form, client_secret: 'wrong' })).toBe('invalid_client');
    expect(await token({ ...form, client_id: 'nobody' })).toBe('invalid_client');
  });

  it('notes that a client was used once it has proved who it is, and not before', async () => {
    const machine = await register(machineMetadata({ scope: 'api:read', response_types: [] }));
    const app = await register(clientMetadata({ token_endpoint_auth_method: 'none', scope: 'api:read' }));
    const lastUsedAt = async ({ client_id: clientId }: Client) =>
      (await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId })).lastUsedAt;
    const form = { grant_type: 'client_credentials', client_id: machine.client_id, scope: 'api:read' };
    await token({ ...form, client_secret: 'wrong' });
    const { authorizationCode } = await codeFor(app);
    await expect(Promise.all([machine, app].map(lastUsedAt))).resolves.toEqual([null, null]);
    await token({ ...form, client_secret: machine.client_secret });
    await exchange(authorizationCode, { client_id: app.client_id });
    const used = expect.any(Number);
    await expect(Promise.all([machine, app].map(lastUsedAt))).resolves.toEqual([used, used]);
  });

  it('takes no code_verifier in place of the secret of a confidential client', async () => {
    const client = await register(clientMetadata({ scope: 'api:read' }));
    const { client_id, client_secret } = client;
    const { authorizationCode } = await codeFor(client);
    expect(await exchange(authorizationCode, { client_id })).toBe('invalid_client');
    expect(await exchange(authorizationCode, { client_id, client_secret: 'wrong' })).toBe('invalid_client');
    expect(await exchange(authorizationCode, { client_id, client_secret })).toMatchObject({ scope: ['api:read'] });
  });

  it('takes a public client without a secret, and none with one', async () => {
    const client = await register(clientMetadata({ token_endpoint_auth_method: 'none', scope: 'api:read' }));
    const { client_id } = client;
    expect(await exchange((await codeFor(client)).authorizationCode, { client_id })).toMatchObject({
      scope: ['api:read'],
    });
    const { authorizationCode } = await codeFor(client);
    expect(await exchange(authorizationCode, { client_id, client_secret: 'any' })).toBe('invalid_client');
    expect(await token({ grant_type: 'client_credentials', client_id })).toBe('invalid_client');
  });

  it('compares redirect URIs as this module does', async () => {
    const uri = 'http://127.0.0.1/cb';
    const client = await register(clientMetadata({ redirect_uris: [uri], scope: 'api:read' }));
    expect(await codeFor(client, 'http://127.0.0.1:33418/cb')).toHaveProperty('authorizationCode');
    for (const wrong of ['http://127.0.0.1:33418/other', 'http://localhost/cb', 'https://evil.example/cb']) {
      await expect(codeFor(client, wrong)).rejects.toMatchObject({ name: 'invalid_client' });
    }
  });

  it('shows what a client has, as the model of the server names it', async () => {
    const client = await register(clientMetadata());
    expect(await clients.getClient(client.client_id, null)).toEqual({
      id: client.client_id,
      redirectUris: [REDIRECT_URI],
      grants: ['authorization_code'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      jwks: undefined,
      jwksUri: undefined,
    });
    const { client: idle } = await server.app
      .get(OAuthClientService, { strict: false })
      .create({ grant_types: [], redirect_uris: [] });
    expect(await clients.getClient(idle.clientId, null)).toMatchObject({ grants: [], redirectUris: [] });
  });

  it('proves no client by a secret that has registered keys', async () => {
    const { client_id } = await register(
      machineMetadata({
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: 'https://tides.example/jwks',
        response_types: [],
      }),
    );
    for (const secret of [undefined, '', 'any']) expect(await clients.getClient(client_id, secret)).toBe(false);
  });

  it('takes the secret before the last rotation within its grace, beside the new one', async () => {
    const { client_id, client_secret } = await register(machineMetadata());
    const administration = server.app.get(ClientAdministrationService, { strict: false });
    const rotated = await administration.rotateSecret(client_id, undefined, { graceSeconds: 60 });
    const answerTo = async (secret?: string) =>
      token({ grant_type: 'client_credentials', client_id, client_secret: secret });
    for (const secret of [client_secret, rotated?.clientSecret]) {
      expect(await answerTo(secret)).toHaveProperty('accessToken');
    }
    const rows = server.dataSource.getRepository(OAuthClient);
    await rows.update({ clientId: client_id }, { previousClientSecretExpiresAt: 1 });
    expect(await answerTo(client_secret)).toBe('invalid_client');
    expect(await answerTo(rotated?.clientSecret)).toHaveProperty('accessToken');
  });

  it('knows no client that is gone, and takes no secret that has expired (RFC 7591 section 3.2.1)', async () => {
    const { client_id, client_secret, registration_access_token } = await register(machineMetadata());
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    expect(await token(form)).toHaveProperty('accessToken');
    const rows = server.dataSource.getRepository(OAuthClient);
    await rows.update({ clientId: client_id }, { clientSecretExpiresAt: 1 });
    expect(await token(form)).toBe('invalid_client');
    await rows.update({ clientId: client_id }, { clientSecretExpiresAt: 0 });
    expect(await token(form)).toHaveProperty('accessToken');
    await server.request('DELETE', `/register/${client_id}`, { token: registration_access_token });
    expect(await token(form)).toBe('invalid_client');
    expect(await clients.validateScope({}, { id: client_id })).toBe(false);
  });

  it.each(['pending', 'suspended'] as const)(
    'throws the unauthorized_client of the server for a client that is %s, once it has proved who it is',
    async (status) => {
      const rows = server.dataSource.getRepository(OAuthClient);
      const machine = await register(machineMetadata());
      const { client_id, client_secret } = machine;
      const form = { grant_type: 'client_credentials', client_id, client_secret };
      const web = await register(clientMetadata({ scope: 'api:read' }));
      const { authorizationCode } = await codeFor(web);
      for (const one of [machine, web]) await rows.update({ clientId: one.client_id }, { status });
      expect(await token(form)).toBe('unauthorized_client');
      expect(await token({ ...form, client_secret: 'wrong' })).toBe('invalid_client');
      const ofCode = { client_id: web.client_id, client_secret: web.client_secret };
      expect(await exchange(authorizationCode, ofCode)).toBe('unauthorized_client');
      const held = { name: 'unauthorized_client', code: 400, message: 'the client may not be used at present' };
      await expect(codeFor(web)).rejects.toMatchObject(held);
      await expect(clients.validateScope({}, { id: client_id })).rejects.toMatchObject(held);
      await rows.update({ clientId: client_id }, { expiresAt: 1 });
      expect(await token(form)).toBe('invalid_client');
    },
  );

  it('takes an empty secret for none (RFC 6749 section 2.3.1)', async () => {
    const client = await register(clientMetadata({ token_endpoint_auth_method: 'none', scope: 'api:read' }));
    const { client_id } = client;
    const { authorizationCode: code } = await codeFor(client);
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
    const authorization = `Basic ${Buffer.from(`${client_id}:`).toString('base64')}`;
    expect(await token(form, {}, { authorization })).toHaveProperty('accessToken');
    const confidential = await register(clientMetadata());
    const empty = `Basic ${Buffer.from(`${confidential.client_id}:`).toString('base64')}`;
    expect(await token({ ...form, code: 'x' }, {}, { authorization: empty })).toBe('invalid_client');
  });

  it('refuses parameters that are repeated', async () => {
    const { client_id, client_secret } = await register(machineMetadata());
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    expect(await token({ ...form, client_id: [client_id, client_id] })).toBe('invalid_client');
    expect(await token({ ...form, client_secret: [client_secret] })).toBe('invalid_client');
  });

  describe('the scope of a grant', () => {
    const scopesFor = async (scope: string | undefined, requested: readonly string[] | null | undefined) => {
      const { client_id } = await register(clientMetadata({ scope }));
      return clients.validateScope({}, { id: client_id }, requested);
    };

    it('is all that is registered where a request names none (RFC 6749 section 3.3)', async () => {
      expect(await scopesFor('api:read', undefined)).toEqual(['api:read']);
      const plain = await startServer({ database, options: { isGlobal: true }, providers: [OAuth2ServerClients] });
      try {
        const { body } = await plain.register(machineMetadata());
        const id = String(body.client_id);
        expect(await plain.app.get(OAuth2ServerClients).validateScope({}, { id })).toEqual([]);
        expect(await plain.app.get(OAuth2ServerClients).validateScope({}, { id }, ['api:read'])).toBe(false);
      } finally {
        await plain.close();
      }
    });

    it('stays empty where it was, whatever the client has registered since', async () => {
      for (const granted of [[], [''], null]) expect(await scopesFor('api:read', granted)).toEqual([]);
    });
  });

  it('tells a database that is gone from a client that is not known', async () => {
    const client = await register(machineMetadata());
    const { client_id, client_secret } = client;
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    await server.dataSource.destroy();
    try {
      expect(await token(form)).toBe('server_error');
      expect(await token({ ...form, client_id: 'nobody' })).toBe('server_error');
      await expect(codeFor(client)).rejects.toThrow('the server cannot answer now, try again later');
    } finally {
      await server.dataSource.initialize();
    }
    expect(await token(form)).toHaveProperty('accessToken');
  });
});
