import { describe, expect, it } from 'vitest';
import { algorithmRules, unsignedRules } from '../../lib/client-metadata/algorithm.rules.js';
import { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import type { ConsistencyRule } from '../../lib/client-metadata/consistency-rule.js';
import { isSymmetric, JWE_ALGORITHMS, JWS_ALGORITHMS } from '../../lib/client-metadata/jose-algorithms.js';
import { metadataTable, type MetadataRow } from '../../lib/client-metadata/metadata-table.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { akp, ed25519, p256, p384, p521, rsa, x25519, type Members } from '../support/jwks.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const rows = [...metadataTable(ClientMetadata).values()];
const rules = algorithmRules(metadataTable(ClientMetadata));
const named = (test: (row: MetadataRow) => boolean) => rows.filter(test).map(({ name }) => name);
const broken = (judged: readonly ConsistencyRule[], members: Members) =>
  judged
    .flatMap(({ check }) =>
      check(Object.assign(new ClientMetadata(), members), {
        redirectUris: DEFAULT_REDIRECT_URIS,
        server: serverCapabilities(),
      }),
    )
    .map(({ field, at, rule }) => `${field}${at} ${rule}`);

const SIGNED_BY_CLIENT = [
  'request_object_signing_alg',
  'token_endpoint_auth_signing_alg',
  'backchannel_authentication_request_signing_alg',
];
const ENCRYPTED_TO_CLIENT = [
  'id_token_encrypted_response_alg',
  'userinfo_encrypted_response_alg',
  'introspection_encrypted_response_alg',
  'authorization_encrypted_response_alg',
  'nfv_token_encrypted_response_alg',
];
const SIGNED_BY_SERVER = [
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'introspection_signed_response_alg',
  'authorization_signed_response_alg',
  'nfv_token_signed_response_alg',
];
const ENCRYPTED_TO_SERVER = ['request_object_encryption_alg'];
const SIGNED = [...SIGNED_BY_CLIENT, ...SIGNED_BY_SERVER];
const ENCRYPTED = [...ENCRYPTED_TO_CLIENT, ...ENCRYPTED_TO_SERVER];

/** Every algorithm a client can register, with each field it can stand in. */
const algorithms = [
  ...SIGNED.flatMap((field) => JWS_ALGORITHMS.map((alg) => [field, alg] as const)),
  ...ENCRYPTED.flatMap((field) => JWE_ALGORITHMS.map((alg) => [field, alg] as const)),
];
const SYMMETRIC = [
  'HS256',
  'HS384',
  'HS512',
  'dir',
  'A128KW',
  'A192KW',
  'A256KW',
  'A128GCMKW',
  'A192GCMKW',
  'A256GCMKW',
];
const secret = algorithms.filter(([, alg]) => SYMMETRIC.includes(alg));
const asymmetric = algorithms.filter(([, alg]) => !SYMMETRIC.includes(alg));

/** The key of the client that an algorithm is served by (RFC 7518 sections 3.1 and 4.1, RFC 8037, RFC 9864). */
function keyFor(alg: string): Members {
  if (/^(?:[RP]S|RSA)/.test(alg)) return rsa;
  if (alg.startsWith('ECDH')) return x25519;
  return new Map(Object.entries({ ES256: p256, ES384: p384, ES512: p521 })).get(alg) ?? ed25519;
}
const KEYS = [rsa, p256, p384, p521, ed25519, x25519];

/** All keys but those that serve an algorithm. */
function otherKeys(alg: string): Members[] {
  const curves = alg.startsWith('ECDH') ? [p256, p384, p521, x25519] : [keyFor(alg)];
  return [...KEYS.filter((key) => !curves.includes(key)), akp];
}

describe('fields that name an algorithm (RFC 7518 sections 3.1, 4.1 and 5.1)', () => {
  it.each([
    ['signed-by-client', SIGNED_BY_CLIENT],
    ['encrypted-to-client', ENCRYPTED_TO_CLIENT],
    ['signed-by-server', SIGNED_BY_SERVER],
    ['encrypted-to-server', ENCRYPTED_TO_SERVER],
  ])('%s: %j', (purpose, fields) =>
    expect(named(({ algorithm }) => algorithm === purpose).toSorted()).toEqual(fields.toSorted()),
  );

  it('are all that end in _alg', () =>
    expect(named(({ algorithm }) => algorithm !== undefined)).toEqual(named(({ name }) => name.endsWith('_alg'))));

  it('have a rule each, and so has the content that they encrypt', () => {
    const contents = named(({ contentOf }) => contentOf !== undefined);
    expect(contents).toEqual(named(({ name }) => name.endsWith('_enc')));
    expect(rules.map(({ reads }) => String(reads[0])).toSorted()).toEqual(
      [...SIGNED, ...ENCRYPTED, ...contents].toSorted(),
    );
  });
});

describe('algorithm whose key is the client secret (OpenID Connect Core sections 10.1 and 10.2)', () => {
  it.each(secret)('%s %s is refused for a public client', (field, alg) => {
    const refusal = [`${field} must not be an algorithm with a client secret in a public client`];
    expect(broken(rules, { [field]: alg, token_endpoint_auth_method: 'none' })).toEqual(refusal);
    // Public keys are of no use there.
    const jwks = { keys: KEYS };
    expect(broken(rules, { [field]: alg, token_endpoint_auth_method: 'none', jwks })).toEqual(refusal);
  });

  it.each(secret)('%s %s needs no key beside the secret', (field, alg) => {
    for (const token_endpoint_auth_method of ['client_secret_basic', 'client_secret_jwt', 'private_key_jwt']) {
      expect(broken(rules, { [field]: alg, token_endpoint_auth_method })).toEqual([]);
    }
  });
});

describe('algorithm whose key is one of the client (OpenID Connect Core section 10)', () => {
  const own = asymmetric.filter(([field]) => [...SIGNED_BY_CLIENT, ...ENCRYPTED_TO_CLIENT].includes(field));
  const kindOf = (field: string) => (SIGNED_BY_CLIENT.includes(field) ? 'a signature key' : 'an encryption key');

  it.each(own)('%s %s is refused without a key that fits', (field, alg) => {
    const refusal = [`${field} needs jwks_uri, or jwks with ${kindOf(field)} for it`];
    const key = keyFor(alg);
    const misused = { ...key, use: SIGNED_BY_CLIENT.includes(field) ? 'enc' : 'sig' };
    const keySets = [[], otherKeys(alg), [misused], [{ ...key, alg: 'of-another-algorithm' }]];
    expect(broken(rules, { [field]: alg })).toEqual(refusal);
    for (const keys of keySets) expect(broken(rules, { [field]: alg, jwks: { keys } })).toEqual(refusal);
    expect(broken(rules, { [field]: alg, token_endpoint_auth_method: 'client_secret_basic' })).toEqual(refusal);
  });

  it.each(own)('%s %s is accepted with one', (field, alg) => {
    const key = keyFor(alg);
    for (const keys of [[key], [...otherKeys(alg), key], [{ ...key, alg }]]) {
      expect(broken(rules, { [field]: alg, jwks: { keys } })).toEqual([]);
      expect(broken(rules, { [field]: alg, jwks: { keys }, token_endpoint_auth_method: 'none' })).toEqual([]);
    }
  });

  it.each(own)('%s %s is accepted where the keys are fetched', (field, alg) => {
    expect(broken(rules, { [field]: alg, jwks_uri: 'https://tides.example/jwks' })).toEqual([]);
    expect(broken(rules, { [field]: alg, signed_jwks_uri: 'https://tides.example/jwks.jwt' })).toEqual([]);
  });
});

describe('algorithm whose key is one of the server', () => {
  it.each(asymmetric.filter(([field]) => [...SIGNED_BY_SERVER, ...ENCRYPTED_TO_SERVER].includes(field)))(
    '%s %s needs none of the client',
    (field, alg) => {
      expect(broken(rules, { [field]: alg })).toEqual([]);
      expect(broken(rules, { [field]: alg, token_endpoint_auth_method: 'none' })).toEqual([]);
    },
  );
});

describe('no algorithm', () => {
  it('needs no key where messages may go unsigned', () => {
    for (const field of SIGNED) {
      expect(broken(rules, { [field]: 'none', token_endpoint_auth_method: 'none' })).toEqual([]);
    }
  });

  it('is nothing to judge', () => {
    expect(broken(rules, {})).toEqual([]);
    expect(broken(rules, { token_endpoint_auth_method: 'none' })).toEqual([]);
  });

  it('is nothing to judge in a value of another type, which is refused before', () => {
    for (const field of [...SIGNED, ...ENCRYPTED]) expect(broken(rules, { [field]: ['RS256'] })).toEqual([]);
  });
});

describe('content encryption (OpenID Connect Registration section 2)', () => {
  const pairs = rows.flatMap(({ name, contentOf }) => (contentOf === undefined ? [] : [[name, contentOf] as const]));

  it.each(pairs)('%s needs %s', (enc, alg) => {
    expect(broken(rules, { [enc]: 'A256GCM' })).toEqual([`${enc} needs ${alg}`]);
    expect(broken(rules, { [enc]: 'A256GCM', [alg]: 'A128KW' })).toEqual([]);
    expect(broken(rules, { [alg]: 'A128KW' })).toEqual([]);
  });

  it.each(pairs)('%s is of the same message as %s', (enc, alg) => expect(enc.replace(/_enc$/, '_alg')).toBe(alg));

  it('is not had from the algorithm of another message', () =>
    expect(
      broken(rules, { id_token_encrypted_response_enc: 'A256GCM', userinfo_encrypted_response_alg: 'A128KW' }),
    ).toEqual(['id_token_encrypted_response_enc needs id_token_encrypted_response_alg']));
});

describe('unsigned ID Token (OpenID Connect Registration section 2)', () => {
  const none = { id_token_signed_response_alg: 'none' };

  it.each([['id_token'], ['code id_token'], ['id_token token'], ['code id_token token']])(
    'is refused with the response type %s',
    (type) =>
      expect(broken(unsignedRules, { ...none, response_types: ['code', type] })).toEqual([
        'id_token_signed_response_alg must not be none with a response type that contains id_token',
      ]),
  );

  it.each([[['code']], [['none']], [['code token', 'token']], [[]], [undefined]])(
    'is accepted with the response types %j',
    (response_types) => expect(broken(unsignedRules, { ...none, response_types })).toEqual([]),
  );

  it.each(JWS_ALGORITHMS)('is none that is signed with %s', (alg) =>
    expect(broken(unsignedRules, { id_token_signed_response_alg: alg, response_types: ['id_token'] })).toEqual([]),
  );
});

describe('unsigned request object (RFC 9101 section 10.5)', () => {
  it('is refused where a signed one is required', () =>
    expect(broken(unsignedRules, { request_object_signing_alg: 'none', require_signed_request_object: true })).toEqual([
      'request_object_signing_alg must not be none with require_signed_request_object',
    ]));

  it.each([
    { request_object_signing_alg: 'none', require_signed_request_object: false },
    { request_object_signing_alg: 'none' },
    { request_object_signing_alg: 'RS256', require_signed_request_object: true },
    { require_signed_request_object: true },
  ])('is accepted in %j', (members) => expect(broken(unsignedRules, members)).toEqual([]));
});

describe('algorithms of this test', () => {
  it('are split as RFC 7518 does', () => {
    for (const alg of [...JWS_ALGORITHMS, ...JWE_ALGORITHMS]) expect(isSymmetric(alg)).toBe(SYMMETRIC.includes(alg));
  });
});
