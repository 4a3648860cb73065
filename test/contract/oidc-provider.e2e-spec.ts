import { ClientMetadata } from 'nestjs-dynamic-registration';
import type { Adapter, Configuration } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { caseOf, fieldCases, type FieldCase } from '../client-metadata/fields/field-cases.js';
import { clientMetadata, completeMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { recordedClients } from '../support/recorded-clients.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';
import { oidcProviderWith, providerClass, UNKNOWN_TO_OIDC_PROVIDER, type OidcProvider } from './oidc-provider-with.js';

const JWKS_URI = { jwks_uri: 'https://tides.example/jwks' };
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA_GRANT = 'urn:openid:params:grant-type:ciba';

/** Metadata that we register and `oidc-provider` refuses to load: a host of both restricts it by a policy, or by `server`. */
interface Exception {
  readonly what: string;
  /** Why we take it and it does not. */
  readonly reason: string;
  /** Whether a client information response has it. */
  readonly isIn: (answer: Members) => boolean;
  /** A client that has it. */
  readonly members: Members;
  /** The same client without it, which loads. */
  readonly instead: Members;
  /** What the refusal begins with. */
  readonly refusal: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    what: 'contacts other than e-mail addresses',
    reason: 'they are typically e-mail addresses, not always (RFC 7591 section 2); OpenID Federation allows any',
    isIn: ({ contacts }) => list(contacts).some((contact) => !contact.includes('@')),
    members: { contacts: ['ops@tides.example', '+49 40 1234'] },
    instead: { contacts: ['ops@tides.example'] },
    refusal: 'contacts can only contain email addresses',
  },
  {
    what: 'UserInfo responses that are encrypted and not signed',
    reason: 'without a signing algorithm they are not signed (OpenID Connect Registration section 2)',
    isIn: (answer) => 'userinfo_encrypted_response_alg' in answer && !('userinfo_signed_response_alg' in answer),
    members: { ...JWKS_URI, userinfo_encrypted_response_alg: 'RSA-OAEP-256' },
    instead: {
      ...JWKS_URI,
      userinfo_encrypted_response_alg: 'RSA-OAEP-256',
      userinfo_signed_response_alg: 'RS256',
    },
    refusal: 'userinfo_signed_response_alg is mandatory property when userinfo_encrypted_response_alg is provided',
  },
  ...['id_token_signed_response_alg', 'userinfo_signed_response_alg', 'request_object_signing_alg'].map((field) => ({
    what: `none as ${field}`,
    reason: 'it knows no unsigned messages; these may be (OpenID Connect Registration section 2)',
    isIn: (answer: Members) => answer[field] === 'none',
    members: { ...JWKS_URI, [field]: 'none' },
    instead: { ...JWKS_URI, [field]: 'ES256' },
    refusal: `${field} must be `,
  })),
  {
    what: 'response type token',
    reason: 'it knows no authorization response with an access token and no ID Token (RFC 6749 section 4.2)',
    isIn: (answer) => list(answer['response_types']).includes('token'),
    members: { grant_types: ['implicit'], response_types: ['token'] },
    instead: { grant_types: ['implicit'], response_types: ['id_token token'] },
    refusal: 'response_types can only contain ',
  },
  {
    what: 'delivery mode push',
    reason: 'it knows poll and ping alone (CIBA section 4)',
    isIn: (answer) => answer['backchannel_token_delivery_mode'] === 'push',
    members: {
      backchannel_token_delivery_mode: 'push',
      backchannel_client_notification_endpoint: 'https://tides.example/ciba',
    },
    instead: {
      backchannel_token_delivery_mode: 'ping',
      backchannel_client_notification_endpoint: 'https://tides.example/ciba',
    },
    refusal: 'backchannel_token_delivery_mode must be ',
  },
  {
    what: 'signed_jwks_uri as the source of keys that are needed',
    reason: 'it knows none of OpenID Federation',
    isIn: (answer) => 'signed_jwks_uri' in answer && answer['token_endpoint_auth_method'] === 'private_key_jwt',
    members: { token_endpoint_auth_method: 'private_key_jwt', signed_jwks_uri: 'https://tides.example/keys' },
    instead: { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://tides.example/keys' },
    refusal: 'jwks or jwks_uri is mandatory for this client',
  },
  {
    what: 'pairwise subjects with redirection URIs on several ports of a host',
    reason: 'the sector is the host, which has no port (OpenID Connect Core section 8.1, RFC 3986 section 3.2.2)',
    isIn: (answer) =>
      answer['subject_type'] === 'pairwise' &&
      new Set(list(answer['redirect_uris']).map((uri) => new URL(uri).host)).size > 1,
    members: {
      subject_type: 'pairwise',
      redirect_uris: ['https://tides.example/cb', 'https://tides.example:8443/cb'],
    },
    instead: { subject_type: 'pairwise', redirect_uris: ['https://tides.example/cb', 'https://tides.example/8443/cb'] },
    refusal: 'sector_identifier_uri is mandatory property',
  },
  ...[DEVICE_GRANT, CIBA_GRANT].flatMap((grant): Exception[] => {
    const isPairwise = (answer: Members) =>
      answer['subject_type'] === 'pairwise' && list(answer['grant_types']).includes(grant);
    const client = {
      ...JWKS_URI,
      subject_type: 'pairwise',
      token_endpoint_auth_method: 'private_key_jwt',
      backchannel_token_delivery_mode: 'poll',
      grant_types: [grant],
      redirect_uris: undefined,
    };
    return [
      {
        what: `pairwise subjects with ${grant} and redirection URIs`,
        reason: 'it takes the sector from sector_identifier_uri then; one host of all URIs is as good a one',
        isIn: (answer) => isPairwise(answer) && list(answer['response_types']).length > 0,
        members: {
          ...client,
          grant_types: [grant, 'authorization_code'],
          redirect_uris: ['https://tides.example/cb'],
        },
        instead: client,
        refusal: 'sector_identifier_uri is mandatory property',
      },
      {
        what: `pairwise subjects with ${grant} and a client that proves its keys by signed requests alone`,
        reason: 'CIBA section 4 takes signed authentication requests for a proof, too',
        isIn: (answer) =>
          isPairwise(answer) &&
          answer['token_endpoint_auth_method'] !== 'private_key_jwt' &&
          answer['token_endpoint_auth_method'] !== 'self_signed_tls_client_auth',
        members: {
          ...client,
          token_endpoint_auth_method: 'client_secret_basic',
          backchannel_authentication_request_signing_alg: 'ES256',
        },
        instead: client,
        refusal: `pairwise ${grant} clients must utilize private_key_jwt or self_signed_tls_client_auth`,
      },
    ];
  }),
];

/** Fields that `oidc-provider` has no name for: it drops them, unless `extraClientMetadata` names them. */
const UNKNOWN_FIELDS = [
  {
    reason: 'OpenID Connect has no words for software (RFC 7591 section 2)',
    fields: ['software_id', 'software_version'],
  },
  { reason: 'it has no request objects by reference', fields: ['request_uris'] },
  {
    reason: 'it has no Front-Channel Logout',
    fields: ['frontchannel_logout_uri', 'frontchannel_logout_session_required'],
  },
  {
    reason: 'it has no OpenID Federation',
    fields: [
      'client_registration_types',
      'signed_jwks_uri',
      'organization_name',
      'description',
      'keywords',
      'information_uri',
      'organization_uri',
    ],
  },
  { reason: 'it has no User-Managed Access', fields: ['claims_redirect_uris'] },
  {
    reason: 'it has no OpenID for Verifiable Presentations and Credential Issuance',
    fields: [...metadataTable(ClientMetadata).values()]
      .filter(({ spec }) => spec?.startsWith('OpenID4V'))
      .map(({ name }) => name),
  },
  {
    reason: 'it has no ETSI GS NFV-SEC 022',
    fields: ['nfv_token_signed_response_alg', 'nfv_token_encrypted_response_alg', 'nfv_token_encrypted_response_enc'],
  },
].flatMap(({ reason, fields }) => fields.map((field) => ({ field, reason })));

/** Members of an answer that are no metadata, and of no use without the endpoint that issued them. */
const MANAGEMENT = ['registration_access_token', 'registration_client_uri'];

/** A member with a language tag. */
const TAGGED = 'client_name#pt-BR';

/** What it gives clients that have none of these lists; we leave empty ones out. */
const EMPTY_LISTS = { post_logout_redirect_uris: [], authorization_details_types: [] };

const sqlite = databases.find(({ kind }) => kind === 'sqlite');
if (!sqlite) throw new Error('no SQLite');
const platform = { database: sqlite, adapter: 'express' } as const;

const redirect_uris = ['https://tides.example/cb'];
const rows = fieldCases.filter(({ accepted }) => accepted.length > 0);
const clientOf = (row: FieldCase, value: unknown): Members => clientMetadata({ ...row.with, [row.field]: value });

/** Every value that is registered, with the client that has it. */
const acceptedValues = rows.flatMap((row) =>
  [...row.accepted, ...(row.normalized ?? []).map(([sent]) => sent)].map(
    (value) => [row.field, JSON.stringify(value), clientOf(row, value)] as const,
  ),
);

/** Fields that exclude others: one source of keys is enough, and one method of authentication. */
const EXCLUDED = [
  'jwks',
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
  'signed_jwks_uri',
];

/** All other fields in one client. */
const EVERYTHING: Members = {
  ...Object.fromEntries(rows.map(({ field, accepted: [value] }) => [field, value])),
  contacts: ['ops@tides.example'],
  jwks: undefined,
  signed_jwks_uri: undefined,
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_methods_supported: undefined,
  dpop_bound_access_tokens: undefined,
};

/** A client that has a secret only where something else needs it. */
const WITHOUT_SECRET = { ...JWKS_URI, token_endpoint_auth_method: 'private_key_jwt' };

/** Members that need a client secret, most of them as a key. */
const SECRETS: readonly Members[] = [
  { token_endpoint_auth_method: 'client_secret_basic' },
  { token_endpoint_auth_method: 'client_secret_post' },
  { token_endpoint_auth_method: 'client_secret_jwt' },
  { id_token_signed_response_alg: 'HS256' },
  { userinfo_signed_response_alg: 'HS256' },
  { request_object_signing_alg: 'HS384' },
  { introspection_signed_response_alg: 'HS512' },
  { authorization_signed_response_alg: 'HS256' },
  { id_token_encrypted_response_alg: 'dir', id_token_encrypted_response_enc: 'A256CBC-HS512' },
  { userinfo_encrypted_response_alg: 'A128KW', userinfo_signed_response_alg: 'RS256' },
  { request_object_encryption_alg: 'A128KW' },
  { introspection_encrypted_response_alg: 'dir' },
  { authorization_encrypted_response_alg: 'A128KW' },
];

describe('clients of this module in an oidc-provider with the same capabilities', () => {
  let server: TestServer;
  let token: string;
  let provider: OidcProvider;
  let keeping: OidcProvider;
  beforeAll(async () => {
    const options = { server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } };
    server = await startServer({ ...platform, options });
    token = await server.token();
    provider = await oidcProviderWith(FULL_SERVER);
    keeping = await oidcProviderWith(FULL_SERVER, [...UNKNOWN_FIELDS.map(({ field }) => field), TAGGED]);
  });
  afterAll(() => server.close());

  const register = async (metadata: Members): Promise<Members> => {
    const { status, body }: JsonResponse = await server.register(metadata, token);
    expect({ status, error: body.error_description }).toEqual({ status: 201, error: undefined });
    return body;
  };
  const manage = async (method: 'GET' | 'PUT', answer: Members, metadata?: Members): Promise<Members> => {
    const { client_id } = answer;
    const { status, body } = await server.request(method, `/register/${String(client_id)}`, {
      token: String(answer['registration_access_token']),
      ...(metadata && { body: { client_id, ...metadata } }),
    });
    expect({ status, error: body.error_description }).toEqual({ status: 200, error: undefined });
    return body;
  };
  const expectLoaded = async (answer: Members) =>
    expect(await provider.load(answer)).toEqual({ ...EMPTY_LISTS, ...known(answer) });
  const expectRefused = async (answer: Members, refusal: string) =>
    expect(provider.load(answer)).rejects.toMatchObject({
      error: 'invalid_client_metadata',
      error_description: expect.stringContaining(refusal),
    });

  it.each(acceptedValues)('loads %s %s, unless it is an exception', async (_field, _value, metadata) => {
    const answer = await register(metadata);
    const exception = EXCEPTIONS.find(({ isIn }) => isIn(answer));
    if (exception) await expectRefused(answer, exception.refusal);
    else await expectLoaded(answer);
  });

  it.each(EXCEPTIONS.map((one) => [one.what, one] as const))('does not load %s', async (_, exception) => {
    const { members, instead, isIn, refusal } = exception;
    const answer = await register(clientMetadata(members));
    expect(isIn(answer)).toBe(true);
    await expectRefused(answer, refusal);
    const other = await register(clientMetadata(instead));
    expect(isIn(other)).toBe(false);
    await expectLoaded(other);
  });

  it.each(rows.map((row) => [row.field, row] as const))(
    'loads a client whose update has removed %s',
    async (_, row) => {
      const registered = await register(clientOf(row, row.accepted.at(-1)));
      await expectLoaded(withSecretOf(registered, await manage('PUT', registered, { redirect_uris })));
    },
  );

  it('loads a client with all fields, and once an update has removed them', async () => {
    const registered = await register(EVERYTHING);
    const left = rows.filter(({ field, requestOnly }) => !requestOnly && !(field in registered));
    expect(left.map(({ field }) => field)).toEqual(EXCLUDED);
    await expectLoaded(registered);
    const emptied = withSecretOf(registered, await manage('PUT', registered, { redirect_uris }));
    await expectLoaded(emptied);
    const own = ['client_id', 'client_id_issued_at', 'client_secret', ...MANAGEMENT];
    expect(without(emptied, own)).toEqual(without(await register({ redirect_uris }), own));
  });

  it.each(SECRETS)(
    'loads a client with %j by the secret that its registration shows, and not without',
    async (members) => {
      const registered = await register(clientMetadata({ ...WITHOUT_SECRET, ...members }));
      expect(registered['client_secret']).toEqual(expect.any(String));
      await expectLoaded(registered);
      const read = await manage('GET', registered);
      await expectRefused(read, 'client_secret is mandatory property');
      await expectLoaded(withSecretOf(registered, read));
    },
  );

  it.each(UNKNOWN_FIELDS.map(({ field }) => field))('drops %s, unless it is told to keep it', async (field) => {
    const row = caseOf(field);
    const answer = await register(clientOf(row, row.accepted[0]));
    expect(answer).toHaveProperty(field);
    await expectLoaded(answer);
    expect(await keeping.load(answer)).toEqual({ ...EMPTY_LISTS, ...without(answer, MANAGEMENT) });
  });

  it('drops language tags, unless it is told to keep them (RFC 7591 section 2.2)', async () => {
    const answer = await register(completeMetadata({ contacts: undefined, scope: 'openid' }));
    expect(answer).toHaveProperty(TAGGED);
    await expectLoaded(answer);
    expect(await keeping.load(answer)).toEqual({ ...EMPTY_LISTS, ...without(answer, MANAGEMENT) });
  });
});

