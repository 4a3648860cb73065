import type { ClientMetadata } from './client-metadata.dto.js';
import { isReturned } from './response-type.js';
import { algorithmOf, isSymmetric } from './jose-algorithms.js';
import { hasKeyFor } from './jwk-set.rules.js';
import { areKeysFetched, KEY_SOURCES } from './key-source.rules.js';
import type { AlgorithmPurpose } from './metadata-field.decorator.js';
import { ofField, type ConsistencyRule, type FieldViolation } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import type { MetadataRow, MetadataTable } from './metadata-table.js';

/** What the algorithms of a client require of its keys, its secret and each other: a rule for every row that names an algorithm. */
export function algorithmRules(table: MetadataTable): readonly ConsistencyRule[] {
  return [...table.values()].flatMap((row) => [
    ...(row.algorithm === undefined ? [] : [keyRule(row, row.algorithm)]),
    ...(row.contentOf === undefined ? [] : [contentRule(row, row.contentOf)]),
  ]);
}

/**
 * ID Tokens may go unsigned only where none comes from the authorization endpoint (OpenID Connect Registration section 2), and requests
 * cannot be required to be signed by no algorithm (RFC 9101 section 10.5).
 */
export const unsignedRules: readonly ConsistencyRule[] = [
  {
    reads: ['id_token_signed_response_alg', 'response_types'],
    check: ({ id_token_signed_response_alg: alg, response_types: types }) =>
      alg === 'none' && isReturned('id_token', types)
        ? ofField('id_token_signed_response_alg', 'must not be none with a response type that contains id_token')
        : NONE,
  },
  {
    reads: ['request_object_signing_alg', 'require_signed_request_object'],
    check: ({ request_object_signing_alg: alg, require_signed_request_object: isRequired }) =>
      alg === 'none' && isRequired === true
        ? ofField('request_object_signing_alg', 'must not be none with require_signed_request_object')
        : NONE,
  },
];

/** A secret for an HMAC or a symmetric encryption, and a public key for what the client signs or decrypts (OpenID Connect Core section 10). */
function keyRule({ name }: MetadataRow, purpose: AlgorithmPurpose): ConsistencyRule {
  return {
    reads: [name, 'token_endpoint_auth_method', ...KEY_SOURCES],
    check: (metadata) => {
      const alg: unknown = Reflect.get(metadata, name);
      return typeof alg === 'string' ? keyViolations(name, alg, purpose, metadata) : NONE;
    },
  };
}

function keyViolations(
  name: string,
  alg: string,
  purpose: AlgorithmPurpose,
  metadata: ClientMetadata,
): readonly FieldViolation[] {
  if (isSymmetric(alg)) {
    return metadata.token_endpoint_auth_method === 'none'
      ? ofField(name, 'must not be an algorithm with a client secret in a public client')
      : NONE;
  }
  const use = USES[purpose];
  if (use === undefined || algorithmOf(alg) === undefined || areKeysFetched(metadata)) return NONE;
  const key = use === 'sig' ? 'a signature key' : 'an encryption key';
  return hasKeyFor(metadata.jwks, use, alg) ? NONE : ofField(name, `needs jwks_uri, or jwks with ${key} for it`);
}

/** The use of a public key of the client; none where the server uses its own. */
const USES = {
  'signed-by-client': 'sig',
  'encrypted-to-client': 'enc',
  'signed-by-server': undefined,
  'encrypted-to-server': undefined,
} as const satisfies Readonly<Record<AlgorithmPurpose, 'sig' | 'enc' | undefined>>;

/** Content is encrypted only with a key that is, too (OpenID Connect Registration section 2). */
function contentRule({ name }: MetadataRow, keyField: string): ConsistencyRule {
  return {
    reads: [name, keyField],
    check: (metadata) =>
      Reflect.get(metadata, name) !== undefined && Reflect.get(metadata, keyField) === undefined
        ? ofField(name, `needs ${keyField}`)
        : NONE,
  };
}
