import { NONE, violation, type MetadataRule } from './metadata-rule.js';
import { isJsonObject, text } from './text.rules.js';

/**
 * A software statement as far as its form goes (RFC 7591 sections 2.3 and 3.1.1): a JWS in compact serialization that is signed or MACed
 * and names its issuer. Nothing it says is believed.
 */
export const softwareStatement: MetadataRule = (value) => {
  if (typeof value !== 'string') return violation('must be a string');
  const parts = value.split('.');
  if (parts.length !== 3 || !parts.every((part) => BASE64URL.test(part)))
    return violation('must be a signed JWT in compact serialization');
  const [header, claims] = parts.map(decoded);
  if (!isJsonObject(header) || !isJsonObject(claims)) return violation('must have JSON objects as header and claims');
  const { alg } = header;
  if (text(alg) !== NONE || String(alg).trim().toLowerCase() === 'none') return violation('must be signed');
  return text(claims['iss']) === NONE ? NONE : violation('must have an issuer in iss');
};

const BASE64URL = /^[A-Za-z0-9_-]+$/;

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
