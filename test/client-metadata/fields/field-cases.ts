import { encryptionKey, publicKey, type Members } from '../../support/client-metadata.builder.js';
import { FULL_SERVER } from '../../support/full-server.js';

/** What holds for one field of client metadata on a server that offers everything: a row for each property of the metadata class. */
export interface FieldCase {
  readonly field: string;
  /** Values that are stored and returned as they were sent. */
  readonly accepted: readonly unknown[];
  /** Values that are stored and returned in another form. */
  readonly normalized?: readonly (readonly [sent: unknown, returned: unknown])[];
  /** Values of the right type that break the rule of the field; those of a wrong type come beside them. */
  readonly refused?: readonly unknown[];
  /** Values that keep its rule, and that this server does not support. */
  readonly unsupported?: readonly unknown[];
  /** Other members without which it has no meaning. */
  readonly with?: Members;
  /** The other members of a client that does not send it, where they cannot be the same. */
  readonly without?: Members;
  /** What a client has that does not send it; nothing when absent. */
  readonly default?: unknown;
  /** The error it is refused with. @default invalid_client_metadata */
  readonly error?: 'invalid_client_metadata' | 'invalid_redirect_uri' | 'invalid_software_statement';
  /** Whether it may have a language tag (RFC 7591 section 2.2). */
  readonly languageTags?: true;
  /** Whether a server knows it that offers no feature. */
  readonly always?: true;
  /** Whether it is neither stored nor returned. */
  readonly requestOnly?: true;
  /** The field whose value the server chooses from this list. */
  readonly choiceOf?: string;
}

const REDIRECT = 'https://tides.example/cb';
const JWKS_URI = { jwks_uri: 'https://tides.example/jwks' };
const CONTROLS = ['a\0b', 'a\u0085b', '\ud800'];
const UNSEEN = [...CONTROLS, 'a\u202eb', '\u200b'];
const NO_PAGES = [
  '//tides.example/',
  'http://tides.example/',
  'javascript:alert(1)',
  'https://user@tides.example/',
  'https://2130706433/',
  'https://tides.example/../x',
  'https://tides.example\\@evil.test/',
];
const NO_REDIRECTS = [
  'http://tides.example/cb',
  'javascript:alert(1)',
  'https://tides.example/cb#',
  'https://*.tides.example/cb',
].map((uri) => [REDIRECT, uri]);
const KEY = publicKey({ kid: 'a' });
const {
  signingAlgs: SIGNATURES,
  encryptionAlgs: KEY_ENCRYPTION,
  encryptionEncs: ENCRYPTION,
} = FULL_SERVER.introspection;
const ID_TOKEN_SIGNATURES = FULL_SERVER.openid.idToken.signingAlgs;

const text = (field: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: ['Tides 1.2', 'Tábua \u{1F30A}'],
  refused: CONTROLS,
  ...more,
});
const displayText = (field: string, more: Partial<FieldCase> = {}): FieldCase =>
  text(field, {
    accepted: ['Tide Tables', 'جدول\u200fالمد', '潮汐表 \u{1F30A}'],
    refused: UNSEEN,
    languageTags: true,
    ...more,
  });