describe('clients in use, in an oidc-provider with the capabilities of a plain server', () => {
  const options = { access: 'open', server: { scopes: ['api:read', 'api:write'] } } as const;
  let server: TestServer;
  let provider: OidcProvider;
  beforeAll(async () => {
    server = await startServer({ ...platform, options });
    provider = await oidcProviderWith(options.server);
  });
  afterAll(() => server.close());

  it.each(recordedClients)('loads $name', async ({ body: metadata }) => {
    const { status, body } = await server.register(metadata, null);
    expect(status).toBe(201);
    // What OpenID Connect has of every client.
    const openid = { id_token_signed_response_alg: 'RS256', require_auth_time: false, subject_type: 'public' };
    expect(await provider.load(body)).toEqual({ ...openid, ...known(body) });
  });
});

describe('values oidc-provider cannot be configured with', () => {
  const { signingAlgs, responseTypes, deliveryModes } = UNKNOWN_TO_OIDC_PROVIDER;
  const messages = ['idToken', 'userinfo', 'requestObject', 'introspection', 'authorization'];
  it.each(
    [
      ...messages.flatMap((kind) =>
        signingAlgs.map((alg) => ({
          configuration: { enabledJWA: { [`${kind}SigningAlgValues`]: [alg] } },
          message: `unsupported enabledJWA.${kind}SigningAlgValues algorithm provided`,
        })),
      ),
      ...responseTypes.map((type) => ({
        configuration: { responseTypes: [type] },
        message: `unsupported response type: ${type}`,
      })),
      ...deliveryModes.map((mode) => ({
        configuration: { features: { ciba: { enabled: true, deliveryModes: [mode] } } },
        message: 'only poll and ping CIBA delivery modes are supported',
      })),
    ].map((one) => [one.message, one.configuration] as const),
  )('%s', async (message, configuration) => {
    const Provider = await providerClass();
    const adapter = () => ({ find: () => Promise.resolve(undefined) }) as Partial<Adapter> as Adapter;
    // Its types refuse it as well.
    const refused = { ...configuration, adapter } as Configuration;
    expect(() => new Provider('https://as.example', refused)).toThrow(message);
  });
});

/** The members of an answer that `oidc-provider` has a name for. */
function known(answer: Members): Members {
  return without(answer, [...UNKNOWN_FIELDS.map(({ field }) => field), TAGGED, ...MANAGEMENT]);
}

/** A later answer as a host stores it: a secret is shown in the answer alone that issues it. */
function withSecretOf({ client_secret }: Members, later: Members): Members {
  return { ...('client_secret_expires_at' in later && { client_secret }), ...later };
}

function without(answer: Members, names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !names.includes(name)));
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
