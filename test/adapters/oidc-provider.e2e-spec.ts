import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ClientMetadata, IsText, MetadataField, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import type { Adapter, Configuration, Provider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerClass } from '../contract/oidc-provider-with.js';
import { clientMetadata, machineMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { startServer, type TestServer } from '../support/start-server.js';

const ISSUER = 'http://localhost:4999';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A host has a field of its own. */
class AcmeMetadata extends ClientMetadata {
  @MetadataField({ spec: 'ACME handbook', limits: { bytes: 'textBytes' } })
  @IsText()
  acme_tier?: string;
}

interface Client extends Members {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

/** A real provider whose clients are ours, and the rest in memory. */
async function startProvider(clients: OidcProviderClients, configuration: Configuration = {}) {
  const Class = await providerClass();
  const memory = new Map<string, object>();
  const other = () =>
    ({
      find: async (id: string) => memory.get(id),
      upsert: async (id: string, payload: object) => void memory.set(id, payload),
    }) as Partial<Adapter> as Adapter;
  const provider = new Class(ISSUER, {
    ...clients.configuration({ languageTags: ['ja'] }),
    adapter: clients.adapterFor(other),
    scopes: ['openid', 'api:read'],
    jwks: {
      keys: [{ ...(await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)), use: 'sig' }],
    },
    ...configuration,
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, ...configuration.features },
  });
  clients.attach(provider);
  const server = createServer((request, response) => void provider.callback()(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { provider, server };
}

describe.each(databases)('OidcProviderClients with oidc-provider 9 ($name)', (database) => {
  let server: TestServer;
  let clients: OidcProviderClients;
  let provider: Provider;
  let http: Server;

  beforeAll(async () => {
    server = await startServer({
      database,
      options: {
        isGlobal: true,
        metadata: AcmeMetadata,
        server: {
          scopes: ['openid', 'api:read', 'api:write'],
          tokenEndpointAuthMethods: [
            'client_secret_basic',
            'client_secret_post',
            'none',
            'private_key_jwt',
            'client_secret_jwt',
            'tls_client_auth',
          ],
          openid: { idToken: { signingAlgs: ['RS256', 'HS256', 'ES512', 'none'] } },
          mutualTls: true,
        },
        clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      },
      providers: [OidcProviderClients],
    });
    clients = server.app.get(OidcProviderClients);
    ({ provider, server: http } = await startProvider(clients, {
      clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt', 'client_secret_jwt'],
      enabledJWA: { idTokenSigningAlgValues: ['RS256', 'HS256'] },
    }));
  });
  afterAll(async () => {
    http.closeAllConnections();
    http.close();
    await server.close();
  });

  const register = async (members: Members): Promise<Client> => {
    const { status, body } = await server.register(members);
    expect(status).toBe(201);
    return body as Client;
  };
  const machine = async (members: Members = {}) =>
    register(machineMetadata({ scope: 'api:read', response_types: [], ...members }));
  const post = async (form: Readonly<Record<string, string>>, to = http) => {
    const { port } = to.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', body: new URLSearchParams(form) });
    return { status: response.status, body: (await response.json()) as Members };
  };
  const tokenFor = async ({ client_id }: Pick<Client, 'client_id'>, client_secret: string, to = http) =>
    post({ grant_type: 'client_credentials', client_id, client_secret }, to);
  const metadataOf = async (client: Pick<Client, 'client_id'>): Promise<Members> => {
    const found = await provider.Client.find(client.client_id);
    if (!found) throw new Error('the provider has no such client');
    return found.metadata();
  };
  const payloadOf = async ({ client_id }: Client) => {
    const adapter = clients.adapterFor(() => ({}))('Client') as { find(id: string): Promise<Members | undefined> };
    return adapter.find(client_id);
  };

  describe('secrets', () => {
    it('are checked by their hash: the right one 200, another one and the hash itself 401', async () => {
      const client = await machine();
      expect(await tokenFor(client, client.client_secret)).toMatchObject({
        status: 200,
        body: { token_type: 'Bearer' },
      });
      const { clientSecretHash } = await server.dataSource
        .getRepository(OAuthClient)
        .findOneByOrFail({ clientId: client.client_id });
      for (const wrong of ['wrong', clientSecretHash ?? '']) {
        expect(await tokenFor(client, wrong)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      }
    });

    it('that a person chose are checked by bcrypt', async () => {
      const { client } = await server.app
        .get(OAuthClientService, { strict: false })
        .create(machineMetadata({ response_types: [], clientSecret: 'correct horse' }));
      const { clientId: client_id } = client;
      expect((await tokenFor({ client_id }, 'correct horse')).status).toBe(200);
      expect((await tokenFor({ client_id }, 'correct horsf')).status).toBe(401);
    });

    it('expire (RFC 7591 section 3.2.1)', async () => {
      const client = await machine();
      const rows = server.dataSource.getRepository(OAuthClient);
      await rows.update({ clientId: client.client_id }, { clientSecretExpiresAt: 1 });
      expect(await tokenFor(client, client.client_secret)).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
    });

    it('that are keys are given in clear: client_secret_jwt, and ID Tokens signed by them', async () => {
      const client = await machine({ token_endpoint_auth_method: 'client_secret_jwt' });
      const key = new TextEncoder().encode(client.client_secret);
      const assertion = await assertionOf(client, 'HS256', key);
      expect((await post({ grant_type: 'client_credentials', ...assertion })).status).toBe(200);
      const signed = await register(clientMetadata({ id_token_signed_response_alg: 'HS256' }));
      expect(await metadataOf(signed)).toMatchObject({
        id_token_signed_response_alg: 'HS256',
        client_secret: signed.client_secret,
      });
    });
  });

  const assertionOf = async ({ client_id }: Client, alg: string, key: Parameters<SignJWT['sign']>[0]) => ({
    client_assertion_type: JWT_BEARER,
    client_assertion: await new SignJWT({ jti: String(Math.random()) })
      .setProtectedHeader({ alg })
      .setIssuer(client_id)
      .setSubject(client_id)
      .setAudience(ISSUER)
      .setExpirationTime('1m')
      .sign(key),
  });

  it('takes private_key_jwt, with the keys a client has registered', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwks = { keys: [await exportJWK(publicKey)] };
    const client = await machine({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    const assertion = await assertionOf(client, 'ES256', privateKey);
    expect((await post({ grant_type: 'client_credentials', ...assertion })).status).toBe(200);
  });

  it('gives a public client no token by client_credentials', async () => {
    const { client_id } = await register(clientMetadata({ token_endpoint_auth_method: 'none' }));
    expect((await post({ grant_type: 'client_credentials', client_id })).status).toBe(400);
  });

  it('sees an update at once, and knows no client that is gone', async () => {
    const client = await machine();
    const { client_id, client_secret, registration_access_token: token } = client;
    expect((await tokenFor(client, client_secret)).status).toBe(200);
    const body = machineMetadata({ client_id, client_secret, client_name: 'Ebb', response_types: [] });
    expect((await server.request('PUT', `/register/${client_id}`, { token, body })).status).toBe(200);
    expect(await metadataOf(client)).toMatchObject({ client_name: 'Ebb' });
    expect((await server.request('DELETE', `/register/${client_id}`, { token })).status).toBe(204);
    expect(await provider.Client.find(client_id)).toBeUndefined();
    expect(await tokenFor(client, client_secret)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  describe('what the provider does not have', () => {
    it('is left out, and the rest of the client works', async () => {
      const client = await register(
        clientMetadata({
          scope: 'openid api:read api:write',
          contacts: ['ops@tides.example', '+49 40 1234'],
          id_token_signed_response_alg: 'ES512',
        }),
      );
      expect(await metadataOf(client)).toMatchObject({
        scope: 'openid api:read',
        contacts: ['ops@tides.example'],
        id_token_signed_response_alg: 'RS256',
        redirect_uris: ['https://tides.example/cb'],
        client_name: 'Tide Tables',
      });
    });

    it('is no other method of authentication: such a client is not known there', async () => {
      const { client_id } = await machine({
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'tides.example',
      });
      expect(await provider.Client.find(client_id)).toBeUndefined();
    });
  });

  it('keeps fields of the host, software and names in the languages it is told', async () => {
    const members = {
      acme_tier: 'gold',
      software_id: 'tides',
      software_version: '1',
      'client_name#ja': '潮',
      'client_name#de': 'Ebbe',
    };
    const { 'client_name#de': _unknown, ...kept } = members;
    const metadata = await metadataOf(await register(clientMetadata(members)));
    expect(metadata).toMatchObject(kept);
    expect(metadata).not.toHaveProperty('client_name#de');
  });

  it('gives the same text for the same client each time, by which the provider remembers it', async () => {
    const client = await register(clientMetadata({ scope: 'openid api:write', 'client_name#ja': '潮' }));
    const texts = await Promise.all([1, 2, 3].map(async () => JSON.stringify(await payloadOf(client))));
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).not.toMatch(/null|""/);
    expect(await provider.Client.find(client.client_id)).toBe(await provider.Client.find(client.client_id));
  });

  it('takes redirect URIs as this module does: any port of a loopback address, schemes beside https', async () => {
    const uris = ['cursor://anysphere.cursor-mcp/cb', 'https://www.cursor.com/cb', 'http://localhost:8787/cb'];
    const client = await register(clientMetadata({ redirect_uris: uris, application_type: 'web' }));
    const found = await provider.Client.find(client.client_id);
    for (const uri of [...uris, 'http://localhost:1234/cb']) expect(found?.redirectUriAllowed(uri), uri).toBe(true);
    for (const uri of ['http://127.0.0.1:8787/cb', 'https://www.cursor.com:8443/cb', 'https://www.cursor.com/cb/']) {
      expect(found?.redirectUriAllowed(uri), uri).toBe(false);
    }
  });

  it('knows a machine without redirect URIs and response types', async () => {
    expect(await metadataOf(await machine())).toMatchObject({ redirect_uris: [], response_types: [] });
  });

  it('advertises our registration endpoint in its metadata document', async () => {
    const { port } = http.address() as AddressInfo;
    const document = await (await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`)).json();
    expect(document).toMatchObject({ registration_endpoint: `${server.issuer}/register` });
  });

  it('refuses a provider that registers clients itself', async () => {
    const features = { registration: { enabled: true } };
    await expect(startProvider(clients, { features })).rejects.toThrow('features.registration must be off');
  });

  describe('what cannot be told', () => {
    it('is 503 and never invalid_client: a missing encryption key', async () => {
      const client = await machine({ token_endpoint_auth_method: 'client_secret_jwt' });
      const rows = server.dataSource.getRepository(OAuthClient);
      const { clientSecretEncrypted } = await rows.findOneByOrFail({ clientId: client.client_id });
      const renamed = String(clientSecretEncrypted).replace(/\$aes256gcm\$[^$]+/, '$$aes256gcm$$gone');
      await rows.update({ clientId: client.client_id }, { clientSecretEncrypted: renamed });
      const assertion = await assertionOf(client, 'HS256', createHash('sha256').update('x').digest());
      const answer = await post({ grant_type: 'client_credentials', ...assertion });
      expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
    });

    it('is 503 and never invalid_client: a database that is gone', async () => {
      const own = await startServer({ database, options: { isGlobal: true }, providers: [OidcProviderClients] });
      const { server: ofProvider } = await startProvider(own.app.get(OidcProviderClients));
      try {
        const { body } = await own.register(machineMetadata({ response_types: [] }));
        await own.dataSource.destroy();
        const answer = await tokenFor(
          { client_id: body.client_id as string },
          body.client_secret as string,
          ofProvider,
        );
        expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
        await own.dataSource.initialize();
      } finally {
        ofProvider.closeAllConnections();
        ofProvider.close();
        await own.close();
      }
    });
  });
});