const page = (field: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: ['https://tides.example/a?b=c#d', 'http://localhost:3000/', 'HTTPS://Tides.example'],
  refused: NO_PAGES,
  languageTags: true,
  ...more,
});
const httpsUri = (field: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: ['https://tides.example/a?b=c', 'https://tides.example:8443/'],
  refused: [...NO_PAGES, 'http://localhost/', 'https://tides.example/#a'],
  ...more,
});
const callback = (field: string): FieldCase => ({
  field,
  accepted: ['https://tides.example/logout?a=b'],
  refused: [...NO_PAGES, 'https://tides.example/logout#a'],
});
const flag = (field: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: [true, false],
  default: false,
  ...more,
});
const signature = (field: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: SIGNATURES,
  refused: CONTROLS,
  unsupported: ['ES512', 'none', 'rs256'],
  ...more,
});
const keyEncryption = (field: string): FieldCase => ({
  field,
  accepted: KEY_ENCRYPTION,
  refused: CONTROLS,
  unsupported: ['RSA1_5', 'none', 'rsa-oaep-256'],
  with: JWKS_URI,
});
const contentEncryption = (field: string, contentOf: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: ENCRYPTION,
  refused: CONTROLS,
  unsupported: ['A192GCM', 'none', 'a256gcm'],
  with: { ...JWKS_URI, [contentOf]: 'RSA-OAEP-256' },
  default: 'A128CBC-HS256',
  ...more,
});
/** A field that names the certificate of a client. */
const certificate = (field: string, accepted: readonly string[], refused: readonly unknown[]): FieldCase => ({
  field,
  accepted,
  refused: [...CONTROLS, ...refused],
  with: { token_endpoint_auth_method: 'tls_client_auth' },
  without: {},
});
const supportedList = (
  field: string,
  [first, second]: readonly [string, string],
  more: Partial<FieldCase> = {},
): FieldCase => ({
  field,
  accepted: [[first], [second, first]],
  normalized: [
    [
      [second, first, second],
      [second, first],
    ],
    [[first, 'unknown'], [first]],
  ],
  refused: CONTROLS.map((entry) => [first, entry]),
  unsupported: [['unknown']],
  ...more,
});
const redirects = (field: string, more: Partial<FieldCase> = {}): FieldCase => ({
  field,
  accepted: [[REDIRECT], ['https://tides.example/b?x=1', REDIRECT], ['http://127.0.0.1/cb']],
  normalized: [[[REDIRECT, REDIRECT], [REDIRECT]]],
  refused: NO_REDIRECTS,
  ...more,
});

const RFC_7591: readonly FieldCase[] = [
  redirects('redirect_uris', {
    accepted: [[REDIRECT], ['http://[::1]:3000/cb', REDIRECT], ['com.example.tides:/cb'], ['HTTPS://Tides.example/CB']],
    without: { grant_types: ['client_credentials'] },
    default: [],
    error: 'invalid_redirect_uri',
    always: true,
  }),
  text('token_endpoint_auth_method', {
    accepted: FULL_SERVER.tokenEndpointAuthMethods,
    unsupported: ['unknown', 'None'],
    // Each method takes of this what it needs.
    with: { ...JWKS_URI, tls_client_auth_san_dns: 'tides.example' },
    default: 'client_secret_basic',
    always: true,
  }),
  supportedList('grant_types', ['authorization_code', 'refresh_token'], {
    accepted: [
      ['authorization_code', 'refresh_token'],
      ['authorization_code', 'implicit', 'client_credentials'],
      ['client_credentials'],
      ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    ],
    unsupported: [['unknown'], ['password'], ['unknown', 'refresh_token']],
    default: ['authorization_code'],
    always: true,
  }),
  supportedList('response_types', ['code', 'id_token'], {
    accepted: [['code'], ['id_token'], ['code id_token', 'code'], ['id_token token']],
    normalized: [
      [['code', 'code'], ['code']],
      [[' token  id_token ', 'id_token token'], ['id_token token']],
      [['code', 'unknown'], ['code']],
    ],
    unsupported: [['unknown'], ['code token']],
    default: ['code'],
    always: true,
  }),
  displayText('client_name', { always: true }),
  page('client_uri', { always: true }),
  page('logo_uri', { always: true }),
  {
    field: 'scope',
    accepted: ['openid', 'tides.write tides.read'],
    normalized: [
      ['  openid   openid email ', 'openid email'],
      ['openid unknown', 'openid'],
      ['unknown', FULL_SERVER.scopes.join(' ')],
      ['   ', FULL_SERVER.scopes.join(' ')],
    ],
    refused: ['a\tb', 'a\nb', 'a\0b', 'a"b', 'a\\b', 'é'],
    default: FULL_SERVER.scopes.join(' '),
    always: true,
  },
  {
    field: 'contacts',
    accepted: [['ops@tides.example', '+49 40 1234'], ['Tábua']],
    normalized: [
      [
        ['a', 'b', 'a'],
        ['a', 'b'],
      ],
    ],
    refused: UNSEEN.map((entry) => ['a', entry]),
    always: true,
  },
  page('tos_uri', { always: true }),
  page('policy_uri', { always: true }),
  httpsUri('jwks_uri', { always: true }),
  {
    field: 'jwks',
    accepted: [{ keys: [KEY] }, { keys: [publicKey({ use: 'sig' }), { ...encryptionKey(), use: 'enc', kid: 'b' }] }],
    normalized: [[{ keys: [{ ...KEY, note: 'x' }, { kty: 'AKP' }], note: 'x' }, { keys: [KEY] }]],
    refused: [
      {},
      { keys: {} },
      { keys: [] },
      { keys: [null] },
      { keys: [''] },
      { keys: [{ ...KEY, d: 'AAAA' }] },
      { keys: [{ kty: 'oct', k: 'AAAA' }] },
      { keys: [{ kty: 'AKP' }] },
      { keys: [KEY], d: 'AAAA' },
    ],
    always: true,
  },
  text('software_id', { always: true }),
  text('software_version', { always: true }),
  {
    field: 'software_statement',
    accepted: [statement({ alg: 'RS256' }, { iss: 'https://tides.example', client_name: 'Other' })],
    refused: [
      'a.b.c',
      statement({ alg: 'none' }, { iss: 'a' }),
      statement({}, { iss: 'a' }),
      statement({ alg: 'RS256' }, {}),
    ],
    error: 'invalid_software_statement',
    always: true,
    requestOnly: true,
  },
];

