import { SIGNATURE_ALGORITHMS } from '../client-metadata/jose-algorithms.js';

/** Members that let a statement choose its own key, say what it means, or be something else than a signed one (RFC 7515 section 4.1). */
const REFUSED_MEMBERS = ['crit', 'jku', 'jwk', 'x5u', 'x5c', 'enc', 'zip'];

/**
 * What is wrong with the header of a software statement. Keys come from the configuration alone, and a MAC is none of them: with a public key
 * as its secret anybody could make it.
 * @returns the rule that is violated, or undefined
 */
export function headerViolation(header: Readonly<Record<string, unknown>>): string | undefined {
  const refused = REFUSED_MEMBERS.find((member) => Object.hasOwn(header, member));
  if (refused !== undefined) return `must not have ${refused} in its header`;
  if (header['cty'] !== undefined) return 'must not have cty in its header, it is not nested';
  if (!SIGNATURE_ALGORITHMS.includes(String(header['alg']))) return 'must be signed with an algorithm of public keys';
  const { kid } = header;
  return kid === undefined || typeof kid === 'string' ? undefined : 'must have a string as kid';
}
