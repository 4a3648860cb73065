import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { NONE, violation, type MetadataRule, type Violation } from './metadata-rule.js';
import { isJsonObject, MALFORMED, text } from './text.rules.js';

/**
 * A client's public keys by value (RFC 7517 section 5; OpenID Connect Registration section 2). A key of an unknown type
 * is no error as long as another one can be used (RFC 7517 section 5), but no key may come with a private part.
 */
export const jwkSet: MetadataRule = (value) => {
  if (!isJsonObject(value)) return violation('must be a JSON object');
  const unfit = unfitForStorage(value, MAX_LEVELS);
  if (unfit !== undefined) return violation(unfit);
  const { keys } = value;
  if (!Array.isArray(keys) || keys.length === 0) return violation('must be a non-empty array', '.keys');
  if (keys.length > MAX_KEYS) return violation(`must not have more than ${MAX_KEYS} entries`, '.keys');

  const violations: Violation[] = [];
  for (const [index, key] of keys.entries()) {
    for (const found of judgeKey(key)) violations.push({ at: `.keys[${index}]${found.at}`, rule: found.rule });
  }
  if (violations.length > 0) return violations;
  return knownKeys(value).length === 0 ? violation('must contain a usable key') : judgeTogether(keys);
};

/** The set as it is stored and returned: without the keys of unknown type, which nothing here could ever use. */
export function withoutUnknownKeys(jwks: object): object {
  return { ...jwks, keys: knownKeys(jwks) };
}

/**
 * Whether the set holds a key to verify signatures with.
 * @param alg the JWS algorithm the key has to serve, any when absent
 */
export function hasSigningKey(jwks: unknown, alg?: string): boolean {
  return knownKeys(jwks).some((key) => serves(key, 'sig', alg));
}

/**
 * Whether the set holds a key to encrypt to.
 * @param alg the JWE key management algorithm the key has to serve, any when absent
 */
export function hasEncryptionKey(jwks: unknown, alg?: string): boolean {
  return knownKeys(jwks).some((key) => serves(key, 'enc', alg));
}

/** Whether each key has its certificate, as `self_signed_tls_client_auth` needs it (RFC 8705 section 2.2.2). */
export function everyKeyHasCertificate(jwks: unknown): boolean {
  const keys = knownKeys(jwks);
  return keys.length > 0 && keys.every((key) => Array.isArray(key.x5c) && key.x5c.length > 0);
}

type Jwk = Readonly<Record<string, unknown>>;
type Use = 'sig' | 'enc';

interface KeyType {
  readonly kty: string;
  readonly uses: readonly Use[];
  /** Members that make up the public key. */
  readonly members: readonly string[];
  /** Length of such a member where the type fixes it: full octets, leading zeros included (RFC 7518 section 6.2.1.2). */
  readonly characters?: number;
}

const MAX_KEYS = 32;
const MAX_LEVELS = 8;
const MAX_CERTIFICATES = 10;
const RSA_BITS = { least: 2048, most: 8192 };

/** RFC 7518 section 6 and RFC 8037 section 2, by `crv` where the type has curves. */
const KEY_TYPES: ReadonlyMap<unknown, KeyType> = new Map<unknown, KeyType>([
  ['RSA', { kty: 'RSA', uses: ['sig', 'enc'], members: ['n', 'e'] }],
  ['P-256', { kty: 'EC', uses: ['sig', 'enc'], members: ['x', 'y'], characters: 43 }],
  ['P-384', { kty: 'EC', uses: ['sig', 'enc'], members: ['x', 'y'], characters: 64 }],
  ['P-521', { kty: 'EC', uses: ['sig', 'enc'], members: ['x', 'y'], characters: 88 }],
  ['Ed25519', { kty: 'OKP', uses: ['sig'], members: ['x'], characters: 43 }],
  ['X25519', { kty: 'OKP', uses: ['enc'], members: ['x'], characters: 43 }],
]);
const KNOWN_KTY: ReadonlySet<unknown> = new Set([...KEY_TYPES.values()].map(({ kty }) => kty));