const OPENID_CONNECT: readonly FieldCase[] = [
  {
    field: 'application_type',
    accepted: ['native', 'web'],
    refused: ['Web', 'web ', 'service'],
    default: 'web',
    always: true,
  },
  httpsUri('sector_identifier_uri', { accepted: [], unsupported: ['https://tides.example/sector.json'] }),
  {
    field: 'subject_type',
    accepted: FULL_SERVER.openid.subjectTypes,
    refused: CONTROLS,
    unsupported: ['Pairwise', 'unknown'],
    default: 'public',
  },
  signature('id_token_signed_response_alg', {
    accepted: ID_TOKEN_SIGNATURES,
    unsupported: ['ES512', 'None'],
    default: 'RS256',
  }),
  keyEncryption('id_token_encrypted_response_alg'),
  contentEncryption('id_token_encrypted_response_enc', 'id_token_encrypted_response_alg'),
  signature('userinfo_signed_response_alg', {
    accepted: FULL_SERVER.openid.userinfo.signingAlgs,
    unsupported: ['ES512', 'None'],
  }),
  keyEncryption('userinfo_encrypted_response_alg'),
  contentEncryption('userinfo_encrypted_response_enc', 'userinfo_encrypted_response_alg'),
  signature('request_object_signing_alg', {
    accepted: FULL_SERVER.requestObjects.signingAlgs,
    unsupported: ['ES512', 'None'],
    with: JWKS_URI,
  }),
  { ...keyEncryption('request_object_encryption_alg'), with: {} },
  contentEncryption('request_object_encryption_enc', 'request_object_encryption_alg'),
  signature('token_endpoint_auth_signing_alg', {
    accepted: ['RS256', 'PS512', 'ES256', 'EdDSA', 'Ed25519'],
    unsupported: ['none', 'HS256', 'ES256K'],
    with: { ...JWKS_URI, token_endpoint_auth_method: 'private_key_jwt' },
    always: true,
  }),
  { field: 'default_max_age', accepted: [3600, 0, Number.MAX_SAFE_INTEGER], refused: [-1, 1.5, 2 ** 53, -0.1] },
  flag('require_auth_time'),
  supportedList('default_acr_values', FULL_SERVER.openid.acrValues),
  httpsUri('initiate_login_uri'),
  {
    field: 'request_uris',
    accepted: [
      ['https://tides.example/request'],
      [`https://tides.example/request#${'a'.repeat(43)}`, 'https://tides.example/'],
    ],
    normalized: [[['https://tides.example/', 'https://tides.example/'], ['https://tides.example/']]],
    refused: [...NO_PAGES, 'http://localhost/', 'https://tides.example/#', 'https://tides.example/#a'].map((uri) => [
      uri,
    ]),
  },
];

