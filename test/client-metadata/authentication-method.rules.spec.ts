import { describe, expect, it } from 'vitest';
import { authenticationMethodRules } from '../../lib/client-metadata/authentication-method.rules.js';
import type { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { certifiedKey, encryptionKey, publicKey } from '../support/client-metadata.builder.js';
import { akp, ed25519, rsa } from '../support/jwks.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

type Members = Partial<ClientMetadata>;

const jwks_uri = 'https://tides.example/jwks';
const signed_jwks_uri = 'https://tides.example/jwks.jwt';
const metadata = (token_endpoint_auth_method: string, members: Members = {}): Members => ({
  token_endpoint_auth_method,
  grant_types: ['authorization_code'],
  ...members,
});
const broken = (given: Members) =>
  authenticationMethodRules
    .flatMap(({ check }) => check(given, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() }))
    .map(({ field, at, rule }) => `${field}${at} ${rule}`);

describe('client authentication method (RFC 7591 section 2)', () => {
  it.each([
    {},
    metadata('none'),
    metadata('none', { grant_types: ['authorization_code', 'refresh_token'] }),
    metadata('client_secret_basic', { grant_types: ['client_credentials'] }),
    metadata('client_secret_post'),
    metadata('client_secret_jwt'),
    metadata('private_key_jwt', { jwks_uri }),
    metadata('private_key_jwt', { signed_jwks_uri }),
    metadata('private_key_jwt', { jwks: { keys: [publicKey()] } }),
    metadata('private_key_jwt', {
      jwks: { keys: [encryptionKey(), publicKey()] },
      grant_types: ['client_credentials'],
    }),
    metadata('self_signed_tls_client_auth', { jwks_uri }),
    metadata('self_signed_tls_client_auth', { signed_jwks_uri }),
    metadata('self_signed_tls_client_auth', { jwks: { keys: [certifiedKey()] } }),
    metadata('urn:example:method'),
  ])('has what it needs in %j', (complete) => expect(broken(complete)).toEqual([]));

  it('none must not come with client_credentials (RFC 6749 section 4.4)', () =>
    expect(broken(metadata('none', { grant_types: ['refresh_token', 'client_credentials'] }))).toEqual([
      'grant_types must not contain client_credentials with token_endpoint_auth_method none',
    ]));

  it.each([undefined, { keys: [] }, { keys: [encryptionKey()] }, { keys: [publicKey({ use: 'enc' })] }])(
    'private_key_jwt needs a signature key: %j',
    (jwks) =>
      expect(broken(metadata('private_key_jwt', jwks && { jwks }))).toEqual([
        'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key',
      ]),
  );

  it.each([undefined, { keys: [] }, { keys: [publicKey()] }, { keys: [certifiedKey(), publicKey()] }])(
    'self_signed_tls_client_auth needs a certificate for every key (RFC 8705 section 2.2.2): %j',
    (jwks) =>
      expect(broken(metadata('self_signed_tls_client_auth', jwks && { jwks }))).toEqual([
        'token_endpoint_auth_method self_signed_tls_client_auth needs jwks_uri, or jwks whose keys have x5c',
      ]),
  );
});

describe('algorithm of the assertion (OpenID Connect Core section 9)', () => {
  const p256 = publicKey();
  it.each([
    metadata('private_key_jwt', { token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [rsa, p256] } }),
    metadata('private_key_jwt', { token_endpoint_auth_signing_alg: 'PS256', jwks: { keys: [rsa] } }),
    metadata('private_key_jwt', { token_endpoint_auth_signing_alg: 'EdDSA', jwks: { keys: [ed25519] } }),
    metadata('private_key_jwt', { token_endpoint_auth_signing_alg: 'Ed25519', jwks: { keys: [ed25519] } }),
    metadata('private_key_jwt', { token_endpoint_auth_signing_alg: 'ES512', jwks_uri }),
    metadata('private_key_jwt', { token_endpoint_auth_signing_alg: 'ES512', signed_jwks_uri }),
    metadata('client_secret_jwt', { token_endpoint_auth_signing_alg: 'HS256' }),
    metadata('client_secret_jwt', { token_endpoint_auth_signing_alg: 'HS512' }),
    // For the settlement to leave out: it means nothing with these methods.
    metadata('client_secret_basic', { token_endpoint_auth_signing_alg: 'RS256' }),
  ])('fits in %j', (complete) => expect(broken(complete)).toEqual([]));

  it.each(['RS256', 'ES256', 'EdDSA', 'none'])('%s is refused with client_secret_jwt', (alg) =>
    expect(broken(metadata('client_secret_jwt', { token_endpoint_auth_signing_alg: alg, jwks_uri }))).toEqual([
      'token_endpoint_auth_signing_alg must be an HMAC algorithm with client_secret_jwt',
    ]),
  );

  it.each(['HS256', 'HS384', 'HS512'])('%s is refused with private_key_jwt', (alg) =>
    expect(broken(metadata('private_key_jwt', { token_endpoint_auth_signing_alg: alg, jwks_uri }))).toEqual([
      'token_endpoint_auth_signing_alg must not be an HMAC algorithm with private_key_jwt',
    ]),
  );

  it.each([
    ['ES384', { keys: [rsa, p256] }],
    ['RS256', { keys: [p256] }],
    ['PS256', { keys: [{ ...rsa, alg: 'RS256' }] }],
    ['RS256', { keys: [{ ...rsa, use: 'enc' }] }],
    ['EdDSA', { keys: [akp] }],
    ['none', { keys: [rsa] }],
  ])('%s is refused without a key for it, set %#', (alg, jwks) =>
    expect(broken(metadata('private_key_jwt', { token_endpoint_auth_signing_alg: alg, jwks }))).toEqual([
      'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key for ' +
        'token_endpoint_auth_signing_alg',
    ]),
  );
});

describe('subject of the certificate (RFC 8705 section 2.1.2)', () => {
  const subjects = {
    tls_client_auth_subject_dn: 'CN=tides.example',
    tls_client_auth_san_dns: 'tides.example',
    tls_client_auth_san_uri: 'https://tides.example/',
    tls_client_auth_san_ip: '192.0.2.1',
    tls_client_auth_san_email: 'ops@tides.example',
  };
  const names = Object.keys(subjects);

  it.each(Object.entries(subjects))('%s is enough for tls_client_auth', (name, value) =>
    expect(broken(metadata('tls_client_auth', { [name]: value }))).toEqual([]),
  );

  it('is needed for tls_client_auth', () =>
    expect(broken(metadata('tls_client_auth'))).toEqual([
      `token_endpoint_auth_method tls_client_auth needs one of ${names.join(', ')}`,
    ]));

  it('is not needed for another method', () =>
    expect(broken(metadata('self_signed_tls_client_auth', { jwks_uri, ...subjects }))).toEqual([]));

  it.each(names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const)))(
    'is not %s and %s at once',
    (first, second) => {
      const both = Object.fromEntries(Object.entries(subjects).filter(([name]) => name === first || name === second));
      expect(broken(metadata('tls_client_auth', both))).toEqual([
        `${second} must not be present together with ${first}`,
      ]);
    },
  );
});
