import {
  ClientMetadata,
  ClientSecretService,
  OAuthClient,
  OAuthClientService,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { expectRefusal, invalidMetadata } from '../errors/refusal.js';
import { certifiedKey, clientMetadata, publicKey, type Members } from '../support/client-metadata.builder.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

/** Every field that names an algorithm, and one whose key is the client secret. */
const ALGORITHM_FIELDS = [...metadataTable(ClientMetadata).values()]
  .filter(({ algorithm }) => algorithm !== undefined)
  .map(({ name }) => ({ name, alg: /_encryption_alg$|_encrypted_/.test(name) ? 'A128KW' : 'HS256' }))
  // Of client_secret_jwt alone; and never a MAC (CIBA section 4).
  .filter(({ name }) => !/^(?:token_endpoint_auth|backchannel_authentication_request)_signing_alg$/.test(name));

const SUBJECTS = {
  tls_client_auth_subject_dn: 'CN=tides.example',
  tls_client_auth_san_dns: 'tides.example',
  tls_client_auth_san_uri: 'https://tides.example/client',
  tls_client_auth_san_ip: '192.0.2.1',
  tls_client_auth_san_email: 'ops@tides.example',
} as const;
const SUBJECT_FIELDS = Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[];

const WRONG_SECRET = invalidMetadata('client_secret must be that of the client, an update cannot set it');

describe.each(platforms)('a server that offers everything ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } },
    });
    token = await server.token();
  });
  afterAll(() => server.close());

  const register = (members: Members) => server.register(clientMetadata(members), token);
  const manage = (method: string, client: JsonResponse, members?: Members) =>
    server.request(method, `/register/${client.body.client_id}`, {
      token: client.body.registration_access_token,
      ...(members && { body: clientMetadata({ client_id: client.body.client_id, ...members }) }),
    });
  const stored = ({ body }: JsonResponse): Promise<OAuthClientRecord> =>
    server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: body.client_id });
  const keyOf = async (client: JsonResponse) =>
    server.app.get(ClientSecretService, { strict: false }).keyOf(await stored(client));
  const verifies = async (client: JsonResponse, secret: string) =>
    server.app.get(OAuthClientService, { strict: false }).verifySecret(await stored(client), secret);

  /** The one answer that issues the secret shows it; it is stored as a hash and encrypted. */
  async function expectKey(client: JsonResponse, answer: JsonResponse = client): Promise<void> {
    const { client_secret: secret, client_secret_expires_at: expiresAt } = answer.body;
    expect(secret).toMatch(/^cs_[A-Za-z0-9_-]{64}$/);
    expect(expiresAt).toBe(0);
    const columns = await stored(client);
    expect(columns.clientSecretHash).toMatch(/^\$sha256\$[0-9a-f]{64}$/);
    expect(columns.clientSecretEncrypted).toMatch(/^\$aes256gcm\$2026-11\$[A-Za-z0-9_-]+$/);
    expect(JSON.stringify(columns)).not.toContain(secret);
    expect(await keyOf(client)).toBe(secret);
    expect(await verifies(client, secret)).toBe(true);
  }

  async function expectNoSecret(client: JsonResponse, answer: JsonResponse): Promise<void> {
    expect(answer.body).not.toHaveProperty('client_secret');
    expect(answer.body).not.toHaveProperty('client_secret_expires_at');
    expect(await stored(client)).toMatchObject({
      clientSecretHash: null,
      clientSecretExpiresAt: null,
      clientSecretEncrypted: null,
    });
    expect(await keyOf(client)).toBeUndefined();
  }

  describe('client secret that is a key (RFC 7518 section 3.2)', () => {
    it.each<Members>([
      { token_endpoint_auth_method: 'client_secret_jwt' },
      { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: 'HS512' },
      { token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'HS256' },
      { token_endpoint_auth_method: 'client_secret_post', userinfo_signed_response_alg: 'HS512' },
      { id_token_encrypted_response_alg: 'A128KW' },
      { request_object_encryption_alg: 'dir', request_object_encryption_enc: 'A256CBC-HS512' },
    ])('is long enough, hashed, and encrypted for %j', async (members) => {
      const client = await register(members);
      expect(client.status).toBe(201);
      expect(client.body).toMatchObject(members);
      await expectKey(client);
      const read = await manage('GET', client);
      expect(read.body.client_secret_expires_at).toBe(0);
      expect(read.body).not.toHaveProperty('client_secret');
      expect(JSON.stringify(read.body)).not.toMatch(/encrypted"|aes256gcm/i);
    });

    it('is issued once by updates at the same time, and it is the one that is stored', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_basic' });
      const members = { token_endpoint_auth_method: 'client_secret_jwt' };
      const answers = await Promise.all(Array.from({ length: 6 }, () => manage('PUT', client, members)));
      for (const { status } of answers) expect([200, 409]).toContain(status);
      const [issued, ...others] = answers.filter(({ body }) => body.client_secret !== undefined);
      expect(others).toEqual([]);
      expect(issued?.body.client_secret).not.toBe(client.body.client_secret);
      expect(await keyOf(client)).toBe(issued?.body.client_secret);
    });

    it.each<Members>([
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey()] } },
      { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [certifiedKey()] } },
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'tides.example' },
    ])('is issued with an authentication method that needs none: %j', async (members) => {
      await expectKey(await register({ ...members, id_token_signed_response_alg: 'HS256' }));
      const without = await register(members);
      expect(without.status).toBe(201);
      await expectNoSecret(without, without);
    });

    it('is issued for every field that names such an algorithm, and refused for none in a public client', async () => {
      expect(ALGORITHM_FIELDS.length).toBeGreaterThan(10);
      for (const { name, alg } of ALGORITHM_FIELDS) {
        const client = await register({ [name]: alg });
        expect({ name, status: client.status, [name]: client.body[name] }).toEqual({ name, status: 201, [name]: alg });
        await expectKey(client);
        expectRefusal(
          await register({ token_endpoint_auth_method: 'none', [name]: alg }),
          invalidMetadata(`${name} must not be an algorithm with a client secret in a public client`),
        );
      }
    });

    it('is in clear in no row of any table, whoever it is of', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const byHand = await server.app
        .get(OAuthClientService, { strict: false })
        .create({ ...clientMetadata(), token_endpoint_auth_method: 'client_secret_jwt' });
      const rows: unknown = await server.dataSource.query('SELECT * FROM oauth_clients');
      const text = JSON.stringify(rows);
      expect(text).toContain(client.body.client_id);
      for (const secret of [client.body.client_secret, byHand.clientSecret]) {
        expect(secret).toMatch(/^cs_[A-Za-z0-9_-]{64}$/);
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(String(secret)).toString('base64url').slice(0, 32));
      }
    });
  });

  describe('client secret after an update (RFC 7592 section 2.2)', () => {
    it.each<Members>([
      { token_endpoint_auth_method: 'client_secret_jwt' },
      { token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'HS256' },
    ])('is a new one with a change to %j, since the old one cannot be recovered', async (members) => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_basic' });
      expect(await keyOf(client)).toBeUndefined();
      const updated = await manage('PUT', client, members);
      expect(updated.status).toBe(200);
      await expectKey(client, updated);
      expect(updated.body.client_secret).not.toBe(client.body.client_secret);
      expect(await verifies(client, client.body.client_secret)).toBe(false);
    });

    it.each<Members>([{}, { token_endpoint_auth_method: 'client_secret_post' }])(
      'is kept with a change from HS256 back to RS256 with %j, and its encrypted copy is dropped',
      async (members) => {
        const client = await register({ id_token_signed_response_alg: 'HS256' });
        const { clientSecretHash } = await stored(client);
        const updated = await manage('PUT', client, { ...members, id_token_signed_response_alg: 'RS256' });
        expect(updated.status).toBe(200);
        expect(updated.body).toMatchObject({ id_token_signed_response_alg: 'RS256', client_secret_expires_at: 0 });
        expect(updated.body).not.toHaveProperty('client_secret');
        expect(await stored(client)).toMatchObject({ clientSecretHash, clientSecretEncrypted: null });
        expect(await keyOf(client)).toBeUndefined();
        expect(await verifies(client, client.body.client_secret)).toBe(true);
      },
    );

    it.each<Members>([
      { token_endpoint_auth_method: 'none' },
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey()] } },
    ])('is destroyed with its copy by a change from client_secret_jwt to %j', async (members) => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const updated = await manage('PUT', client, members);
      expect(updated.status).toBe(200);
      await expectNoSecret(client, updated);
      expect(await verifies(client, client.body.client_secret)).toBe(false);
    });

    it('is issued with a change from a public client, and destroyed with one to public keys alone', async () => {
      const client = await register({ token_endpoint_auth_method: 'none' });
      await expectNoSecret(client, client);
      await expectKey(client, await manage('PUT', client, { token_endpoint_auth_method: 'client_secret_jwt' }));
      const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey()] } };
      await expectNoSecret(client, await manage('PUT', client, keys));
      await expectKey(client, await manage('PUT', client, { ...keys, userinfo_signed_response_alg: 'HS256' }));
    });

    it.each<Members>([
      { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: 'HS384' },
      { id_token_signed_response_alg: 'HS256' },
    ])('is the same, and not shown, where the metadata is the same: %j', async (members) => {
      const client = await register(members);
      const before = await stored(client);
      for (const secret of [{}, { client_secret: client.body.client_secret }]) {
        const updated = await manage('PUT', client, { ...members, ...secret });
        expect(updated.status).toBe(200);
        expect(updated.body).toMatchObject({ ...members, client_secret_expires_at: 0 });
        expect(updated.body).not.toHaveProperty('client_secret');
      }
      const { clientSecretHash, clientSecretEncrypted, version } = before;
      expect(await stored(client)).toMatchObject({ clientSecretHash, clientSecretEncrypted, version: version + 2 });
      expect(await keyOf(client)).toBe(client.body.client_secret);
    });

    it('stays a key from one algorithm with the secret to another', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const updated = await manage('PUT', client, { request_object_encryption_alg: 'A128KW' });
      expect(updated.status).toBe(200);
      expect(updated.body).not.toHaveProperty('client_secret');
      expect(await keyOf(client)).toBe(client.body.client_secret);
    });

    it('is not set by a wrong client_secret, nor by what is stored of it', async () => {
      const members = { token_endpoint_auth_method: 'client_secret_jwt' };
      const client = await register(members);
      const before = await stored(client);
      const { clientSecretHash, clientSecretEncrypted } = before;
      const secret: string = client.body.client_secret;
      for (const wrong of [
        'x'.repeat(64),
        `${secret}x`,
        secret.slice(0, -1),
        clientSecretHash,
        clientSecretEncrypted,
      ]) {
        expectRefusal(await manage('PUT', client, { ...members, client_secret: wrong }), WRONG_SECRET);
      }
      expect(await stored(client)).toEqual(before);
    });

    it('is as it was after an update that is refused', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const before = await stored(client);
      expectRefusal(
        await manage('PUT', client, { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'HS256' }),
        invalidMetadata(
          'id_token_signed_response_alg must not be an algorithm with a client secret in a public client',
        ),
      );
      expect(await stored(client)).toEqual(before);
    });

    it('is nothing that a client can write', async () => {
      const client = await register({
        token_endpoint_auth_method: 'client_secret_jwt',
        clientSecretEncrypted: 'planted',
        client_secret_encrypted: 'planted',
        client_secret: 'planted'.repeat(10),
      });
      await expectKey(client);
      expect(JSON.stringify([client.body, await stored(client)])).not.toContain('planted');
    });
  });

  describe('tls_client_auth (RFC 8705 section 2.1.2)', () => {
    const token_endpoint_auth_method = 'tls_client_auth';

    it('needs a field that names the certificate', async () => {
      const description = `token_endpoint_auth_method tls_client_auth needs one of ${SUBJECT_FIELDS.join(', ')}`;
      for (const members of [{}, { jwks: { keys: [certifiedKey()] } }, { tls_client_auth_san_dns: '' }]) {
        expectRefusal(await register({ token_endpoint_auth_method, ...members }), invalidMetadata(description));
      }
    });

    it.each(SUBJECT_FIELDS)('takes %s alone, and issues no secret', async (field) => {
      const members = { token_endpoint_auth_method, [field]: SUBJECTS[field] };
      const client = await register(members);
      expect(client.status).toBe(201);
      expect(client.body).toMatchObject(members);
      await expectNoSecret(client, client);
    });

    it('takes no two of them', async () => {
      const pairs = SUBJECT_FIELDS.flatMap((first, i) =>
        SUBJECT_FIELDS.slice(i + 1).map((second) => [first, second] as const),
      );
      expect(pairs).toHaveLength(10);
      for (const [first, second] of pairs) {
        expectRefusal(
          // In whatever order they are sent.
          await register({ token_endpoint_auth_method, [second]: SUBJECTS[second], [first]: SUBJECTS[first] }),
          invalidMetadata(`${second} must not be present together with ${first}`),
        );
      }
    });

    it('is held to it by an update, too', async () => {
      const client = await register({ token_endpoint_auth_method, tls_client_auth_san_ip: '192.0.2.1' });
      const before = await stored(client);
      expectRefusal(
        await manage('PUT', client, { token_endpoint_auth_method }),
        invalidMetadata(/^token_endpoint_auth_method tls_client_auth needs one of /),
      );
      expect(await stored(client)).toEqual(before);
    });
  });

  describe('token_endpoint_auth_signing_alg (OpenID Connect Core section 9)', () => {
    const jwks = { keys: [publicKey()] };
    const BY_SECRET = 'token_endpoint_auth_signing_alg must be an HMAC algorithm with client_secret_jwt';
    const BY_KEY = 'token_endpoint_auth_signing_alg must not be an HMAC algorithm with private_key_jwt';
    const NO_KEY =
      'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key for token_endpoint_auth_signing_alg';

    it.each<[string, string, Members]>([
      ['client_secret_jwt', 'HS256', {}],
      ['client_secret_jwt', 'HS384', { jwks }],
      ['private_key_jwt', 'ES256', { jwks }],
      ['private_key_jwt', 'PS256', { jwks_uri: 'https://tides.example/jwks.json' }],
    ])('of %s may be %s with %j', async (method, alg, members) => {
      const asked = { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg, ...members };
      const { status, body } = await register(asked);
      expect(status).toBe(201);
      expect(body).toMatchObject(asked);
    });

    it.each<[string, string, Members, string]>([
      ['client_secret_jwt', 'RS256', { jwks }, BY_SECRET],
      ['private_key_jwt', 'HS256', { jwks }, BY_KEY],
      ['private_key_jwt', 'RS256', { jwks }, NO_KEY],
      ['private_key_jwt', 'ES256', {}, NO_KEY],
    ])('of %s may not be %s with %j: %s', async (method, alg, members, description) => {
      const asked = { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg, ...members };
      expectRefusal(await register(asked), invalidMetadata(description));
    });

    it.each(['none', 'ES256K', 'A128KW', 'hs256'])('is never %s', async (alg) => {
      for (const method of ['client_secret_jwt', 'private_key_jwt']) {
        const asked = { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg, jwks };
        expectRefusal(
          await register(asked),
          invalidMetadata(/^token_endpoint_auth_signing_alg is not supported by this server, which supports RS256, /),
        );
      }
    });

    it.each(['client_secret_basic', 'client_secret_post', 'none'])(
      'is left out with %s, which signs nothing',
      async (method) => {
        const asked = { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: 'HS256' };
        const client = await register(asked);
        expect(client.status).toBe(201);
        expect(client.body).not.toHaveProperty('token_endpoint_auth_signing_alg');
        expect(await keyOf(client)).toBeUndefined();
      },
    );
  });
});
