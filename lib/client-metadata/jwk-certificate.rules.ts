import { X509Certificate, type JsonWebKey } from 'node:crypto';
import { octets, type Jwk, type KeyType } from './jwk-types.js';
import { NONE, violation, type Violation } from './metadata-rule.js';
import { text } from './text.rules.js';

/**
 * `x5c` and its thumbprints (RFC 7517 sections 4.7 to 4.9): standard base64 of DER, the first certificate for this very key.
 * Of the others only the frame is judged: whoever follows the chain reads them, and a set would have room for a hundred.
 */
export function judgeCertificates(key: Jwk, type: KeyType): readonly Violation[] {
  const thumbprint = ['x5t', 'x5t#S256'].find((member) => key[member] !== undefined && text(key[member]) !== NONE);
  if (thumbprint !== undefined) return violation('must be a non-empty string', `.${thumbprint}`);
  const { x5c: chain } = key;
  if (chain === undefined) return NONE;
  if (!Array.isArray(chain) || chain.length === 0 || chain.length > MAX_CERTIFICATES)
    return violation(`must be an array of 1 to ${MAX_CERTIFICATES} certificates`, '.x5c');
  const encodings = chain.map(derOf);
  const certified = encodings[0] && certifiedKey(encodings[0]);
  const bad = certified === undefined ? 0 : encodings.indexOf(undefined);
  if (certified === undefined || bad >= 0) return violation('must be a certificate in base64 of DER', `.x5c[${bad}]`);
  return isSameKey(certified, key, type) ? NONE : violation('must be a certificate for the key', '.x5c[0]');
}

const MAX_CERTIFICATES = 10;

/** The octets of one ASN.1 sequence that ends where the text does; `undefined` for anything else. */
function derOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length % 4 !== 0 || !BASE64.test(value)) return undefined;
  const der = Buffer.from(value, 'base64');
  const [tag, length = 0] = der;
  // X.690 section 8.1.3: below 128 the length itself, from there on in how many octets it follows.
  const following = length < 0x80 ? 0 : length - 0x80;
  if (tag !== SEQUENCE || length === 0x80 || following > 3 || der.length < 2 + following) return undefined;
  const content = following === 0 ? length : der.readUIntBE(2, following);
  return der.length === 2 + following + content ? der : undefined;
}

/** The key in a certificate; `undefined` when it is no certificate, and an empty object when its type is not known. */
function certifiedKey(der: Buffer): JsonWebKey | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    return undefined;
  }
  try {
    return certificate.publicKey.export({ format: 'jwk' });
  } catch {
    return {};
  }
}

function isSameKey(certified: JsonWebKey, key: Jwk, { kty, members }: KeyType): boolean {
  const hasCurve = kty !== 'RSA';
  return (
    certified.kty === kty &&
    (!hasCurve || certified.crv === key.crv) &&
    members.every((member) => octets(certified[member]).equals(octets(key[member])))
  );
}

const SEQUENCE = 0x30;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
