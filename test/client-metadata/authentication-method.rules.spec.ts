import { describe, expect, it } from 'vitest';
import {
  checkAuthenticationMethod,
  needsClientSecret,
  type AuthenticationMetadata,
} from '../../lib/client-metadata/authentication-method.rules.js';
import { InvalidClientMetadataError } from '../../lib/errors/registration.error.js';
import { certifiedKey, encryptionKey, publicKey } from '../support/client-metadata.builder.js';

const jwks_uri = 'https://tides.example/jwks';
const metadata = (
  token_endpoint_auth_method: string,
  members: Partial<AuthenticationMetadata> = {},
): AuthenticationMetadata => ({ token_endpoint_auth_method, grant_types: ['authorization_code'], ...members });

describe('client secret (RFC 7591 section 3.2.1)', () => {
  it.each(['client_secret_basic', 'client_secret_post'])('is issued for %s', (method) =>
    expect(needsClientSecret(method)).toBe(true),
  );
  it.each(['none', 'private_key_jwt', 'self_signed_tls_client_auth', 'client_secret_jwt', ''])(
    'is not issued for %j',
    (method) => expect(needsClientSecret(method)).toBe(false),
  );
});

describe('client authentication method', () => {
  it.each([
    metadata('none'),
    metadata('client_secret_basic', { grant_types: ['client_credentials'] }),
    metadata('client_secret_post'),
    metadata('private_key_jwt', { jwks_uri }),
    metadata('private_key_jwt', { jwks: { keys: [publicKey()] } }),
    metadata('private_key_jwt', {
      jwks: { keys: [encryptionKey(), publicKey()] },
      grant_types: ['client_credentials'],
    }),
    metadata('self_signed_tls_client_auth', { jwks_uri }),
    metadata('self_signed_tls_client_auth', { jwks: { keys: [certifiedKey()] } }),
  ])('has what it needs in %j', (complete) => expect(() => checkAuthenticationMethod(complete)).not.toThrow());

  it('none must not come with client_credentials (RFC 6749 section 4.4)', () =>
    expect(() =>
      checkAuthenticationMethod(metadata('none', { grant_types: ['refresh_token', 'client_credentials'] })),
    ).toThrow(
      new InvalidClientMetadataError(
        'grant_types must not contain client_credentials with token_endpoint_auth_method none',
      ),
    ));

  it.each([undefined, { keys: [] }, { keys: [encryptionKey()] }, { keys: [publicKey({ use: 'enc' })] }])(
    'private_key_jwt needs a signature key: %j',
    (jwks) =>
      expect(() => checkAuthenticationMethod(metadata('private_key_jwt', { jwks }))).toThrow(
        new InvalidClientMetadataError(
          'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key',
        ),
      ),
  );

  it.each([undefined, { keys: [] }, { keys: [publicKey()] }, { keys: [certifiedKey(), publicKey()] }])(
    'self_signed_tls_client_auth needs a certificate for every key (RFC 8705 section 2.2.2): %j',
    (jwks) =>
      expect(() => checkAuthenticationMethod(metadata('self_signed_tls_client_auth', { jwks }))).toThrow(
        new InvalidClientMetadataError(
          'token_endpoint_auth_method self_signed_tls_client_auth needs jwks_uri, or jwks whose keys have x5c',
        ),
      ),
  );
});
