import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata } from '../errors/refusal.js';
import {
  certifiedKey,
  clientMetadata,
  encryptionKey,
  machineMetadata,
  privateKey,
  publicKey,
  type Members,
} from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const jwks_uri = 'https://tides.example/jwks.json';
const NEEDS_KEY = 'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key';
const NEEDS_CERTIFICATE =
  'token_endpoint_auth_method self_signed_tls_client_auth needs jwks_uri, or jwks whose keys have x5c';

describe.each(platforms)('client authentication, RFC 7591 section 2 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        server: {
          tokenEndpointAuthMethods: [
            'private_key_jwt',
            'client_secret_basic',
            'client_secret_post',
            'none',
            'self_signed_tls_client_auth',
          ],
        },
      },
    });
    token = await server.token();
  });
  afterAll(() => server.close());

  const register = (token_endpoint_auth_method: string | undefined, members: Members = {}) =>
    server.register(clientMetadata({ token_endpoint_auth_method, ...members }), token);

  it('is client_secret_basic by default, wherever it is offered', async () => {
    const { body } = await register(undefined);
    expect(body.token_endpoint_auth_method).toBe('client_secret_basic');
  });

  it.each(['client_secret_basic', 'client_secret_post'])('issues a secret for %s', async (method) => {
    const { status, body } = await register(method);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      token_endpoint_auth_method: method,
      client_secret: expect.stringMatching(/^cs_/),
      client_secret_expires_at: 0,
    });
  });

  it.each<[string, Members]>([
    ['none', {}],
    ['private_key_jwt', { jwks: { keys: [publicKey()] } }],
    ['private_key_jwt', { jwks_uri }],
    ['private_key_jwt', { jwks: { keys: [publicKey({ use: 'sig', kid: 'a' }), { ...encryptionKey(), use: 'enc' }] } }],
    ['self_signed_tls_client_auth', { jwks: { keys: [certifiedKey()] } }],
    ['self_signed_tls_client_auth', { jwks_uri }],
  ])('issues no secret for %s with %j', async (method, members) => {
    const { status, body } = await register(method, members);
    expect(status).toBe(201);
    expect(body).toMatchObject({ token_endpoint_auth_method: method, ...members });
    expect(body).not.toHaveProperty('client_secret');
    expect(body).not.toHaveProperty('client_secret_expires_at');
  });

  it.each<[string, Members, string]>([
    ['private_key_jwt', {}, NEEDS_KEY],
    ['private_key_jwt', { jwks: { keys: [encryptionKey()] } }, NEEDS_KEY],
    ['private_key_jwt', { jwks: { keys: [publicKey({ use: 'enc' })] } }, NEEDS_KEY],
    ['self_signed_tls_client_auth', {}, NEEDS_CERTIFICATE],
    ['self_signed_tls_client_auth', { jwks: { keys: [publicKey()] } }, NEEDS_CERTIFICATE],
    ['self_signed_tls_client_auth', { jwks: { keys: [certifiedKey(), publicKey({ kid: 'a' })] } }, NEEDS_CERTIFICATE],
  ])('refuses %s with %j: %s', async (method, members, description) =>
    expectRefusal(await register(method, members), invalidMetadata(description)),
  );

  it('refuses client_credentials for a public client (RFC 6749 section 4.4)', async () => {
    const description = 'grant_types must not contain client_credentials with token_endpoint_auth_method none';
    expectRefusal(
      await server.register(machineMetadata({ token_endpoint_auth_method: 'none' }), token),
      invalidMetadata(description),
    );
    expectRefusal(
      await register('none', { grant_types: ['authorization_code', 'client_credentials'] }),
      invalidMetadata(description),
    );
  });

  it.each(['client_secret_jwt', 'tls_client_auth', 'bearer', 'NONE', 'none ', 'https://example.com/method'])(
    'refuses %j and does not replace it',
    async (method) =>
      expectRefusal(
        await register(method),
        invalidMetadata(
          'token_endpoint_auth_method is not supported by this server, which supports ' +
            'private_key_jwt, client_secret_basic, client_secret_post, none, self_signed_tls_client_auth',
        ),
      ),
  );

  it('refuses jwks together with jwks_uri (RFC 7591 section 2)', async () => {
    const both = { jwks_uri, jwks: { keys: [publicKey()] } };
    for (const method of ['none', 'private_key_jwt', undefined])
      expectRefusal(await register(method, both), invalidMetadata('jwks must not be present together with jwks_uri'));
  });

  it('takes jwks beside an omitted jwks_uri', async () => {
    for (const nothing of [null, '']) {
      const { status, body } = await register('private_key_jwt', { jwks: { keys: [publicKey()] }, jwks_uri: nothing });
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('jwks_uri');
    }
  });

  describe('public keys only (OpenID Connect Registration section 2)', () => {
    it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])('refuses the private member %s', async (member) => {
      for (const value of ['AQAB', null, '']) {
        expectRefusal(
          await register('none', { jwks: { keys: [publicKey(), publicKey({ kid: 'a', [member]: value })] } }),
          invalidMetadata(`jwks.keys[1].${member} must not be present: only public keys are accepted`),
        );
      }
    });

    it('refuses a private key, and repeats no part of it', async () => {
      const key = privateKey();
      const response = await register('private_key_jwt', { jwks: { keys: [key] } });
      expectRefusal(response, invalidMetadata('jwks.keys[0].d must not be present: only public keys are accepted'));
      expect(JSON.stringify(response.body)).not.toContain(key['d']);
    });

    it('refuses a symmetric key', async () =>
      expectRefusal(
        await register('none', { jwks: { keys: [{ kty: 'oct' }] } }),
        invalidMetadata('jwks.keys[0].kty must not be oct: only public keys are accepted'),
      ));

    it('refuses private members of a key of unknown type', async () =>
      expectRefusal(
        await register('none', { jwks: { keys: [publicKey(), { kty: 'AKP', priv: 'AAAA' }] } }),
        invalidMetadata('jwks.keys[1].priv must not be present: only public keys are accepted'),
      ));

    it('drops keys of unknown type and returns the rest (RFC 7517 section 5)', async () => {
      const key = publicKey();
      const { status, body } = await register('private_key_jwt', {
        jwks: { keys: [{ kty: 'AKP', pub: 'AAAA' }, key] },
      });
      expect(status).toBe(201);
      expect(body.jwks).toEqual({ keys: [key] });
    });

    it.each<[unknown, string]>([
      [{}, 'jwks.keys must be a non-empty array'],
      [{ keys: [] }, 'jwks.keys must be a non-empty array'],
      [{ keys: {} }, 'jwks.keys must be a non-empty array'],
      [{ keys: [null] }, 'jwks.keys[0] must be a JSON object'],
      [{ keys: [{}] }, 'jwks.keys[0].kty must be a string'],
      [{ keys: [{ kty: 'AKP', pub: 'AAAA' }] }, 'jwks must contain a usable key'],
      [
        { keys: [{ kty: 'EC', crv: 'P-256', x: 'A', y: 'A' }] },
        'jwks.keys[0].x must be unpadded base64url of the full length',
      ],
      [{ keys: [publicKey({ alg: 'none' })] }, 'jwks.keys[0].alg must not be none'],
      [{ keys: [publicKey({ kid: 'a\0b' })] }, 'jwks must be well-formed Unicode without NUL'],
      [{ keys: [publicKey({ kid: '\ud800' })] }, 'jwks must be well-formed Unicode without NUL'],
    ])('refuses %j: %s', async (jwks, description) =>
      expectRefusal(await register('none', { jwks }), invalidMetadata(description)),
    );
  });
});

