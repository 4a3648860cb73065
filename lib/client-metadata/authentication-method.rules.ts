import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { everyKeyHasCertificate, hasSigningKey } from './jwk-set.rules.js';

/** What authentication depends on in a client's metadata. */
export interface AuthenticationMetadata {
  readonly token_endpoint_auth_method: string;
  readonly grant_types: readonly string[];
  readonly jwks?: object | undefined;
  readonly jwks_uri?: string | undefined;
}

/** Whether the server issues a client secret for this method (RFC 7591 section 3.2.1). */
export function needsClientSecret(method: string): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/**
 * Checks what the client authentication method requires of the rest (RFC 7591 section 2, RFC 6749 section 4.4, RFC 8705 section 2.2).
 * @throws InvalidClientMetadataError naming what is missing
 */
export function checkAuthenticationMethod(metadata: AuthenticationMetadata): void {
  const { token_endpoint_auth_method: method, jwks, jwks_uri } = metadata;
  if (method === 'none' && metadata.grant_types.includes('client_credentials')) {
    throw new InvalidClientMetadataError(
      'grant_types must not contain client_credentials with token_endpoint_auth_method none',
    );
  }
  if (method === 'private_key_jwt' && jwks_uri === undefined && !(jwks && hasSigningKey(jwks))) {
    throw new InvalidClientMetadataError(
      'token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key',
    );
  }
  if (method === 'self_signed_tls_client_auth' && jwks_uri === undefined && !(jwks && everyKeyHasCertificate(jwks))) {
    throw new InvalidClientMetadataError(
      'token_endpoint_auth_method self_signed_tls_client_auth needs jwks_uri, or jwks whose keys have x5c',
    );
  }
}
