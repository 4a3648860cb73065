import { isAscii, isEmail, isFQDN } from 'class-validator';
import { isIP } from 'node:net';
import { NONE, violation, type MetadataRule } from './metadata-rule.js';
import { text } from './text.rules.js';
import { readUri } from './uri.js';

/** The string form of a distinguished name (RFC 4514 section 3), as a certificate's subject is named (RFC 8705 section 2.1.2). */
export const distinguishedName = textThat(isDistinguishedName, 'must be a distinguished name (RFC 4514)');

/** A dNSName: a name of the certificate, so no wildcard. */
export const dnsName = textThat(
  (value) =>
    value.length <= MAX_DNS_NAME && isAscii(value) && isFQDN(value, { require_tld: false, allow_underscores: true }),
  'must be a host name',
);

/** A uniformResourceIdentifier, compared exactly. */
export const certificateUri: MetadataRule = (value) => {
  const uri = readUri(value);
  return typeof uri === 'string' ? violation(uri) : NONE;
};

/** An iPAddress: IPv4 in four decimal numbers, or IPv6 without a zone. */
export const ipAddress = textThat(
  (value) => isIP(value) !== 0 && !value.includes('%'),
  'must be an IPv4 or IPv6 address',
);

/** An rfc822Name. */
export const emailAddress = textThat(
  (value) => isAscii(value) && isEmail(value, { require_tld: false }),
  'must be an e-mail address',
);

/** RFC 1035 section 2.3.4, in its text form. */
const MAX_DNS_NAME = 253;

/** Text first: the checks of the library throw at strings that are not well-formed. */
function textThat(isRight: (value: string) => boolean, rule: string): MetadataRule {
  return (value) => {
    const violations = text(value);
    if (violations !== NONE || typeof value !== 'string') return violations;
    return isRight(value) ? NONE : violation(rule);
  };
}

const TYPE = String.raw`(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)`;
const ESCAPED = String.raw`\\(?:[0-9A-Fa-f]{2}|[ "#+,;<=>\\])`;
const VALUE = String.raw`(?:#(?:[0-9A-Fa-f]{2})+|(?![ #])(?:[^"+,;<>\\]|${ESCAPED})*)`;
/** One attribute, and what divides it from the next one. */
const ATTRIBUTE = new RegExp(`${TYPE}=${VALUE}(?:([+,]) ?|$)`, 'uy');

/** Attribute by attribute: one expression for a whole name could be made to take for ever. */
function isDistinguishedName(value: string): boolean {
  ATTRIBUTE.lastIndex = 0;
  for (let isLast = false; !isLast;) {
    const attribute = ATTRIBUTE.exec(value);
    if (attribute === null) return false;
    isLast = attribute[1] === undefined;
  }
  return true;
}