const LOGOUT: readonly FieldCase[] = [
  {
    ...callback('frontchannel_logout_uri'),
    unsupported: ['https://elsewhere.example/', 'https://tides.example:8443/'],
  },
  flag('frontchannel_logout_session_required', { with: { frontchannel_logout_uri: 'https://tides.example/logout' } }),
  httpsUri('backchannel_logout_uri', { accepted: ['https://tides.example/logout?a=b'] }),
  flag('backchannel_logout_session_required', { with: { backchannel_logout_uri: 'https://tides.example/logout' } }),
  redirects('post_logout_redirect_uris'),
];

const MUTUAL_TLS: readonly FieldCase[] = [
  certificate(
    'tls_client_auth_subject_dn',
    ['CN=tides.example,O=Tides\\, Inc.,C=DE', '2.5.4.3=#0c0161+OU=b'],
    ['tides', 'CN', '=a', 'CN=a,', 'CN=a;O=b', 'CN=a"b'],
  ),
  certificate(
    'tls_client_auth_san_dns',
    ['tides.example', 'Tides.Example'],
    ['*.tides.example', 'a\ud800.example', 'a..b', 'https://a/'],
  ),
  certificate(
    'tls_client_auth_san_uri',
    ['https://tides.example/a#b', 'urn:tides:1'],
    ['tides', '//tides.example', 'a b:c'],
  ),
  certificate('tls_client_auth_san_ip', ['192.0.2.1', '2001:DB8::1'], ['192.0.2', '192.0.2.256', 'fe80::1%eth0', '1']),
  certificate(
    'tls_client_auth_san_email',
    ['ops@tides.example'],
    ['ops', '@tides.example', 'ops@', 'ops@\ud800.example', 'a b@tides.example'],
  ),
  flag('tls_client_certificate_bound_access_tokens'),
  flag('use_mtls_endpoint_aliases'),
];

const REQUESTS_AND_TOKENS: readonly FieldCase[] = [
  flag('require_signed_request_object'),
  flag('require_pushed_authorization_requests'),
  supportedList('authorization_details_types', FULL_SERVER.authorizationDetailsTypes),
  flag('dpop_bound_access_tokens'),
  signature('introspection_signed_response_alg', { default: 'RS256' }),
  keyEncryption('introspection_encrypted_response_alg'),
  contentEncryption('introspection_encrypted_response_enc', 'introspection_encrypted_response_alg'),
  signature('authorization_signed_response_alg', { default: 'RS256' }),
  keyEncryption('authorization_encrypted_response_alg'),
  contentEncryption('authorization_encrypted_response_enc', 'authorization_encrypted_response_alg'),
];

const BACKCHANNEL_AUTHENTICATION: readonly FieldCase[] = [
  {
    field: 'backchannel_token_delivery_mode',
    accepted: FULL_SERVER.ciba.deliveryModes,
    refused: ['Poll', 'pull'],
    with: { backchannel_client_notification_endpoint: 'https://tides.example/ciba' },
  },
  httpsUri('backchannel_client_notification_endpoint'),
  signature('backchannel_authentication_request_signing_alg', {
    accepted: FULL_SERVER.ciba.requestSigningAlgs,
    unsupported: ['HS256', 'none', 'ES512'],
    with: JWKS_URI,
  }),
  flag('backchannel_user_code_parameter'),
];

