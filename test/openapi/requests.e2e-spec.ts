import { Transform } from 'class-transformer';
import { IsEmail, IsInt } from 'class-validator';
import fc from 'fast-check';
import {
  ClientMetadata,
  MetadataField,
  OpenApiService,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { clientMetadata, encryptionKey, privateKey, publicKey } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { startServer, type AdapterName, type TestServer } from '../support/start-server.js';
import { DocumentJudge } from './document-judge.js';

// What is valid depends on no database.
const [database] = databases;
const REDIRECT = 'https://tides.example/cb';

/** Values every field gets, of which it accepts some. */
const anything = [
  null,
  '',
  1,
  0,
  true,
  {},
  [],
  ['x'],
  [''],
  [null],
  [1],
  'a',
  'a b',
  'a\0',
  'a\nb',
  '\ud800',
  'é',
  ' ',
];

/** Values of single fields on both sides of their rules. */
const ofField: Record<string, unknown[]> = {
  redirect_uris: [
    [REDIRECT, REDIRECT],
    ['HTTPS://tides.example'],
    ['http://[::1]:8080/cb?x=1'],
    ['com.example.tides:/cb'],
    ['com.example.tides:cb'],
    ['app://host:99/;a=b/%2F'],
    ['https://tides.example/a@b:c'],
    ['/cb'],
    ['https://tides.example/#'],
    ['https://*.tides.example/'],
    ['javascript:alert(1)'],
    Array.from({ length: 32 }, (_, i) => `${REDIRECT}/${i}`),
    Array.from({ length: 33 }, (_, i) => `${REDIRECT}/${i}`),
    [`${REDIRECT}/${'a'.repeat(2048 - REDIRECT.length - 1)}`],
    [`${REDIRECT}/${'a'.repeat(2048 - REDIRECT.length)}`],
  ],
  client_name: ['Tábua', '\u{1F30A}'.repeat(256), '\u{1F30A}'.repeat(257), 'a'.repeat(1024), 'a'.repeat(1025)],
  client_uri: ['https://tides.example/#top', 'HTTP://localhost:3000', 'http://tides.example/', 'ftp://tides.example/'],
  jwks_uri: ['https://tides.example/jwks', 'HttpS://tides.example', 'https://tides.example/#a', 'http://localhost/'],
  scope: [' tides.read  other ', '~!#[]', 'a"b', 'a\\b', 'a\tb', 'a'.repeat(4096), 'a'.repeat(4097)],
  contacts: [['ops@tides.example', '+49 40 1234'], Array.from({ length: 33 }, String)],
  grant_types: [
    ['authorization_code', 'unknown'],
    ['authorization_code', 'authorization_code'],
    ['unknown'],
    ['authorization_code', 'refresh_token'],
  ],
  response_types: [['code'], ['code', 'code token'], [' code  code '], ['token']],
  token_endpoint_auth_method: ['none', 'client_secret_post', 'client_secret_jwt'],
  application_type: ['web', 'native', 'Web'],
  jwks: [
    { keys: [publicKey()] },
    { keys: [publicKey(), { kty: 'AKP' }], more: 1 },
    { keys: [encryptionKey()] },
    { keys: [{ kty: 'AKP' }] },
    { keys: [{ kty: 1 }] },
    { keys: [{}] },
    { keys: [] },
    { keys: {} },
    { keys: [privateKey()] },
  ],
  support_email: ['help@tides.example', 'help'],
  seats: [3, 3.5, '3'],
};

class SupportedClientMetadata extends ClientMetadata {
  @MetadataField({ schema: { type: 'string', format: 'email' } })
  @IsEmail()
  support_email?: string;

  @MetadataField({ schema: { type: ['integer', 'string'] } })
  @Transform(({ value }): unknown => (typeof value === 'string' ? Number(value) : value))
  @IsInt()
  seats?: number;
}

const fields = [...metadataTable(SupportedClientMetadata).keys()];
const bodies = fields.flatMap((field) =>
  [...anything, ...(ofField[field] ?? [])].map((value) => ({ field, value, body: clientMetadata({ [field]: value }) })),
);
/** Members the server ignores, and some that look like those it knows. */
const others = [
  'client_name#de',
  'client_name#de-CH-1996',
  'client_name#',
  'client_name#a b',
  'client_uri#de',
  'scope#de',
  'other',
];
const tagged = others.flatMap((field) =>
  anything.map((value) => ({ field, value, body: clientMetadata({ [field]: value }) })),
);

const cases: { adapter: AdapterName; options: Partial<DynamicRegistrationOptions> }[] = [
  { adapter: 'express', options: {} },
  { adapter: 'fastify', options: { unsupportedMetadata: 'reject' } },
];

describe.each(cases)('requests, by the document ($adapter, $options)', ({ adapter, options }) => {
  let server: TestServer;
  let judge: DocumentJudge;
  let endpoint: string;
  let client: { client_id: string; client_secret: string; registration_access_token: string };
  beforeAll(async () => {
    if (!database) throw new Error('there is no database to test on');
    server = await startServer({
      adapter,
      database,
      options: {
        ...options,
        access: 'open',
        openGrantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
        metadata: SupportedClientMetadata,
        server: { ...FULL_SERVER, scopes: ['tides.read'], responseTypes: ['code', 'code token'] },
        clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      },
    });
    const document = server.app.get(OpenApiService, { strict: false }).openApiDocument();
    judge = new DocumentJudge(document);
    endpoint = Object.keys(document.paths)[0] ?? '';
    client = (await server.register(clientMetadata())).body;
  });
  afterAll(() => server.close());

  it('are refused by the schema of registration only where the server refuses them', { timeout: 60_000 }, async () => {
    const verdicts = { both: 0, neither: 0 };
    for (const { field, value, body } of [...bodies, ...tagged]) {
      const { status } = await server.register(body, null);
      expect([201, 400]).toContain(status);
      const errors = judge.request('post', endpoint, body);
      if (status === 201) expect({ field, value, errors }).toEqual({ field, value, errors: [] });
      if (errors.length > 0) verdicts.both++;
      else if (status === 201) verdicts.neither++;
    }
    // Not a schema that accepts everything, nor a server that refuses everything.
    expect(verdicts.both).toBeGreaterThan(150);
    expect(verdicts.neither).toBeGreaterThan(80);
  });

  it('of an update are refused by its schema only where the server refuses them', async () => {
    const { client_id, client_secret, registration_access_token: token } = client;
    const path = `/register/${client_id}`;
    const members = [
      'client_id',
      'client_secret',
      'client_secret_expires_at',
      'client_id_issued_at',
      'registration_access_token',
      'registration_client_uri',
    ];
    let refused = 0;
    for (const member of members) {
      for (const value of [...anything, client_secret]) {
        const body = clientMetadata({ client_id, [member]: value });
        const { status } = await server.request('PUT', path, { token, body });
        const errors = judge.request('put', `${endpoint}/{client_id}`, body);
        if (status === 200) expect({ member, value, errors }).toEqual({ member, value, errors: [] });
        if (errors.length > 0) refused++;
      }
    }
    expect(refused).toBeGreaterThan(60);
    expect(judge.request('put', `${endpoint}/{client_id}`, clientMetadata())).not.toEqual([]);
  });

  it('of any shape are refused by the schema only where the server refuses them', async () => {
    const scalar = fc.oneof(fc.constantFrom<unknown>(...anything, REDIRECT, 'none', 'web', 'code'), fc.string());
    const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
    const body = fc.dictionary(fc.constantFrom(...fields, ...others), value, { maxKeys: 4 });
    const property = fc.asyncProperty(body, async (members) => {
      const sent = clientMetadata(members);
      const { status } = await server.register(sent, null);
      if (status === 201) expect(judge.request('post', endpoint, sent)).toEqual([]);
      else expect(status).toBe(400);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
