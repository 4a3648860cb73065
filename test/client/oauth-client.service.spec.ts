import {
  ClientSecretService,
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  OAuthClient,
  OAuthClientService,
  type ManualClient,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

describe.each(databases)('clients of the host itself ($name)', (database) => {
  let server: TestServer;
  let clients: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: {
        server: {
          scopes: ['read'],
          tokenEndpointAuthMethods: ['client_secret_basic', 'none', 'client_secret_jwt', 'private_key_jwt'],
          introspection: { signingAlgs: ['RS256', 'HS256'] },
        },
        clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      },
    });
    clients = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());

  describe('added by hand', () => {
    it('have what a registration gives, and are told apart by their source', async () => {
      const { client, clientSecret, registrationAccessToken } = await clients.create({ ...BODY, owner: 'acme' });
      expect(client.clientId).toMatch(/^[0-9a-f-]{36}$/);
      expect(clientSecret).toMatch(/^cs_[A-Za-z0-9_-]{43}$/);
      expect(registrationAccessToken).toMatch(/^rat_[A-Za-z0-9_-]{43}$/);
      expect(client).toMatchObject({
        source: 'manual',
        owner: 'acme',
        registeredOpenly: false,
        version: 1,
        clientName: 'Tide Tables',
        redirectUris: BODY.redirect_uris,
        tokenEndpointAuthMethod: 'client_secret_basic',
        grantTypes: ['authorization_code'],
        responseTypes: ['code'],
        applicationType: 'web',
        scope: 'read',
        clientSecretExpiresAt: 0,
        clientSecretEncrypted: null,
      });
      await expect(clients.find(client.clientId)).resolves.toEqual(client);
      const read = await server.request('GET', `/register/${client.clientId}`, {
        token: registrationAccessToken ?? '',
      });
      expect(read.status).toBe(200);
      expect(read.body).toMatchObject(BODY);
    });

    it('take an id and a secret of a person', async () => {
      const { client, clientSecret } = await clients.create({
        ...BODY,
        clientId: 'tides',
        clientSecret: 'open sesame',
      });
      expect(client.clientId).toBe('tides');
      expect(clientSecret).toBe('open sesame');
      expect(client.clientSecretHash).toMatch(/^\$2b\$10\$/);
      const found = await clients.find('tides');
      expect(found && (await clients.verifySecret(found, 'open sesame'))).toBe(true);
    });

    it('have no secret with an authentication method that needs none', async () => {
      const created = await clients.create({ ...BODY, token_endpoint_auth_method: 'none' });
      expect(created.clientSecret).toBeUndefined();
      expect(created.client).toMatchObject({ clientSecretHash: null, clientSecretExpiresAt: null });
      await expect(
        clients.create({ ...BODY, token_endpoint_auth_method: 'none', clientSecret: 'open sesame' }),
      ).rejects.toThrow(
        new InvalidClientMetadataError('client_secret is of no use with token_endpoint_auth_method none'),
      );
    });

    it('are refused under an id that is taken, and the first one stays', async () => {
      const { client } = await clients.create({ ...BODY, clientId: 'twice' });
      await expect(clients.create({ ...BODY, clientId: 'twice', client_name: 'Other' })).rejects.toThrow(
        new InvalidClientMetadataError('client_id is taken already'),
      );
      await expect(clients.find('twice')).resolves.toEqual(client);
    });

    it.each<unknown>(['', 'caf\u00e9', 'a\nb', 'a\0b', 'x'.repeat(256), 7, null, {}, ['tides']])(
      'are refused under the id %j',
      async (clientId) => {
        const before = await server.dataSource.getRepository(OAuthClient).count();
        await expect(clients.create({ ...BODY, clientId } as ManualClient)).rejects.toThrow(
          new InvalidClientMetadataError(
            'client_id must have 1 to 255 printable ASCII characters and not be a dot segment',
          ),
        );
        await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(before);
      },
    );

    it.each<unknown>(['', 'p\u00e4sswort', 'a\nb', 'x'.repeat(73), 12345678, null, {}])(
      'are refused with the secret %j',
      async (clientSecret) => {
        await expect(clients.create({ ...BODY, clientId: 'never', clientSecret } as ManualClient)).rejects.toThrow(
          new InvalidClientMetadataError('client_secret must have 1 to 72 printable ASCII characters'),
        );
        await expect(clients.find('never')).resolves.toBeUndefined();
      },
    );

    it('take a secret of 72 bytes', async () => {
      const { client } = await clients.create({ ...BODY, clientSecret: 'x'.repeat(72) });
      await expect(clients.verifySecret(client, 'x'.repeat(72))).resolves.toBe(true);
      await expect(clients.verifySecret(client, 'x'.repeat(73))).resolves.toBe(false);
    });

    const JWT = { ...BODY, token_endpoint_auth_method: 'client_secret_jwt' };

    it.each<ManualClient>([
      JWT,
      { ...BODY, introspection_signed_response_alg: 'HS256' },
      {
        ...BODY,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: 'https://tides.example/jwks.json',
        introspection_signed_response_alg: 'HS256',
      },
    ])('take a secret of 64 to 72 characters as a key: %j', async (metadata) => {
      const secrets = server.app.get(ClientSecretService, { strict: false });
      for (const chosen of ['x'.repeat(64), '~'.repeat(72)]) {
        const { client, clientSecret } = await clients.create({ ...metadata, clientSecret: chosen });
        expect(clientSecret).toBe(chosen);
        expect(client.clientSecretHash).toMatch(/^\$2b\$10\$/);
        expect(client.clientSecretEncrypted).toMatch(/^\$aes256gcm\$2026-11\$/);
        const found = await clients.find(client.clientId);
        expect(found).toEqual(client);
        expect(found && secrets.keyOf(found)).toBe(chosen);
        expect(found && (await clients.verifySecret(found, chosen))).toBe(true);
      }
    });

    it('have a generated secret as a key, where none is given', async () => {
      const { client, clientSecret } = await clients.create(JWT);
      expect(clientSecret).toMatch(/^cs_[A-Za-z0-9_-]{64}$/);
      expect(client.clientSecretHash).toMatch(/^\$sha256\$/);
      expect(server.app.get(ClientSecretService, { strict: false }).keyOf(client)).toBe(clientSecret);
    });

    it.each<unknown>(['', 'x', 'x'.repeat(63), 'x'.repeat(73), `${'x'.repeat(70)}\u00e4`, null, 64])(
      'are refused with %j as a key',
      async (clientSecret) => {
        await expect(clients.create({ ...JWT, clientId: 'never', clientSecret } as ManualClient)).rejects.toThrow(
          new InvalidClientMetadataError('client_secret must have 64 to 72 printable ASCII characters'),
        );
        await expect(clients.find('never')).resolves.toBeUndefined();
      },
    );

    it.each<[ManualClient, Error]>([
      [
        { redirect_uris: ['javascript:alert(1)'] },
        new InvalidRedirectUriError('redirect_uris[0] must not use this scheme'),
      ],
      [
        {},
        new InvalidRedirectUriError('redirect_uris must contain at least one URI when a response type is registered'),
      ],
      [
        { ...BODY, token_endpoint_auth_method: 'none', grant_types: ['client_credentials'], response_types: [] },
        new InvalidClientMetadataError(
          'grant_types must not contain client_credentials with token_endpoint_auth_method none',
        ),
      ],
      [{ ...BODY, client_name: 7 as never }, new InvalidClientMetadataError('client_name must be a string')],
    ])('keep the rules of a registration: %j', async (client, error) => {
      await expect(clients.create(client)).rejects.toEqual(error);
    });
  });

  describe('looked up', () => {
    beforeAll(async () => {
      await clients.create({ ...BODY, clientId: 'lookup' });
      await clients.create({ ...BODY, clientId: 'Upper' });
    });

    it('are found by exactly their id', async () => {
      await expect(clients.find('lookup')).resolves.toMatchObject({ clientId: 'lookup' });
      await expect(clients.find('Upper')).resolves.toMatchObject({ clientId: 'Upper' });
      expect(await clients.find('lookup')).toBeInstanceOf(OAuthClient);
    });

    it.each<unknown>([
      undefined,
      null,
      '',
      'lookup ',
      ' lookup',
      'LOOKUP',
      'l\u00f6okup',
      'upper',
      'nobody',
      'lookup\0',
      '\0',
      '\ud800',
      'x'.repeat(100_000),
      "' OR '1'='1",
      '%',
      0,
      true,
      {},
      [],
      ['lookup'],
    ])('are not found by %j', async (id) => {
      await expect(clients.find(id as string)).resolves.toBeUndefined();
    });

    it('are not managed under another spelling of their id', async () => {
      const { client, registrationAccessToken } = await clients.create({ ...BODY, clientId: 'spelling' });
      const read = (id: string) =>
        server.request('GET', `/register/${encodeURIComponent(id)}`, { token: registrationAccessToken ?? '' });
      expect((await read(client.clientId)).status).toBe(200);
      for (const id of ['SPELLING', 'spelling ', ' spelling', 'spelling\0']) expect((await read(id)).status).toBe(401);
    });
  });
});

describe.each(databases.filter(({ kind }) => kind === 'mysql'))(
  'ids that a database takes for one ($name)',
  (database) => {
    it('are taken once', async () => {
      const server = await startServer({ database });
      try {
        const clients = server.app.get(OAuthClientService, { strict: false });
        await clients.create({ ...BODY, clientId: 'collation' });
        for (const clientId of ['COLLATION', 'collation ']) {
          await expect(clients.create({ ...BODY, clientId })).rejects.toThrow('client_id is taken already');
        }
      } finally {
        await server.close();
      }
    });
  },
);
