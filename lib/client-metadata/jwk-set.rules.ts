import type { KeyUse } from './jose-algorithms.js';
import { keyTypeOf, operationUses, serves, usesOf, type Jwk } from './jwk-types.js';
import { judgeKey, judgeSecrecy, publicMembers } from './jwk.rules.js';
import { NONE, violation, type MetadataRule, type Violation } from './metadata-rule.js';
import { isJsonObject, unfitForStorage } from './text.rules.js';

/**
 * A client's public keys by value (RFC 7517 section 5; OpenID Connect Registration section 2). A key of an unknown type
 * is no error as long as another one can be used (RFC 7517 section 5), but nothing in the set may be a private part.
 */
export const jwkSet: MetadataRule = (value) => {
  if (!isJsonObject(value)) return violation('must be a JSON object');
  if (unfitForStorage(value)) return violation('must be well-formed Unicode without NUL');
  const { keys, ...others } = value;
  const secret = judgeSecrecy(others);
  if (secret !== NONE) return secret;
  if (!Array.isArray(keys) || keys.length === 0) return violation('must be a non-empty array', '.keys');
  if (keys.length > MAX_KEYS) return violation(`must not have more than ${MAX_KEYS} entries`, '.keys');

  const violations: Violation[] = [];
  for (const [index, key] of keys.entries()) {
    for (const found of judgeKey(key)) violations.push({ at: `.keys[${index}]${found.at}`, rule: found.rule });
  }
  if (violations.length > 0) return violations;
  return knownKeys(value).length === 0 ? violation('must contain a usable key') : judgeTogether(keys);
};

/**
 * The set as it is stored and returned: keys of a known type with their registered public members. Whatever else a request
 * has put beside them was not judged, and RFC 7517 sections 4 and 5 let it be ignored.
 */
export function withoutUnknownKeys(jwks: object): object {
  return { keys: knownKeys(jwks).map(publicMembers) };
}

/**
 * Whether the set holds a key for a purpose: to verify signatures, or to be encrypted to.
 * @param alg the algorithm the key has to serve, any of the purpose when absent
 */
export function hasKeyFor(jwks: unknown, use: KeyUse, alg?: string): boolean {
  return knownKeys(jwks).some((key) => serves(key, use, alg));
}

/** Whether each key has its certificate, as `self_signed_tls_client_auth` needs it (RFC 8705 section 2.2.2). */
export function everyKeyHasCertificate(jwks: unknown): boolean {
  const keys = knownKeys(jwks);
  return keys.length > 0 && keys.every((key) => Array.isArray(key.x5c) && key.x5c.length > 0);
}

/** Enough for one key per use and algorithm while they rotate. */
const MAX_KEYS = 16;

/** Rules across keys. Those of unknown type have no say: they will not be stored. */
function judgeTogether(keys: readonly Jwk[]): readonly Violation[] {
  const violations: Violation[] = [];
  const known = keys.filter((key) => keyTypeOf(key) !== undefined);
  const seen = new Set<unknown>();
  // OpenID Connect Registration section 2, jwks: `use` is REQUIRED on all when there are signing and encryption keys.
  const mixed =
    known.some((key) => operationUses(key).length > 1) ||
    (known.some((key) => usesOf(key).includes('sig')) && known.some((key) => !usesOf(key).includes('sig')));
  for (const [index, key] of keys.entries()) {
    if (!known.includes(key)) continue;
    if (mixed && key.use === undefined)
      violations.push({ at: `.keys[${index}].use`, rule: 'is required beside keys for another use' });
    if (seen.has(key.kid)) violations.push({ at: `.keys[${index}].kid`, rule: 'must be unique' });
    if (key.kid !== undefined) seen.add(key.kid);
  }
  return violations;
}

function knownKeys(jwks: unknown): readonly Jwk[] {
  const keys: unknown = isJsonObject(jwks) ? jwks.keys : undefined;
  return Array.isArray(keys) ? keys.filter(isJsonObject).filter((key) => keyTypeOf(key) !== undefined) : [];
}
