import { ECDH } from 'node:crypto';
import { judgeCertificates } from './jwk-certificate.rules.js';
import {
  isForOtherKeys,
  isKnownKty,
  keyTypeOf,
  octets,
  operationUses,
  usesOf,
  type Jwk,
  type KeyType,
} from './jwk-types.js';
import { NONE, violation, type Violation } from './metadata-rule.js';
import { isJsonObject, objectsWithin, text } from './text.rules.js';

/** What is wrong with one key (RFC 7517 section 4). Of a key of unknown type only this is known: that it must not be private. */
export function judgeKey(key: unknown): readonly Violation[] {
  if (!isJsonObject(key)) return violation('must be a JSON object');
  const secret = judgeSecrecy(key);
  if (secret !== NONE) return secret;
  if (typeof key.kty !== 'string') return violation('must be a string', '.kty');
  if (key.kty === 'oct') return violation('must not be oct: only public keys are accepted', '.kty');
  if (!isKnownKty(key.kty)) return NONE;

  const type = keyTypeOf(key);
  if (type === undefined) return violation('must be a supported curve of the key type', '.crv');
  const bad = type.members.find((member) => !isKeyMember(key[member], type.characters));
  if (bad !== undefined) return violation('must be unpadded base64url of the full length', `.${bad}`);
  const weak = type.kty === 'RSA' ? judgeRsa(key) : judgePoint(key, type);
  return weak === NONE ? [...judgePurpose(key, type), ...judgeCertificates(key, type)] : weak;
}

/** Refuses the private parts of a key (OpenID Connect Registration section 2, `jwks`), in an object and whatever it contains. */
export function judgeSecrecy(holder: Jwk): readonly Violation[] {
  const own = PRIVATE_MEMBERS.find((member) => Object.hasOwn(holder, member));
  if (own !== undefined) return violation('must not be present: only public keys are accepted', `.${own}`);
  for (const object of objectsWithin(holder)) {
    const inner = PRIVATE_MEMBERS.find((member) => Object.hasOwn(object, member));
    if (inner !== undefined)
      return violation(`must not contain a member ${inner} at any depth: only public keys are accepted`);
  }
  return NONE;
}

/** A key of known type as it is stored and returned: the members that are registered for it and public, and no other. */
export function publicMembers(key: Jwk): Jwk {
  const type = keyTypeOf(key);
  const identity = type?.kty === 'RSA' ? ['kty'] : ['kty', 'crv'];
  const kept = [...identity, ...(type?.members ?? []), ...DESCRIPTION].filter((member) => Object.hasOwn(key, member));
  return Object.fromEntries(kept.map((member) => [member, key[member]]));
}

/** Private and symmetric parts of RFC 7518 section 6, RFC 8037 section 2, and the seed of AKP keys. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** Public members of any key (RFC 7517 section 4), without `x5u`: nothing here would fetch it and compare. */
const DESCRIPTION = ['use', 'key_ops', 'alg', 'kid', 'x5c', 'x5t', 'x5t#S256'];

/** RFC 7518 section 3.3 sets the lower bound; the upper ones keep a verification from costing what an attacker likes. */
const MODULUS_BITS = { least: 2048, most: 8192 };
/** A modulus of 8192 bits, with the zero octet before it that some libraries write (RFC 7518 section 6.3.1.1). */
const MODULUS_CHARACTERS = 1367;
/** An exponent of 64 bits. */
const EXPONENT_CHARACTERS = 11;

function isKeyMember(value: unknown, characters: number | undefined): boolean {
  return typeof value === 'string' && BASE64URL.test(value) && (characters ?? value.length) === value.length;
}

/** By length and last octet alone: as a number, an exponent of some kilobytes would cost milliseconds. */
function judgeRsa({ n, e }: Jwk): readonly Violation[] {
  const modulus = octets(n);
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const { least, most } = MODULUS_BITS;
  if (String(n).length > MODULUS_CHARACTERS || bits < least || bits > most || isEven(modulus))
    return violation(`must be an odd modulus of ${least} to ${most} bits`, '.n');
  const exponent = octets(e);
  if (String(e).length > EXPONENT_CHARACTERS || isEven(exponent) || exponent.equals(Buffer.of(1)))
    return violation('must be odd, at least 3 and not longer than 64 bits', '.e');
  return NONE;
}

function isEven(number: Buffer): boolean {
  return (number.at(-1) ?? 0) % 2 === 0;
}

function judgePoint({ crv, x, y }: Jwk, { curve }: KeyType): readonly Violation[] {
  if (curve === undefined) return hasSmallOrder(crv, x) ? violation('must not be a point of small order', '.x') : NONE;
  try {
    // Refuses a point beside the curve, which leaks the other side's private key. All points on these curves will do.
    ECDH.convertKey(
      Buffer.concat([Buffer.of(4), ...[x, y].map((one) => Buffer.from(String(one), 'base64url'))]),
      curve,
    );
    return NONE;
  } catch {
    return violation('must be a valid public key');
  }
}

/** Whether a key gives the same secret with every partner, or signatures that fit any message. */
function hasSmallOrder(crv: unknown, x: unknown): boolean {
  const point = Buffer.from(String(x), 'base64url');
  // The highest bit does not count with X25519 (RFC 7748 section 5); with Ed25519 it is the sign of the point.
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  return SMALL_ORDER.get(crv)?.has(point.toString('hex')) ?? false;
}

const EXTREMES = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  // p - 1, p and p + 1, where p is 2^255 - 19: the latter two are 0 and 1 once more.
  ...['ec', 'ed', 'ee'].map((octet) => `${octet}${'ff'.repeat(30)}7f`),
];
/** All points of an order up to 8, their highest bit cleared: RFC 7748 sections 6.1 and 7; RFC 8032 sections 5.1 and 5.1.7. */
const SMALL_ORDER: ReadonlyMap<unknown, ReadonlySet<string>> = new Map([
  [
    'X25519',
    new Set([
      ...EXTREMES,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    ]),
  ],
  [
    'Ed25519',
    new Set([
      ...EXTREMES,
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    ]),
  ],
]);

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
  else if (isForOtherKeys(alg, type)) refuse('.alg', 'must fit the key type');
  if (kid !== undefined && text(kid) !== NONE) refuse('.kid', 'must be a non-empty string');
  if (violations.length === 0 && usesOf(key).length === 0)
    refuse('', 'must name one purpose by its use, key_ops, alg and key type');
  return violations;
}

function isDistinctStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => text(one) === NONE) && new Set(value).size === value.length;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