/** Private and symmetric parts of RFC 7518 section 6, RFC 8037 section 2, and the seed of AKP keys. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const KEY_OPERATIONS: ReadonlyMap<unknown, Use> = new Map<unknown, Use>([
  ...['sign', 'verify'].map((operation) => [operation, 'sig'] as const),
  ...['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits'].map((name) => [name, 'enc'] as const),
]);

interface Algorithm {
  readonly use: Use;
  /** Names in {@link KEY_TYPES}; none for an algorithm whose keys are never public or not supported here. */
  readonly keys: readonly string[];
}
const algorithms = (use: Use, keys: string[], ...names: string[]) =>
  names.map((name) => [name, { use, keys }] as const);
const ECDH = ['P-256', 'P-384', 'P-521', 'X25519'];
/** RFC 7518 sections 3.1 and 4.1, RFC 8037 section 3.1, RFC 9864 section 2.2. Algorithms not named fit any key. */
const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map<unknown, Algorithm>([
  ...algorithms('sig', ['RSA'], 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'),
  ...algorithms('sig', ['P-256'], 'ES256'),
  ...algorithms('sig', ['P-384'], 'ES384'),
  ...algorithms('sig', ['P-521'], 'ES512'),
  ...algorithms('sig', ['Ed25519'], 'EdDSA', 'Ed25519'),
  ...algorithms('sig', [], 'HS256', 'HS384', 'HS512', 'ES256K', 'Ed448'),
  ...algorithms('enc', ['RSA'], 'RSA1_5', 'RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'),
  ...algorithms('enc', ECDH, 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'),
  ...algorithms('enc', [], 'dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'),
  ...algorithms('enc', [], 'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'),
]);

/** What a database or a strict reader would refuse later: nesting without end, half characters, NUL. */
function unfitForStorage(value: unknown, levels: number): string | undefined {
  if (typeof value === 'string')
    return MALFORMED.test(value) || value.includes('\0') ? 'must be well-formed Unicode without NUL' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return `must not be nested deeper than ${MAX_LEVELS} levels`;
  for (const [name, member] of Object.entries(value)) {
    const unfit = unfitForStorage(name, levels) ?? unfitForStorage(member, levels - 1);
    if (unfit !== undefined) return unfit;
  }
  return undefined;
}

function judgeKey(key: unknown): readonly Violation[] {
  if (!isJsonObject(key)) return violation('must be a JSON object');
  const secret = PRIVATE_MEMBERS.find((member) => Object.hasOwn(key, member));
  if (secret !== undefined) return violation('must not be present: only public keys are accepted', `.${secret}`);
  if (typeof key.kty !== 'string') return violation('must be a string', '.kty');
  if (key.kty === 'oct') return violation('must not be oct: only public keys are accepted', '.kty');
  if (!KNOWN_KTY.has(key.kty)) return NONE;

  const type = keyTypeOf(key);
  if (type === undefined) return violation('must be a supported curve of the key type', '.crv');
  const bad = type.members.find((member) => !isKeyMember(key[member], type.characters));
  if (bad !== undefined) return violation('must be unpadded base64url of the full length', `.${bad}`);
  const publicKey = importKey(key);
  // For an elliptic curve this also says that the point is on it: a point beside it leaks the other side's private key.
  if (publicKey === undefined) return violation('must be a valid public key');
  return [...judgeRsaSize(publicKey), ...judgePurpose(key, type), ...judgeCertificates(key.x5c, publicKey)];
}

function isKeyMember(value: unknown, characters: number | undefined): boolean {
  return typeof value === 'string' && BASE64URL.test(value) && (characters ?? value.length) === value.length;
}

function importKey({ kty, crv, n, e, x, y }: Jwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty, crv, n, e, x, y } as Record<string, string>, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** RFC 7518 section 3.3 sets the lower bound; the upper one keeps a verification from costing what an attacker likes. */
function judgeRsaSize(publicKey: KeyObject): readonly Violation[] {
  const { modulusLength: bits, publicExponent: exponent } = publicKey.asymmetricKeyDetails ?? {};
  if (bits === undefined || exponent === undefined) return NONE;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most)
    return violation(`must be a modulus of ${RSA_BITS.least} to ${RSA_BITS.most} bits`, '.n');
  return exponent < 3n || exponent % 2n === 0n ? violation('must be odd and at least 3', '.e') : NONE;
}

/** `use`, `key_ops`, `alg` and `kid` (RFC 7517 sections 4.2 to 4.5). */
function judgePurpose(key: Jwk, type: KeyType): readonly Violation[] {
  const { use, key_ops: operations, alg, kid } = key;
  const violations: Violation[] = [];
  const refuse = (member: string, rule: string) => violations.push({ at: member, rule });
  if (use !== undefined && use !== 'sig' && use !== 'enc') refuse('.use', 'must be sig or enc');
  if (operations !== undefined && !isDistinctStrings(operations))
    refuse('.key_ops', 'must be an array of distinct strings');
  else if (use !== undefined && operationUses(key).some((one) => one !== use))
    refuse('.key_ops', 'must agree with use');
  if (alg !== undefined && text(alg) !== NONE) refuse('.alg', 'must be a non-empty string');
  else if (String(alg).toLowerCase() === 'none') refuse('.alg', 'must not be none');
  else if (ALGORITHMS.get(alg)?.keys.every((name) => KEY_TYPES.get(name) !== type))
    refuse('.alg', 'must fit the key type');
  if (kid !== undefined && text(kid) !== NONE) refuse('.kid', 'must be a non-empty string');
  if (violations.length === 0 && usesOf(key).length === 0)
    refuse('', 'must name one purpose by its use, key_ops, alg and key type');
  return violations;
}

/** RFC 7517 section 4.7: standard base64 of DER, the first certificate for this very key. */
function judgeCertificates(chain: unknown, publicKey: KeyObject): readonly Violation[] {
  if (chain === undefined) return NONE;
  if (!Array.isArray(chain) || chain.length === 0 || chain.length > MAX_CERTIFICATES)
    return violation(`must be an array of 1 to ${MAX_CERTIFICATES} certificates`, '.x5c');
  const keys = chain.map(certifiedKey);
  const bad = keys.indexOf(undefined);
  if (bad >= 0) return violation('must be a certificate in base64 of DER', `.x5c[${bad}]`);
  return keys[0]?.equals(publicKey) ? NONE : violation('must be a certificate for the key', '.x5c[0]');
}

function certifiedKey(value: unknown): KeyObject | undefined {
  if (typeof value !== 'string' || value.length % 4 !== 0 || !BASE64.test(value)) return undefined;
  try {
    const der = Buffer.from(value, 'base64');
    const certificate = new X509Certificate(der);
    // The constructor also takes PEM, and DER with something after it.
    return certificate.raw.equals(der) ? certificate.publicKey : undefined;
  } catch {
    return undefined;
  }
}

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

function keyTypeOf(key: Jwk): KeyType | undefined {
  const type = KEY_TYPES.get(key.kty === 'RSA' ? 'RSA' : key.crv);
  return type?.kty === key.kty ? type : undefined;
}

/** What a key may be used for: whatever its type allows and no other member takes away. */
function usesOf(key: Jwk): readonly Use[] {
  const operations = operationUses(key);
  const algorithm = ALGORITHMS.get(key.alg);
  return (keyTypeOf(key)?.uses ?? []).filter(
    (use) =>
      (key.use ?? use) === use &&
      (operations.length === 0 || operations.includes(use)) &&
      (algorithm?.use ?? use) === use,
  );
}

/** None for an empty `key_ops` too: that is how Web Crypto exports the public half of a key agreement. */
function operationUses({ key_ops: operations }: Jwk): readonly Use[] {
  if (!Array.isArray(operations)) return [];
  return [...new Set(operations.map((one) => KEY_OPERATIONS.get(one)).filter((use) => use !== undefined))];
}

function serves(key: Jwk, use: Use, alg: string | undefined): boolean {
  if (!usesOf(key).includes(use)) return false;
  if (alg === undefined) return true;
  const algorithm = ALGORITHMS.get(alg);
  const fits = algorithm?.use === use && algorithm.keys.some((name) => KEY_TYPES.get(name) === keyTypeOf(key));
  return fits && (key.alg === undefined || fullySpecified(key.alg) === fullySpecified(alg));
}

/** RFC 9864 section 2.2: `EdDSA` with a key on this curve is what is now called `Ed25519`. */
function fullySpecified(alg: unknown): unknown {
  return alg === 'EdDSA' ? 'Ed25519' : alg;
}

function isDistinctStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => text(one) === NONE) && new Set(value).size === value.length;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
