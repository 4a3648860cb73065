import { describe, expect, it } from 'vitest';
import { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { consistencyRules } from '../../lib/client-metadata/consistency.rules.js';
import type { ConsistencyRule } from '../../lib/client-metadata/consistency-rule.js';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { certifiedKey } from '../support/client-metadata.builder.js';
import { p256, x25519, type Members } from '../support/jwks.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const table = metadataTable(ClientMetadata);
const rules = consistencyRules(table);
const context = { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() };
const judge = ({ check }: ConsistencyRule, members: Members) =>
  check(Object.freeze(Object.assign(new ClientMetadata(), members)), context);
const broken = (members: Members) =>
  rules.flatMap((rule) => judge(rule, members)).map(({ field, at, rule }) => `${field}${at} ${rule}`);

const HERE = 'https://tides.example/cb';

describe('redirection URIs (RFC 7591 section 2)', () => {
  it.each<[string[] | undefined, string[] | undefined]>([
    [[HERE], ['code']],
    [[HERE], []],
    [[HERE], undefined],
    [[], []],
    [undefined, []],
    [[], undefined],
    [undefined, undefined],
  ])('%j are enough for %j', (redirect_uris, response_types) =>
    expect(broken({ redirect_uris, response_types })).toEqual([]),
  );

  it.each<[string[] | undefined, string[]]>([
    [[], ['none']],
    [[], ['code']],
    [undefined, ['code', 'id_token token']],
  ])('%j are not enough for %j', (redirect_uris, response_types) =>
    expect(broken({ redirect_uris, response_types })).toEqual([
      'redirect_uris must contain at least one URI when a response type is registered',
    ]),
  );
});

const [algorithms, contents] = [
  [...table.values()].filter(({ algorithm }) => algorithm !== undefined).map(({ name }) => name),
  [...table.values()].filter(({ contentOf }) => contentOf !== undefined).map(({ name }) => name),
];
const each = (fields: string[], value: unknown): Members => Object.fromEntries(fields.map((field) => [field, value]));

const FAULTLESS: Members = {
  redirect_uris: [HERE],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  application_type: 'web',
  token_endpoint_auth_method: 'client_secret_basic',
  subject_type: 'public',
  jwks: { keys: [p256, x25519] },
};

/** Clients that break every rule there is between them. */
const FAULTY: Members[] = [
  {
    ...FAULTLESS,
    redirect_uris: ['com.example.tides:/cb', 'http://localhost/cb'],
    post_logout_redirect_uris: ['com.example.tides:/cb', 'http://localhost/cb'],
    claims_redirect_uris: ['com.example.tides:/cb'],
    grant_types: ['implicit', 'client_credentials', 'urn:openid:params:grant-type:ciba'],
    response_types: ['id_token token'],
    token_endpoint_auth_method: 'none',
    ...each(algorithms, 'HS256'),
    id_token_signed_response_alg: 'none',
    request_object_signing_alg: 'none',
    require_signed_request_object: true,
    tls_client_certificate_bound_access_tokens: true,
    dpop_bound_access_tokens: true,
    frontchannel_logout_uri: 'http://127.0.0.1/logout',
    backchannel_logout_uri: 'http://127.0.0.1/logout',
    subject_type: 'pairwise',
  },
  {
    ...FAULTLESS,
    redirect_uris: [],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [] },
    jwks_uri: HERE,
    signed_jwks_uri: HERE,
    ...each(contents, 'A256GCM'),
    frontchannel_logout_session_required: true,
    backchannel_logout_session_required: true,
    grant_types: ['urn:openid:params:grant-type:ciba'],
    backchannel_token_delivery_mode: 'push',
  },
  { ...FAULTLESS, application_type: 'native', redirect_uris: ['https://localhost/cb'], ...each(algorithms, 'HS256') },
  ...['private_key_jwt', 'self_signed_tls_client_auth', 'tls_client_auth', 'client_secret_jwt', 'none'].map(
    (token_endpoint_auth_method) => ({
      redirect_uris: [HERE],
      token_endpoint_auth_method,
      token_endpoint_auth_signing_alg: 'RS256',
      id_token_signed_response_alg: 'HS256',
      request_object_signing_alg: 'HS256',
    }),
  ),
  { ...FAULTLESS, redirect_uris: ['https://tides.example/cb', 'data:x'], ...each(algorithms, 'ES384') },
  { ...each(algorithms, 'RSA-OAEP'), response_types: ['code'] },
];

