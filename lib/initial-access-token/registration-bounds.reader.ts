import { HOST_PATTERN_RULE, isHostPattern } from '../client-id-metadata-document/host-pattern.rules.js';
import { isJsonObject, text, unfitForStorage } from '../client-metadata/text.rules.js';
import { didYouMean } from '../start-checks/nearest-name.js';
import { isToken } from '../start-checks/server.check.js';
import type { RegistrationBounds } from './registration-bounds.js';

/** The rule that a value breaks, in words that follow the name of the member. */
type MemberRule = (value: unknown) => string | undefined;

/** The members of bounds and what each must be, whatever the server supports. */
const MEMBERS: Readonly<Record<keyof RegistrationBounds, MemberRule>> = {
  scopes: listOf(isToken, 'must be a list of scope tokens (RFC 6749 section 3.3), with one at least'),
  grantTypes: listOf(isToken, 'must be a list of grant types, with one at least'),
  tokenEndpointAuthMethods: listOf(isToken, 'must be a list of authentication methods, with one at least'),
  redirectHosts: listOf(isHostPattern, `must be a list: entries ${HOST_PATTERN_RULE}`),
  softwareId: (value) => text(value)[0]?.rule,
  defaultMetadata: (value) => {
    if (!isJsonObject(value)) return 'must be a JSON object';
    return unfitForStorage(value) ? 'must be well-formed Unicode without NUL' : undefined;
  },
};

const NAMES = Object.keys(MEMBERS);

/**
 * Bounds as they are kept; nothing of them is shared with the value they were read from.
 * @param value of any type: that of a host's guard, of a database, of a line of a file
 * @throws RangeError naming the member and the rule
 */
export function readRegistrationBounds(value: unknown): RegistrationBounds {
  if (!isJsonObject(value)) throw new RangeError('bounds must be a JSON object');
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  for (const [name, member] of members) {
    if (!isBound(name)) {
      throw new RangeError(`bounds.${name} is no bound${didYouMean(name, NAMES) || `: they are ${NAMES.join(', ')}`}`);
    }
    const rule = MEMBERS[name](member);
    if (rule !== undefined) throw new RangeError(`bounds.${name} ${rule}`);
  }
  return Object.fromEntries(members.map(([name, member]) => [name, copyOf(name, member)]));
}

function isBound(name: string): name is keyof RegistrationBounds {
  return Object.hasOwn(MEMBERS, name);
}

function copyOf(name: string, member: unknown): unknown {
  if (Array.isArray(member)) return [...(member as unknown[])];
  if (typeof member === 'string') return member;
  try {
    return JSON.parse(JSON.stringify(member));
  } catch (error) {
    throw new RangeError(`bounds.${name} must be JSON`, { cause: error });
  }
}

/** An empty list would allow nothing, and is most likely a mistake. */
function listOf(is: (entry: unknown) => boolean, rule: string): MemberRule {
  // By a copy: a hole is no entry.
  return (value) => (Array.isArray(value) && value.length > 0 && [...value].every(is) ? undefined : rule);
}
