/** A member of a JWK Set, not yet judged. */
export type Jwk = Readonly<Record<string, unknown>>;

/** The values of `use` (RFC 7517 section 4.2). */
export type KeyUse = 'sig' | 'enc';

/** A type of public key that can be used here. */
export interface KeyType {
  readonly kty: string;
  readonly uses: readonly KeyUse[];
  /** Members that make up the public key. */
  readonly members: readonly string[];
  /** Length of such a member where the type fixes it: full octets, leading zeros included (RFC 7518 section 6.2.1.2). */
  readonly characters?: number;
  /** The name that `node:crypto` has for the curve of an EC key. */
  readonly curve?: string;
}

/** Whether a `kty` is one whose public keys are judged; a key of another one is ignored (RFC 7517 section 5). */
export function isKnownKty(kty: string): boolean {
  return KNOWN_KTY.has(kty);
}

/** The type of a key; `undefined` when its `kty`, or its `crv`, is none that can be used here. */
export function keyTypeOf(key: Jwk): KeyType | undefined {
  const type = KEY_TYPES.get(key.kty === 'RSA' ? 'RSA' : key.crv);
  return type?.kty === key.kty ? type : undefined;
}

/** Whether a registered algorithm is for keys of another type. Algorithms that are not named here fit any key. */
export function isForOtherKeys(alg: unknown, type: KeyType): boolean {
  return ALGORITHMS.get(alg)?.keys.every((name) => KEY_TYPES.get(name) !== type) ?? false;
}

/** What a key may be used for: whatever its type allows and no other member takes away. */
export function usesOf(key: Jwk): readonly KeyUse[] {
  const operations = operationUses(key);
  const algorithm = ALGORITHMS.get(key.alg);
  return (keyTypeOf(key)?.uses ?? []).filter(
    (use) =>
      (key.use ?? use) === use &&
      (operations.length === 0 || operations.includes(use)) &&
      (algorithm?.use ?? use) === use,
  );
}

/** What the operations of a key are for. None for an empty `key_ops` too: so Web Crypto exports the public half of a key agreement. */
export function operationUses({ key_ops: operations }: Jwk): readonly KeyUse[] {
  if (!Array.isArray(operations)) return [];
  return [...new Set(operations.map((one) => KEY_OPERATIONS.get(one)).filter((use) => use !== undefined))];
}

/**
 * Whether a key can verify signatures.
 * @param alg the JWS algorithm it has to serve, any when absent
 */
export function canVerify(key: Jwk, alg?: string): boolean {
  if (!usesOf(key).includes('sig')) return false;
  if (alg === undefined) return true;
  const algorithm = ALGORITHMS.get(alg);
  const fits = algorithm?.use === 'sig' && algorithm.keys.some((name) => KEY_TYPES.get(name) === keyTypeOf(key));
  return fits && (key.alg === undefined || fullySpecified(key.alg) === fullySpecified(alg));
}

/** The number in a member of a key (RFC 7518 section 2, Base64urlUInt), without the leading zeros that some libraries write. */
export function octets(value: unknown): Buffer {
  const all = Buffer.from(String(value), 'base64url');
  const first = all.findIndex((octet) => octet !== 0);
  return first < 0 ? Buffer.alloc(0) : all.subarray(first);
}

/** RFC 9864 section 2.2: `EdDSA` with a key on this curve is what is now called `Ed25519`. */
function fullySpecified(alg: unknown): unknown {
  return alg === 'EdDSA' ? 'Ed25519' : alg;
}

const ec = (curve: string, characters: number): KeyType => ({
  kty: 'EC',
  uses: ['sig', 'enc'],
  members: ['x', 'y'],
  characters,
  curve,
});
/** RFC 7518 section 6 and RFC 8037 section 2, by `crv` where the type has curves. */
const KEY_TYPES: ReadonlyMap<unknown, KeyType> = new Map<unknown, KeyType>([
  ['RSA', { kty: 'RSA', uses: ['sig', 'enc'], members: ['n', 'e'] }],
  ['P-256', ec('prime256v1', 43)],
  ['P-384', ec('secp384r1', 64)],
  ['P-521', ec('secp521r1', 88)],
  ['Ed25519', { kty: 'OKP', uses: ['sig'], members: ['x'], characters: 43 }],
  ['X25519', { kty: 'OKP', uses: ['enc'], members: ['x'], characters: 43 }],
]);
const KNOWN_KTY: ReadonlySet<string> = new Set([...KEY_TYPES.values()].map(({ kty }) => kty));

const KEY_OPERATIONS: ReadonlyMap<unknown, KeyUse> = new Map<unknown, KeyUse>([
  ...['sign', 'verify'].map((operation) => [operation, 'sig'] as const),
  ...['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits'].map((name) => [name, 'enc'] as const),
]);

interface Algorithm {
  readonly use: KeyUse;
  /** Names in {@link KEY_TYPES}; none for an algorithm whose keys are never public or not supported here. */
  readonly keys: readonly string[];
}
const algorithms = (use: KeyUse, keys: string[], ...names: string[]) =>
  names.map((name) => [name, { use, keys }] as const);
const ECDH = ['P-256', 'P-384', 'P-521', 'X25519'];
/** RFC 7518 sections 3.1 and 4.1, RFC 8037 section 3.1, RFC 9864 section 2.2. */
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

/** The JWS algorithms some public key can serve, for discovery. */
export const SIGNATURE_ALGORITHMS: readonly string[] = [...ALGORITHMS]
  .filter(([, { use, keys }]) => use === 'sig' && keys.length > 0)
  .map(([name]) => String(name));