/** Clients of which one field makes good what another would break. */
const SAVED: Members[] = [
  { ...FAULTLESS, token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' },
  { ...FAULTLESS, token_endpoint_auth_method: 'private_key_jwt', jwks: undefined, jwks_uri: HERE },
  { ...FAULTLESS, token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: undefined, signed_jwks_uri: HERE },
  { ...FAULTLESS, token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [certifiedKey()] } },
  { ...FAULTLESS, token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_ip: '192.0.2.1' },
  { ...FAULTLESS, ...each(algorithms, 'HS256'), ...each(contents, 'A256GCM') },
  {
    ...FAULTLESS,
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['com.example.tides:/cb', 'http://localhost/cb'],
    post_logout_redirect_uris: ['com.example.tides:/cb', 'http://localhost/cb'],
    claims_redirect_uris: ['com.example.tides:/cb'],
  },
  {
    ...FAULTLESS,
    frontchannel_logout_uri: HERE,
    frontchannel_logout_session_required: true,
    backchannel_logout_uri: HERE,
    backchannel_logout_session_required: true,
  },
  {
    ...FAULTLESS,
    subject_type: 'pairwise',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: undefined,
    jwks_uri: HERE,
  },
  {
    ...FAULTLESS,
    subject_type: 'pairwise',
    grant_types: ['urn:openid:params:grant-type:ciba'],
    backchannel_token_delivery_mode: 'push',
    backchannel_client_notification_endpoint: HERE,
  },
];

/** The rules that a forbidden scheme breaks stand in the configuration. */
const strict = {
  redirectUris: { ...DEFAULT_REDIRECT_URIS, privateUseSchemes: 'none', forbiddenSchemes: ['http'] },
  server: serverCapabilities(),
} as const;

describe('rules across fields', () => {
  it('have nothing to say about a faultless client', () => expect(broken(FAULTLESS)).toEqual([]));
  it.each(SAVED)('have nothing to say about %j', (members) => expect(broken(members)).toEqual([]));
  it('have nothing to say about one that says nothing', () => expect(broken({})).toEqual([]));

  it.each(rules.map((rule, index) => [rule.reads.join(', '), index, rule] as const))(
    'on %s (%i) read these fields alone',
    (_fields, _index, rule) => {
      const found = [...FAULTY, ...SAVED].flatMap((members) => {
        const read = Object.fromEntries(Object.entries(members).filter(([name]) => rule.reads.includes(name)));
        return [context, strict].map((given) => {
          const violations = rule.check(Object.assign(new ClientMetadata(), members), given);
          expect(rule.check(Object.assign(new ClientMetadata(), read), given)).toEqual(violations);
          return violations;
        });
      });
      // Each of them is broken by one of the clients, or the comparison would say nothing.
      expect(found.flat()).not.toEqual([]);
      for (const { field } of found.flat()) expect(rule.reads).toContain(field);
    },
  );

  it('read known fields alone', () => {
    for (const { reads } of rules) expect([...table.keys()]).toEqual(expect.arrayContaining([...reads]));
  });

  it('say what is wrong in words of the wire (RFC 7591 section 3.2.2)', () => {
    const said = FAULTY.flatMap(broken);
    expect(said.length).toBeGreaterThan(rules.length);
    // Of error_description: ASCII without quotation marks and backslashes.
    for (const words of said) expect(words).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
  });

  it('leave the metadata as they are', () => {
    for (const members of FAULTY) {
      const before = structuredClone(members);
      broken(members);
      expect(members).toEqual(before);
    }
  });

  it('are told in this order: where to be redirected, keys, authentication, algorithms, tokens, logout, the rest', () =>
    expect(
      broken({
        redirect_uris: [],
        response_types: ['token'],
        grant_types: ['urn:openid:params:grant-type:ciba'],
        claims_redirect_uris: ['com.example.tides:/cb'],
        application_type: 'web',
        jwks: {},
        jwks_uri: HERE,
        token_endpoint_auth_method: 'tls_client_auth',
        userinfo_encrypted_response_enc: 'A256GCM',
        request_object_signing_alg: 'none',
        require_signed_request_object: true,
        dpop_bound_access_tokens: true,
        backchannel_logout_session_required: true,
        subject_type: 'pairwise',
      }).map((words) => words.split(/[ []/, 1)[0]),
    ).toEqual([
      'claims_redirect_uris',
      'redirect_uris',
      'jwks',
      'token_endpoint_auth_method',
      'userinfo_encrypted_response_enc',
      'request_object_signing_alg',
      'dpop_bound_access_tokens',
      'backchannel_logout_session_required',
      'backchannel_token_delivery_mode',
      'subject_type',
    ]));
});

describe('rules of a server that does not know a field', () => {
  it('have none for its algorithm', () => {
    const known = new Map([...table].filter(([name]) => !name.startsWith('userinfo_')));
    const reads = (given: readonly ConsistencyRule[]) => new Set(given.flatMap((rule) => rule.reads));
    expect(reads(rules)).toContain('userinfo_signed_response_alg');
    expect(reads(consistencyRules(known))).not.toContain('userinfo_signed_response_alg');
    expect(reads(consistencyRules(known))).not.toContain('userinfo_encrypted_response_enc');
    expect(rules.length - consistencyRules(known).length).toBe(3);
  });
});
