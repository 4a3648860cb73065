import { OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const snakeCase = (property: string) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Columns of other systems that were written this way, and what Nest and TypeORM themselves would look at. */
const OTHER_NAMES = [
  'id',
  'status',
  'approved',
  'isPublic',
  'is_public',
  'scopes',
  'roles',
  'tenant',
  'createdAt',
  'lastUsedAt',
  'skip_consent',
  'audience',
  'policies',
  'metadata',
];

describe.each(platforms)('no member writes a column of the server ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  let columns: { property: string; known: boolean }[];
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { access: 'open' } });
    token = await server.token({ owner: 'harbour' });
    const { body } = await server.register(clientMetadata());
    const answered = Object.keys(body);
    columns = server.dataSource.getMetadata(OAuthClient).columns.map(({ propertyName }) => ({
      property: propertyName,
      // `redirectUris` is no member, but `redirect_uris` is one.
      known: answered.includes(snakeCase(propertyName)) || METADATA.includes(snakeCase(propertyName)),
    }));
  });
  afterAll(() => server.close());

  const METADATA = [
    'client_uri',
    'logo_uri',
    'scope',
    'contacts',
    'tos_uri',
    'policy_uri',
    'jwks_uri',
    'jwks',
    'software_id',
    'software_version',
  ];
  const row = async (clientId: string) => server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId });
  /** Every column in camelCase, in snake_case unless that is a member of its own, and by its name in the table. */
  const everyColumn = (value: unknown): Members =>
    Object.fromEntries(
      [
        ...columns.flatMap(({ property, known }) => [property, ...(known ? [] : [snakeCase(property)])]),
        ...server.dataSource.getMetadata(OAuthClient).columns.map(({ databaseName }) => databaseName),
        ...OTHER_NAMES,
      ]
        .filter((name) => !['scope', 'contacts', 'jwks'].includes(name))
        .map((name) => [name, value]),
    );
  const planted = ['planted', 'suspended', ['planted'], { planted: true }, 4711, true];

  it('knows the columns it tries', () => {
    expect(columns.map(({ property }) => property)).toEqual(
      expect.arrayContaining([
        'clientId',
        'clientSecretHash',
        'clientSecretEncrypted',
        'registrationAccessTokenHash',
        'owner',
        'source',
        'version',
      ]),
    );
    expect(Object.keys(everyColumn(1))).toEqual(
      expect.arrayContaining([
        'client_secret_hash',
        'clientSecretHash',
        'client_secret_encrypted',
        'registered_openly',
        'additional_metadata',
      ]),
    );
  });

  it.each(planted)('with %j in a registration', async (value) => {
    const { status, body } = await server.register({ ...everyColumn(value), ...clientMetadata() }, token);
    expect(status).toBe(201);
    const plain = await server.register(clientMetadata(), token);
    expect(Object.keys(body).toSorted()).toEqual(Object.keys(plain.body).toSorted());
    const { clientId, clientSecretHash, registrationAccessTokenHash, clientIdIssuedAt, ...stored } = await row(
      body.client_id,
    );
    expect(stored).toEqual({
      clientSecretExpiresAt: 0,
      clientSecretEncrypted: null,
      source: 'dynamic',
      registeredOpenly: false,
      owner: 'harbour',
      tenant: null,
      status: 'active',
      expiresAt: null,
      lastUsedAt: null,
      initialAccessTokenId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      bounds: null,
      previousClientSecretHash: null,
      previousClientSecretExpiresAt: null,
      previousClientSecretEncrypted: null,
      previousRegistrationAccessTokenHash: null,
      previousRegistrationAccessTokenExpiresAt: null,
      foldingKey: null,
      version: 1,
      redirectUris: ['https://tides.example/cb'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      grantTypes: ['authorization_code'],
      responseTypes: ['code'],
      clientName: 'Tide Tables',
      clientUri: null,
      logoUri: null,
      scope: null,
      contacts: null,
      tosUri: null,
      policyUri: null,
      jwksUri: null,
      jwks: null,
      softwareId: null,
      softwareVersion: null,
      applicationType: 'web',
      additionalMetadata: null,
    });
    expect(clientId).toBe(body.client_id);
    expect(clientSecretHash).toMatch(/^\$sha256\$/);
    expect(registrationAccessTokenHash).toMatch(/^[0-9a-f]{64}$/);
    expect(clientIdIssuedAt).toBe(body.client_id_issued_at);
  });

  it.each(planted)('with %j in an update', async (value) => {
    const { body } = await server.register(clientMetadata(), token);
    const before = await row(body.client_id);
    // Those four names are refused, not ignored (RFC 7592 section 2.2).
    const { client_id_issued_at: _issued, client_secret_expires_at: _expires, ...sent } = everyColumn(value);
    const updated = await server.request('PUT', `/register/${body.client_id}`, {
      token: body.registration_access_token,
      body: { ...sent, ...clientMetadata({ client_id: body.client_id }) },
    });
    expect(updated.status).toBe(200);
    before.version = 2;
    expect(await row(body.client_id)).toEqual(before);
    expect(JSON.stringify(updated.body)).not.toContain('planted');
  });

  it('nor does a stranger say that it registered with a token', async () => {
    const { body } = await server.register(
      { ...clientMetadata(), registeredOpenly: false, registered_openly: false, owner: 'harbour', source: 'manual' },
      null,
    );
    expect(await row(body.client_id)).toMatchObject({ registeredOpenly: true, owner: null, source: 'dynamic' });
  });

  it.each(['<img src=x onerror=alert(1)>', '"><script>', '\r\nSet-Cookie: a=b', '\u202e'])(
    'echoes no unknown member %j',
    async (name) => {
      const refused = await server.register({ [name]: 1 }, token);
      expect(refused.status).toBe(400);
      expect(refused.headers.get('content-type')).toMatch(/^application\/json/);
      expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
      expect(JSON.stringify(refused.body)).not.toContain(name);
      const taken = await server.register({ ...clientMetadata(), [name]: name }, token);
      expect(taken.status).toBe(201);
      expect(Object.hasOwn(taken.body, name)).toBe(false);
    },
  );
});