describe.each(platforms)('a server without secrets ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { server: { tokenEndpointAuthMethods: ['none', 'private_key_jwt'] } },
    });
  });
  afterAll(() => server.close());

  it('makes its preferred method the default, and returns it', async () => {
    const { status, body } = await server.register(clientMetadata());
    expect(status).toBe(201);
    expect(body.token_endpoint_auth_method).toBe('none');
    expect(body).not.toHaveProperty('client_secret');
  });

  it('refuses client_secret_basic', async () =>
    expectRefusal(
      await server.register(clientMetadata({ token_endpoint_auth_method: 'client_secret_basic' })),
      invalidMetadata(
        'token_endpoint_auth_method is not supported by this server, which supports none, private_key_jwt',
      ),
    ));

  it('holds the default to its own rules', async () =>
    expectRefusal(
      await server.register(machineMetadata()),
      invalidMetadata('grant_types must not contain client_credentials with token_endpoint_auth_method none'),
    ));
});

describe.each(platforms)('secrets that expire ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { clientSecret: { lifetimeSeconds: 3600, prefix: 'tide-' } } });
  });
  afterAll(() => server.close());

  it('tells when, as an integer (RFC 7591 section 3.2.1)', async () => {
    const { body } = await server.register(clientMetadata());
    expect(body.client_secret).toMatch(/^tide-/);
    expect(body.client_secret_expires_at).toBe(body.client_id_issued_at + 3600);
  });
});
