import {
  AuthorizationServer,
  DateInterval,
  type OAuthAuthCode,
  type OAuthScope,
  type OAuthToken,
} from '@jmondi/oauth2-server';
import { OAuthClient, TemporarilyUnavailableError } from 'nestjs-dynamic-registration';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, machineMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';
import { JmondiClients } from './recipes/jmondi-clients.js';

const REDIRECT_URI = 'https://tides.example/cb';
const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const MINUTE = 60_000;

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

describe.each(databases.slice(0, 2))('the recipe for @jmondi/oauth2-server 4 ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    const options = { server: { scopes: ['openid', 'api:read', 'api:write'] } };
    server = await startServer({ database, options, providers: [JmondiClients] });
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
  const whileDown = async (asked: () => Promise<void>) => {
    await server.dataSource.destroy();
    try {
      await asked();
    } finally {
      await server.dataSource.initialize();
    }
  };

  let jmondi: AuthorizationServer;
  let revocation: AuthorizationServer;
  const tokens = new Map<string, OAuthToken>();
  const codes = new Map<string, OAuthAuthCode>();
  beforeAll(() => {
    const clients = server.app.get(JmondiClients);
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE);
    const repository = {
      issueToken: async (client: OAuthToken['client'], scopes: OAuthScope[]): Promise<OAuthToken> => ({
        accessToken: `token ${tokens.size}`,
        accessTokenExpiresAt: inMinutes(1),
        client,
        scopes,
      }),
      issueRefreshToken: async (token: OAuthToken) => {
        const refreshToken = `refresh of ${token.accessToken}`;
        const issued = { ...token, refreshToken, refreshTokenExpiresAt: inMinutes(9) };
        tokens.set(refreshToken, issued);
        return issued;
      },
      persist: async (token: OAuthToken) => void tokens.set(token.accessToken, token),
      revoke: async ({ accessToken, refreshToken }: OAuthToken) => {
        tokens.delete(accessToken);
        tokens.delete(refreshToken ?? '');
      },
      getByAccessToken: async (accessToken: string) => tokens.get(accessToken) as OAuthToken,
      isRefreshTokenRevoked: async (token?: OAuthToken) => !tokens.has(token?.refreshToken ?? ''),
      getByRefreshToken: async (refreshToken: string) => tokens.get(refreshToken) as OAuthToken,
    };
    const scopes = {
      getAllByIdentifiers: async (names: string[]) => names.map((name) => ({ name })),
      finalize: async (asked: OAuthScope[], _grant: string, client: OAuthToken['client']) =>
        clients.narrowed(asked, client),
    };
    jmondi = new AuthorizationServer(clients, repository, scopes, 'a key of this test');
    revocation = new AuthorizationServer(clients.forRevocation, repository, scopes, 'a key of this test');
    revocation.enableGrantType('client_credentials');
    const authCodeRepository = {
      getByIdentifier: async (code: string) => codes.get(code) as OAuthAuthCode,
      issueAuthCode: (client: OAuthToken['client'], _user: unknown, granted: OAuthScope[]): OAuthAuthCode => ({
        code: `code ${codes.size}`,
        expiresAt: inMinutes(1),
        client,
        scopes: granted,
      }),
      persist: async (code: OAuthAuthCode) => void codes.set(code.code, code),
      isRevoked: async (code: string) => !codes.has(code),
      revoke: async (code: string) => void codes.delete(code),
    };
    const userRepository = { getUserByCredentials: async () => ({ id: 'alice' }) };
    const minute = new DateInterval('1m');
    jmondi.enableGrantType('client_credentials', minute);
    jmondi.enableGrantType('refresh_token', minute);
    jmondi.enableGrantType({ grant: 'authorization_code', authCodeRepository, userRepository }, minute);
  });
  const ask = async (body: Readonly<Record<string, string>>) =>
    (await jmondi.respondToAccessTokenRequest({ headers: {}, query: {}, body })).body;
  const token = async (body: Readonly<Record<string, string>>) => {
    try {
      return (await ask({ grant_type: 'client_credentials', ...body }))['scope'];
    } catch (error) {
      return (error as { errorType?: unknown }).errorType;
    }
  };
  const codeFor = async (query: Readonly<Record<string, string>>) => {
    const given = { response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256', ...query };
    await server.app.get(JmondiClients).requireRedirectUri(given);
    const request = await jmondi.validateAuthorizationRequest({ headers: {}, body: {}, query: given });
    Object.assign(request, { user: { id: 'alice' }, isAuthorizationApproved: true });
    const { headers } = await jmondi.completeAuthorizationRequest(request);
    return new URL(String(headers['location'])).searchParams.get('code') ?? '';
  };

  it('proves a client by its secret, and narrows the scope', async () => {
    const { client_id, client_secret } = await register(machineMetadata({ scope: 'api:read' }));
    expect(await token({ client_id, client_secret, scope: 'api:read api:write' })).toBe('api:read');
    expect(await token({ client_id, client_secret, scope: 'api:write' })).toBe('invalid_scope');
    expect(await token({ client_id, client_secret })).toBe('');
    for (const wrong of ['wrong', '', 'see isClientValid'])
      expect(await token({ client_id, client_secret: wrong })).toBe('invalid_client');
    expect(await token({ client_id })).toBe('invalid_client');
    expect(await token({ client_id: 'nobody', client_secret })).toBe('invalid_client');
    await server.dataSource.getRepository(OAuthClient).update({ clientId: client_id }, { clientSecretExpiresAt: 1 });
    expect(await token({ client_id, client_secret })).toBe('invalid_client');
  });

  it('notes that a client was used once it has proved who it is', async () => {
    const { client_id, client_secret } = await register(machineMetadata({ scope: 'api:read' }));
    const stored = () => server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: client_id });
    await token({ client_id, client_secret: 'wrong' });
    await expect(stored()).resolves.toMatchObject({ lastUsedAt: null });
    await token({ client_id, client_secret });
    await expect(stored()).resolves.toMatchObject({ lastUsedAt: expect.any(Number) });
  });

  it('answers unauthorized_client for a client that is held, and knows none that has expired', async () => {
    const { client_id, client_secret } = await register(machineMetadata({ scope: 'api:read' }));
    const rows = server.dataSource.getRepository(OAuthClient);
    for (const status of ['pending', 'suspended'] as const) {
      await rows.update({ clientId: client_id }, { status });
      expect(await token({ client_id, client_secret })).toBe('unauthorized_client');
      const query = { client_id, redirect_uri: REDIRECT_URI };
      await expect(server.app.get(JmondiClients).requireRedirectUri(query)).rejects.toMatchObject({
        errorType: 'unauthorized_client',
      });
    }
    await rows.update({ clientId: client_id }, { expiresAt: 1 });
    expect(await token({ client_id, client_secret })).toBe('invalid_client');
  });

  it('gives a public client, and one with keys, no client_credentials', async () => {
    const { client_id } = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
    expect(await token({ client_id })).toBe('invalid_client');
    const jwks_uri = 'https://tides.example/jwks';
    const ofKeys = await register(machineMetadata({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri }));
    for (const client_secret of ['', 'any', 'see isClientValid']) {
      expect(await token({ client_id: ofKeys.client_id, client_secret })).toBe('invalid_client');
    }
  });

  it('shows it no hash', async () => {
    const { client_id } = await register(clientMetadata());
    expect(JSON.stringify(await server.app.get(JmondiClients).getByIdentifier(client_id))).not.toContain('$sha256$');
  });

  it('exchanges the code of a public client, and narrows the next refresh', async () => {
    const members = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] };
    const client = await register(clientMetadata({ ...members, scope: 'api:read api:write' }));
    const { client_id } = client;
    const redirect_uri = REDIRECT_URI;
    const code = await codeFor({ client_id, redirect_uri, scope: 'api:read api:write' });
    const exchange = { grant_type: 'authorization_code', client_id, redirect_uri, code_verifier: VERIFIER, code };
    await expect(ask({ ...exchange, client_secret: 'any' })).rejects.toMatchObject({ errorType: 'invalid_client' });
    const { refresh_token } = await ask(exchange);
    await narrow(client, { ...members, scope: 'api:read' });
    const refresh = { grant_type: 'refresh_token', client_id, refresh_token: String(refresh_token) };
    expect(await ask(refresh)).toMatchObject({ scope: 'api:read' });
  });

  it('revokes the tokens of a client for that client alone, which need not have client_credentials (RFC 7009)', async () => {
    const grant_types = ['authorization_code', 'refresh_token'];
    const publicClient = await register(clientMetadata({ token_endpoint_auth_method: 'none', grant_types }));
    const confidential = await register(clientMetadata({ grant_types }));
    for (const { client_id, client_secret } of [publicClient, confidential]) {
      const client = { client_id, ...(client_secret && { client_secret }) };
      const other = client_id === confidential.client_id ? publicClient : confidential;
      const code = await codeFor({ client_id, redirect_uri: REDIRECT_URI });
      const exchange = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code_verifier: VERIFIER, code };
      const { refresh_token } = await ask({ ...exchange, ...client });
      const form = { token: String(refresh_token), token_type_hint: 'refresh_token' };
      const known = tokens.size;
      const revoke = async (by: AuthorizationServer, body: Readonly<Record<string, string | undefined>>) => {
        expect((await by.revoke({ headers: {}, query: {}, body: { ...form, ...body } })).status).toBe(200);
        return known - tokens.size;
      };
      expect(await revoke(revocation, { client_id, client_secret: 'wrong' })).toBe(0);
      expect(await revoke(revocation, { client_id: other.client_id, client_secret: other.client_secret })).toBe(0);
      // What the second server is for: the first one asks for client_credentials, and answers 200 all the same.
      expect(await revoke(jmondi, client)).toBe(0);
      expect(await revoke(revocation, client)).toBeGreaterThan(0);
      const refresh = { grant_type: 'refresh_token', refresh_token: String(refresh_token), ...client };
      await expect(ask(refresh)).rejects.toThrow('Token has been revoked');
    }
  });

  it('compares redirect URIs as this module does', async () => {
    const clients = server.app.get(JmondiClients);
    const { client_id } = await register(clientMetadata({ redirect_uris: [REDIRECT_URI, 'http://127.0.0.1/cb'] }));
    expect(await codeFor({ client_id, redirect_uri: 'http://127.0.0.1:33418/cb' })).not.toBe('');
    for (const redirect_uri of [
      'https://tides.example:8443/cb',
      'https://tides.example/cb?x=1',
      'https://evil.example/',
      [REDIRECT_URI],
      undefined,
    ]) {
      await expect(clients.requireRedirectUri({ client_id, redirect_uri })).rejects.toThrow('redirect_uri');
    }
    for (const nobody of ['nobody', undefined, [client_id]]) {
      const query = { client_id: nobody, redirect_uri: REDIRECT_URI };
      await expect(clients.requireRedirectUri(query)).rejects.toMatchObject({ errorType: 'invalid_client' });
    }
  });

  it('tells a database that is gone from a client that is not known', async () => {
    const { client_id, client_secret } = await register(machineMetadata());
    await whileDown(async () => {
      const form = { grant_type: 'client_credentials', client_id, client_secret };
      await expect(ask(form)).rejects.toBeInstanceOf(TemporarilyUnavailableError);
      // The package keeps every error of a revocation to itself.
      const body = { client_id, client_secret, token: 'x' };
      expect((await revocation.revoke({ headers: {}, query: {}, body })).status).toBe(200);
    });
  });
});
