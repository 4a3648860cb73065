import { algorithmOf, type KeyUse } from './jose-algorithms.js';

/** A member of a JWK Set, not yet judged. */
export type Jwk = Readonly<Record<string, unknown>>;

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
  return algorithmOf(alg)?.keys.every((name) => KEY_TYPES.get(name) !== type) ?? false;
}

/** What a key may be used for: whatever its type allows and no other member takes away. */
export function usesOf(key: Jwk): readonly KeyUse[] {
  const operations = operationUses(key);
  const algorithm = algorithmOf(key.alg);
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
 * Whether a public key can serve a purpose: verify signatures, or be encrypted to.
 * @param alg the algorithm it has to serve, any of the purpose when absent
 */
export function serves(key: Jwk, use: KeyUse, alg?: string): boolean {
  if (!usesOf(key).includes(use)) return false;
  if (alg === undefined) return true;
  const algorithm = algorithmOf(alg);
  const fits = algorithm?.use === use && algorithm.keys.some((name) => KEY_TYPES.get(name) === keyTypeOf(key));
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
