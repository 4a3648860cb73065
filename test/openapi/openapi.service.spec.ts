import { IsEmail } from 'class-validator';
import {
  ClientMetadata,
  InitialAccessTokenGuard,
  IsOneOf,
  MetadataField,
  OpenApiService,
  RegistrationAccessTokenGuard,
  RegistrationConfiguration,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { taggedName } from '../../lib/client-metadata/language-tag.js';
import { defaultInWords, metadataTable, offeredFields } from '../../lib/client-metadata/metadata-table.js';
import { CallerCredentials } from '../../lib/openapi/caller-credentials.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { expectValidDocument } from './document-judge.js';

// oxlint-disable-next-line typescript/no-explicit-any -- a document is read here like any other JSON
type Json = any;

const issuer = 'https://auth.example.com';
const GUARDS = { registration: InitialAccessTokenGuard, configuration: RegistrationAccessTokenGuard };

function service(options: Partial<DynamicRegistrationOptions> = {}, guards: Partial<typeof GUARDS> = {}) {
  const config = new RegistrationConfiguration({ issuer, ...options });
  return new OpenApiService(config, new CallerCredentials({ ...GUARDS, ...guards }));
}

function documentOf(options?: Partial<DynamicRegistrationOptions>, guards?: Partial<typeof GUARDS>): Json {
  return JSON.parse(JSON.stringify(service(options, guards).openApiDocument()));
}

function operationsOf(document: Json): string[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

class SupportedClientMetadata extends ClientMetadata {
  @MetadataField({ required: true })
  override client_name?: string;

  @MetadataField({ required: true })
  override redirect_uris?: string[];

  @MetadataField({ required: true })
  override application_type?: string;

  @MetadataField({ spec: 'ACME handbook section 4', languageTags: true, limits: { bytes: 'textBytes' } })
  @IsEmail()
  support_email?: string;

  @MetadataField({ schema: { type: 'object', required: ['city'] } })
  address?: object;

  @MetadataField()
  @IsOneOf('gold', 'silver')
  tier?: string;

  @MetadataField({ required: true })
  seats?: number;

  @MetadataField()
  internal?: boolean;

  @MetadataField()
  regions?: string[];

  @MetadataField()
  anything?: unknown;

  unlisted?: string;
}

/** The fields of its own, in their order. */
const OWN_FIELDS = ['support_email', 'address', 'tier', 'seats', 'internal', 'regions', 'anything'];

/** A server with every feature. */
const FULL: Partial<DynamicRegistrationOptions> = {
  server: FULL_SERVER,
  clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
};

const configurations: [string, Partial<DynamicRegistrationOptions>, string[]][] = [
  [
    'the default',
    {},
    ['POST /register', 'GET /register/{client_id}', 'PUT /register/{client_id}', 'DELETE /register/{client_id}'],
  ],
  ['no management', { management: false }, ['POST /register']],
  ['reading alone', { management: { update: false, delete: false } }, ['POST /register', 'GET /register/{client_id}']],
  [
    'no registration',
    { access: 'disabled', management: { read: false } },
    ['PUT /register/{client_id}', 'DELETE /register/{client_id}'],
  ],
  ['nothing at all', { access: 'disabled', management: false }, []],
  [
    'discovery',
    { access: 'open', management: false, discovery: true },
    ['POST /register', 'GET /.well-known/oauth-authorization-server'],
  ],
  [
    'an issuer with a path',
    { issuer: `${issuer}/tenants/a`, path: 'clients', discovery: true, management: false },
    ['POST /tenants/a/clients', 'GET /.well-known/oauth-authorization-server/tenants/a'],
  ],
  ['a proxy before it', { issuer: `${issuer}/auth`, mount: '/dcr', management: false }, ['POST /auth/register']],
  [
    'a host that is strict about everything',
    {
      metadata: SupportedClientMetadata,
      unsupportedMetadata: 'reject',
      access: () => 'open',
      management: { read: false, delete: false },
      server: {
        scopes: ['tides.read'],
        grantTypes: ['client_credentials'],
        responseTypes: [],
        tokenEndpointAuthMethods: ['private_key_jwt'],
      },
      limits: { textBytes: 10 },
    },
    ['POST /register', 'PUT /register/{client_id}'],
  ],
];

describe('the OpenAPI document', () => {
  it.each(configurations)('is valid and has what is offered and no more: %s', async (_, options, operations) => {
    const document = documentOf(options);
    await expectValidDocument(document);
    expect(operationsOf(document)).toEqual(operations);
    const text = JSON.stringify(document);
    for (const [section, components] of Object.entries<Json>(document.components)) {
      if (section === 'securitySchemes') continue;
      for (const name of Object.keys(components)) expect(text).toContain(`"#/components/${section}/${name}"`);
    }
  });

  it.each([
    [{}, issuer],
    [{ issuer: `${issuer}:8443/tenants/a/` }, `${issuer}:8443`],
    [{ mount: '/dcr' }, issuer],
  ])('names the server of the issuer, wherever the routes are: %o', (options, url) => {
    expect(documentOf(options).servers).toEqual([{ url }]);
  });

  it.each([
    ['register.ClientMetadata', {}],
    ['oauth.v1_2e5_7er.ClientMetadata', { mount: '/oauth/v1.5~r' }],
  ])('names its components by the route: %s', async (name, options) => {
    const document = documentOf(options);
    expect(Object.keys(document.components.schemas)).toContain(name);
    await expectValidDocument(document);
  });

  it.each([
    ['initial-access-token', [{ 'register.InitialAccessToken': [] }]],
    ['open', [{ 'register.InitialAccessToken': [] }, {}]],
    [() => 'disabled', [{ 'register.InitialAccessToken': [] }, {}]],
  ] as const)('says who may register while access is %s', (access, security) => {
    const { paths, components } = documentOf({ access });
    expect(paths['/register'].post.security).toEqual(security);
    expect(paths['/register/{client_id}'].put.security).toEqual([{ 'register.RegistrationAccessToken': [] }]);
    expect(components.securitySchemes).toMatchObject({
      'register.InitialAccessToken': { type: 'http', scheme: 'bearer' },
      'register.RegistrationAccessToken': { type: 'http', scheme: 'bearer' },
    });
  });

  it('leaves to the host what a guard of its own looks for in a request', () => {
    class SessionGuard extends InitialAccessTokenGuard {
      protected override extractToken(): string | undefined {
        return 'session';
      }
    }
    class StrictGuard extends RegistrationAccessTokenGuard {
      protected override authorize(): boolean {
        return false;
      }
    }
    const { paths, components } = documentOf({}, { registration: SessionGuard, configuration: StrictGuard });
    expect(paths['/register'].post).not.toHaveProperty('security');
    expect(paths['/register/{client_id}'].get).toHaveProperty('security');
    expect(Object.keys(components.securitySchemes)).toEqual(['register.RegistrationAccessToken']);
  });

  it('asks for no credential where none is looked at', () => {
    expect(documentOf({ discovery: true }).paths['/.well-known/oauth-authorization-server'].get.security).toEqual([]);
  });

  it('has no registration access token where clients do not manage themselves', () => {
    const document = documentOf({ management: false });
    expect(document.components.schemas['register.ClientInformation'].properties).not.toHaveProperty(
      'registration_access_token',
    );
    expect(document.components.securitySchemes).not.toHaveProperty('register.RegistrationAccessToken');
  });
});

describe('the schemas of the metadata class', () => {
  const SERVER_MEMBERS = [
    'client_id',
    'client_id_issued_at',
    'client_secret',
    'client_secret_expires_at',
    'registration_access_token',
    'registration_client_uri',
  ];

  it.each([
    ['ours', { metadata: ClientMetadata }],
    ["a host's", { metadata: SupportedClientMetadata }],
    ['of a server with every feature', FULL],
  ])('have every known field and nothing else: %s', (_, options) => {
    const { schemas } = documentOf(options).components;
    const rows = [...offeredFields(metadataTable(ClientMetadata), serverCapabilities(options.server)).values()];
    const own = options.metadata === SupportedClientMetadata ? OWN_FIELDS : [];
    const fields = [...rows.map(({ name }) => name), ...own];
    expect(Object.keys(schemas['register.ClientMetadata'].properties)).toEqual(fields);
    const stored = fields.filter((name) => !rows.some((row) => row.name === name && row.requestOnly));
    expect(Object.keys(schemas['register.ClientInformation'].properties).toSorted()).toEqual(
      [...stored, ...SERVER_MEMBERS].toSorted(),
    );
    expect(Object.keys(schemas['register.ClientUpdate'].properties).toSorted()).toEqual(SERVER_MEMBERS);
  });

  it.each(['ClientMetadata', 'ClientInformation'])('stay open for members of others: %s', (name) => {
    const { schemas } = documentOf().components;
    expect(schemas[`register.${name}`].additionalProperties ?? true).toBe(true);
  });

  it('tell section and default of a field as its row does', () => {
    const { properties } = documentOf(FULL).components.schemas['register.ClientMetadata'];
    const rows = [...metadataTable(ClientMetadata).values()];
    expect(Object.keys(properties)).toHaveLength(rows.length);
    for (const row of rows) {
      const { description } = properties[row.name];
      expect(description).toContain(`${row.spec}.`);
      expect(description).toContain(`Default: ${defaultInWords(row)}`);
    }
  });

  it('take the fields of a host from its rules, its own schema or its types', () => {
    const { properties } = documentOf({ metadata: SupportedClientMetadata }).components.schemas[
      'register.ClientInformation'
    ];
    expect(properties).toMatchObject({
      support_email: { type: 'string', description: 'ACME handbook section 4.' },
      address: { type: 'object', required: ['city'] },
      tier: { type: 'string', enum: ['gold', 'silver'] },
      seats: { type: 'number' },
      internal: { type: 'boolean' },
      regions: { type: 'array' },
    });
    expect(properties.anything).toEqual({});
  });

  it('require what a request is refused without', () => {
    const { schemas } = documentOf({ metadata: SupportedClientMetadata }).components;
    expect(schemas['register.ClientMetadata'].required).toEqual([
      'redirect_uris',
      'client_name',
      'application_type',
      'seats',
    ]);
    expect(schemas['register.ClientMetadata'].properties.redirect_uris).toMatchObject({ type: 'array', minItems: 1 });
    expect(documentOf().components.schemas['register.ClientMetadata']).not.toHaveProperty('required');
  });

  it('tell the bounds of requests, which hold for no client that exists', () => {
    const { schemas } = documentOf({
      metadata: SupportedClientMetadata,
      limits: { textBytes: 10, redirectUris: 3, uriBytes: 99 },
    }).components;
    const { properties } = schemas['register.ClientMetadata'];
    expect(properties.redirect_uris).toMatchObject({ maxItems: 3, items: { maxLength: 99 } });
    expect(properties.redirect_uris.description).toContain('At most 3 entries, each of at most 99 bytes.');
    expect(properties.support_email.anyOf[0]).toEqual({ type: 'string', maxLength: 10 });
    expect(properties.jwks.anyOf[0]).not.toHaveProperty('maxLength');
    expect(properties.jwks.description).toContain('At most 32768 bytes.');
    expect(JSON.stringify(schemas['register.ClientInformation'])).not.toMatch(/maxLength|maxItems/);
  });

  it.each([
    ['narrow', { examples: ['authorization_code', 'client_credentials'] }],
    ['reject', { enum: ['authorization_code', 'client_credentials'] }],
  ] as const)(
    'list what is supported, closed only where other values are refused: %s',
    (unsupportedMetadata, items) => {
      const { schemas } = documentOf({
        unsupportedMetadata,
        access: 'open',
        server: {
          scopes: ['a', 'b'],
          grantTypes: ['authorization_code', 'client_credentials'],
          responseTypes: ['code', 'none'],
        },
      }).components;
      const request = schemas['register.ClientMetadata'].properties;
      const answer = schemas['register.ClientInformation'].properties;
      expect(request.grant_types.anyOf[0].items).toMatchObject(items);
      expect(request.grant_types.description).toContain('Without an initial access token: `authorization_code`.');
      // Another method is no error beside a list of methods to choose from.
      expect(request.token_endpoint_auth_method.anyOf[0].examples).toContain('private_key_jwt');
      expect(request.token_endpoint_auth_method.description).toContain('Supported: `client_secret_basic`, ');
      expect(request.response_types.anyOf[0].items.examples).toEqual(['code', 'none']);
      expect(request.scope.anyOf[0].examples).toEqual(['a b']);
      expect(answer.grant_types.items.examples).toEqual(['authorization_code', 'client_credentials']);
      expect(answer.token_endpoint_auth_method.examples).toContain('private_key_jwt');
      expect(JSON.stringify(answer)).not.toMatch(/"enum":\["(?!web)/);
    },
  );

  it('describe language-tagged members, and only under names that are such members', () => {
    const { patternProperties } = documentOf({ metadata: SupportedClientMetadata }).components.schemas[
      'register.ClientMetadata'
    ];
    const known = offeredFields(metadataTable(SupportedClientMetadata), serverCapabilities());
    const tagged = [...known.values()].filter(({ languageTags }) => languageTags);
    const patterns = Object.keys(patternProperties).map((pattern) => new RegExp(pattern, 'u'));
    expect(patterns.length).toBe(tagged.length);
    const matching = (name: string) => patterns.filter((pattern) => pattern.test(name)).length;
    for (const { name } of tagged) {
      for (const tag of ['de', 'haw', 'pt-BR', 'es-419', 'ja-Jpan-JP', 'JA-jpan-jp']) {
        expect(matching(`${name}#${tag}`)).toBe(1);
        expect(taggedName(`${name}#${tag}`)).toMatchObject({ base: name, tag });
      }
      for (const tag of ['', '-', 'd', 'de-', 'de-abc1', 'a b', '1a']) expect(matching(`${name}#${tag}`)).toBe(0);
      expect(matching(`other_${name}#de`)).toBe(0);
    }
    expect(matching('scope#de')).toBe(0);
  });
});

const host = { openapi: '3.1.0', info: { title: 'Tides', version: '1' }, paths: {} };

describe('the document of a host with ours in it', () => {
  it('keeps everything of the host, changes neither document, and stays the type it was', async () => {
    const before = {
      ...host,
      tags: [{ name: 'tides' }],
      paths: { '/tides': { get: { operationId: 'tides', responses: { 200: { description: 'ok' } } } } },
      components: {
        schemas: { ClientMetadata: { type: 'string' } },
        parameters: { page: { name: 'page', in: 'query', schema: {} } },
      },
    };
    const copy = structuredClone(before);
    const merged: typeof before = service().addTo(before);
    await expectValidDocument(merged);
    expect(before).toEqual(copy);
    expect(operationsOf(merged)[0]).toBe('GET /tides');
    expect(operationsOf(merged)).toContain('POST /register');
    expect(merged.paths['/tides']).toEqual(copy.paths['/tides']);
    expect(merged.components.schemas.ClientMetadata).toEqual({ type: 'string' });
    expect(merged.components.parameters).toEqual(copy.components.parameters);
    expect(merged.tags.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['tides', 'Dynamic client registration']),
    );
  });

  it.each([
    [undefined, [{ url: issuer }]],
    [[{ url: '/' }], [{ url: issuer }]],
    [[{ url: issuer }], undefined],
  ])('sends readers to the issuer, where the host has other servers: %o', (servers, ofOperation) => {
    const merged: Json = service().addTo({ ...host, ...(servers && { servers }) });
    expect(merged.paths['/register'].post.servers).toEqual(ofOperation);
    expect(merged.servers).toEqual(servers);
  });

  it('has two imports side by side', async () => {
    const a = service({ issuer: `${issuer}/a` });
    const b = service({ issuer: `${issuer}/b`, metadata: SupportedClientMetadata, access: 'open' });
    const merged: Json = b.addTo(a.addTo(host));
    await expectValidDocument(merged);
    expect(operationsOf(merged)).toEqual([...operationsOf(a.openApiDocument()), ...operationsOf(b.openApiDocument())]);
    expect(Object.keys(merged.components.schemas['a.register.ClientMetadata'].properties)).not.toContain('tier');
    expect(Object.keys(merged.components.schemas['b.register.ClientMetadata'].properties)).toContain('tier');
    expect(merged.tags).toHaveLength(1);
  });

  it('refuses two imports at one path of two servers, which a document cannot tell apart', () => {
    const a = service({ issuer: 'https://a.example', mount: '/a/register' });
    const b = service({ issuer: 'https://b.example', mount: '/b/register' });
    expect(() => b.addTo(a.addTo(host))).toThrow(
      'DynamicRegistrationModule: the document has POST /register already. Describe this import in a document of its own',
    );
  });

  it.each(['3.0.0', '3.0.3', '2.0'])('refuses a document that is OpenAPI %s and names the way out', (openapi) => {
    expect(() => service().addTo({ ...host, openapi })).toThrow(/OpenAPI 3\.1.*setOpenAPIVersion\('3\.1\.0'\)/);
  });

  it('has what a host serves itself at the paths of endpoints that are not offered', () => {
    const paths = {
      '/.well-known/oauth-authorization-server': { get: {} },
      '/register/{client_id}': { get: {} },
    };
    const merged: Json = service({ management: false, discovery: false }).addTo({ ...host, paths });
    expect(merged.paths).toMatchObject(paths);
  });

  it('is what a host makes of it that extends the service', () => {
    class Documented extends OpenApiService {
      override openApiDocument() {
        const document = super.openApiDocument();
        return { ...document, paths: { '/register': document.paths['/register'] ?? {} } };
      }
    }
    const config = new RegistrationConfiguration({ issuer });
    const merged = new Documented(config, new CallerCredentials(GUARDS)).addTo(host);
    expect(operationsOf(merged)).toEqual(['POST /register']);
  });
});
