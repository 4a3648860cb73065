import type { ClientMetadata } from './client-metadata.dto.js';
import { isSymmetric } from './jose-algorithms.js';
import { everyKeyHasCertificate, hasKeyFor } from './jwk-set.rules.js';
import { areKeysFetched, KEY_SOURCES } from './key-source.rules.js';
import { ofField, type ConsistencyContext, type ConsistencyRule, type FieldViolation } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';

const METHOD = 'token_endpoint_auth_method';
const SIGNING_ALG = 'token_endpoint_auth_signing_alg';

/** The fields that name the certificate of a client, one of which `tls_client_auth` needs (RFC 8705 section 2.1.2). */
export const CERTIFICATE_SUBJECTS = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const satisfies readonly (keyof ClientMetadata)[];

/** What the client authentication method requires of the rest (RFC 7591 section 2, RFC 6749 section 4.4, RFC 8705 section 2). */
export const authenticationMethodRules: readonly ConsistencyRule[] = [
  {
    reads: ['grant_types', METHOD],
    check: ({ token_endpoint_auth_method: method, grant_types: grants = [] }) =>
      method === 'none' && grants.includes('client_credentials')
        ? ofField('grant_types', 'must not contain client_credentials with token_endpoint_auth_method none')
        : NONE,
  },
  { reads: [METHOD, SIGNING_ALG, ...KEY_SOURCES], check: assertionKeys },
  {
    reads: [METHOD, ...KEY_SOURCES],
    check: (metadata) =>
      metadata.token_endpoint_auth_method === 'self_signed_tls_client_auth' &&
      !areKeysFetched(metadata) &&
      !(metadata.jwks && everyKeyHasCertificate(metadata.jwks))
        ? ofField(METHOD, 'self_signed_tls_client_auth needs jwks_uri, or jwks whose keys have x5c')
        : NONE,
  },
  { reads: [METHOD, ...CERTIFICATE_SUBJECTS], check: certificateSubject },
];

/** `private_key_jwt` signs with a key of the client, `client_secret_jwt` with its secret (OpenID Connect Core section 9). */
function assertionKeys(metadata: ClientMetadata, { server }: ConsistencyContext): readonly FieldViolation[] {
  const { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg, jwks } = metadata;
  if (method === 'client_secret_jwt' && alg !== undefined && !isSymmetric(alg))
    return ofField(SIGNING_ALG, 'must be an HMAC algorithm with client_secret_jwt');
  if (method !== 'private_key_jwt') return NONE;
  if (alg !== undefined && isSymmetric(alg))
    return ofField(SIGNING_ALG, 'must not be an HMAC algorithm with private_key_jwt');
  const algs = alg === undefined ? server.tokenEndpointAuthSigningAlgs : [alg];
  if (areKeysFetched(metadata) || algs.some((one) => hasKeyFor(jwks, 'sig', one))) return NONE;
  return ofField(
    METHOD,
    alg === undefined
      ? 'private_key_jwt needs jwks_uri, or jwks with a signature key'
      : 'private_key_jwt needs jwks_uri, or jwks with a signature key for token_endpoint_auth_signing_alg',
  );
}

function certificateSubject(metadata: ClientMetadata): readonly FieldViolation[] {
  if (metadata.token_endpoint_auth_method !== 'tls_client_auth') return NONE;
  const [first, second] = CERTIFICATE_SUBJECTS.filter((field) => metadata[field] !== undefined);
  if (first === undefined) return ofField(METHOD, `tls_client_auth needs one of ${CERTIFICATE_SUBJECTS.join(', ')}`);
  return second === undefined ? NONE : ofField(second, `must not be present together with ${first}`);
}