const FEDERATION_AND_CREDENTIALS: readonly FieldCase[] = [
  supportedList('client_registration_types', ['automatic', 'explicit']),
  httpsUri('signed_jwks_uri'),
  displayText('organization_name'),
  displayText('description'),
  {
    field: 'keywords',
    accepted: [['tides'], ['Gezeiten', '潮汐']],
    normalized: [
      [
        ['a', 'b', 'a'],
        ['a', 'b'],
      ],
    ],
    refused: UNSEEN.map((entry) => ['a', entry]),
    languageTags: true,
  },
  page('information_uri'),
  page('organization_uri'),
  redirects('claims_redirect_uris'),
  {
    field: 'vp_formats_supported',
    accepted: [
      { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
      { mso_mdoc: {}, jwt_vc_json: { deep: { list: [1, true, null, ''] } } },
    ],
    refused: [
      {},
      { a: 1 },
      { a: {}, b: [] },
      { a: null },
      { a: 'x' },
      { '': {} },
      { a: { b: 'a\0b' } },
      { 'a\ud800': {} },
    ],
  },
  {
    field: 'encrypted_response_enc_values_supported',
    accepted: [['A128GCM'], ['A256GCM', 'A192CBC-HS384']],
    normalized: [[['A128GCM', 'A128GCM'], ['A128GCM']]],
    refused: [['unknown'], ['A128GCM', 'a256gcm']],
  },
  httpsUri('credential_offer_endpoint'),
  signature('nfv_token_signed_response_alg'),
  keyEncryption('nfv_token_encrypted_response_alg'),
  contentEncryption('nfv_token_encrypted_response_enc', 'nfv_token_encrypted_response_alg', { default: undefined }),
];

const SINGLE: readonly FieldCase[] = [
  ...RFC_7591,
  ...OPENID_CONNECT,
  ...LOGOUT,
  ...MUTUAL_TLS,
  ...REQUESTS_AND_TOKENS,
  ...BACKCHANNEL_AUTHENTICATION,
  ...FEDERATION_AND_CREDENTIALS,
];

/** A list the server chooses from (OpenID Connect Relying Party Metadata Choices section 2). */
const choices = (field: string, choiceOf: string): FieldCase => {
  const { accepted, with: others = {}, always } = caseOf(choiceOf);
  return {
    field,
    choiceOf,
    accepted: accepted.map((value) => [value]),
    refused: CONTROLS.map((entry) => [accepted[0], entry]),
    unsupported: [['unknown']],
    with: others,
    requestOnly: true,
    ...(always && { always }),
  };
};

const CHOICES: readonly FieldCase[] = [
  choices('subject_types_supported', 'subject_type'),
  ...(['id_token', 'userinfo', 'introspection', 'authorization'] as const).flatMap((message) => [
    choices(`${message}_signing_alg_values_supported`, `${message}_signed_response_alg`),
    choices(`${message}_encryption_alg_values_supported`, `${message}_encrypted_response_alg`),
    choices(`${message}_encryption_enc_values_supported`, `${message}_encrypted_response_enc`),
  ]),
  choices('request_object_signing_alg_values_supported', 'request_object_signing_alg'),
  choices('request_object_encryption_alg_values_supported', 'request_object_encryption_alg'),
  choices('request_object_encryption_enc_values_supported', 'request_object_encryption_enc'),
  choices('token_endpoint_auth_methods_supported', 'token_endpoint_auth_method'),
  choices('token_endpoint_auth_signing_alg_values_supported', 'token_endpoint_auth_signing_alg'),
  choices(
    'backchannel_authentication_request_signing_alg_values_supported',
    'backchannel_authentication_request_signing_alg',
  ),
];

/** Every field of client metadata. */
export const fieldCases: readonly FieldCase[] = [...SINGLE, ...CHOICES];

/** The row of a field that holds a value of its own. */
export function caseOf(field: string): FieldCase {
  const found = SINGLE.find((one) => one.field === field);
  if (!found) throw new Error(`no row for ${field}`);
  return found;
}

/** The JSON type of a field: that of its values. */
export function kindOf({ accepted, unsupported = [] }: FieldCase): keyof typeof WRONG_TYPES {
  const [value] = [...accepted, ...unsupported];
  if (Array.isArray(value)) return 'array';
  const kind = typeof value;
  if (kind === 'string' || kind === 'number' || kind === 'boolean' || kind === 'object') return kind;
  throw new Error(`no JSON type has ${String(value)}`);
}

/** Values of every other JSON type, and lists of them. */
export function wrongTypes(row: FieldCase): readonly unknown[] {
  return WRONG_TYPES[kindOf(row)];
}

const WRONG_TYPES = {
  string: [1, true, [], ['x'], {}],
  number: ['1', true, [], [1], {}],
  boolean: ['true', 1, 0, [], [true], {}],
  array: ['x', 1, true, {}, [null], [''], [1], [[]]],
  object: ['x', 1, true, [], [{}]],
} as const;

function statement(header: object, claims: object): string {
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
  return `${part(header)}.${part(claims)}.c2lnbmF0dXJl`;
}
