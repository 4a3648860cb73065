import { ofField, type FieldViolation } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import { isReturned } from './response-type.js';
import { unique } from './text.rules.js';

/** Grant and response types of one client. */
export interface GrantAndResponseTypes {
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly string[];
}

/**
 * Grant and response types that fit each other (RFC 7591 section 2.1). One that is missing is derived from the other, both missing
 * give the authorization code flow.
 * @param supported response types of the server, from which those of the implicit grant are derived
 */
export function consistentTypes(
  given: { readonly [list in keyof GrantAndResponseTypes]?: readonly string[] | undefined },
  supported: readonly string[],
): GrantAndResponseTypes {
  const grantTypes = given.grantTypes ?? grantTypesFor(given.responseTypes ?? ['code']);
  return { grantTypes, responseTypes: given.responseTypes ?? responseTypesFor(grantTypes, supported) };
}

/**
 * The types of a request whose two lists disagree, made to agree: missing grant types are added, and one that no response type serves is left
 * out (RFC 7591 section 2.1).
 */
export function repairedTypes({ grantTypes, responseTypes }: GrantAndResponseTypes): GrantAndResponseTypes {
  const needed = grantTypesFor(responseTypes);
  const served = grantTypes.filter((grant) => !needsResponseType(grant) || needed.includes(grant));
  const repaired = unique([...served, ...needed]);
  // A refresh token comes only with another grant: alone it would be no repair.
  return repaired.every((grant) => grant === 'refresh_token')
    ? { grantTypes, responseTypes }
    : { grantTypes: repaired, responseTypes };
}

/** Where grant and response types disagree (RFC 7591 section 2.1). */
export function typeViolations({ grantTypes, responseTypes }: GrantAndResponseTypes): readonly FieldViolation[] {
  return [
    ...responseTypes.flatMap((type, i) => {
      const missing = grantTypesFor([type]).find((grant) => !grantTypes.includes(grant));
      return missing ? ofField('response_types', `needs ${missing} in grant_types`, `[${i}]`) : NONE;
    }),
    ...grantTypes.flatMap((grant, i) => {
      const isServed = responseTypes.some((type) => grantTypesFor([type]).includes(grant));
      return isServed || !needsResponseType(grant)
        ? NONE
        : ofField('grant_types', `needs a response type of the ${grant} grant in response_types`, `[${i}]`);
    }),
  ];
}

function needsResponseType(grant: string): boolean {
  return grant === 'authorization_code' || grant === 'implicit';
}

/** The grants behind response types: `code` is of the authorization code grant, `token` and `id_token` of the implicit one. */
function grantTypesFor(responseTypes: readonly string[]): string[] {
  const grants: string[] = [];
  if (isReturned('code', responseTypes)) grants.push('authorization_code');
  if (isReturned('token', responseTypes) || isReturned('id_token', responseTypes)) grants.push('implicit');
  return grants;
}

function responseTypesFor(grantTypes: readonly string[], supported: readonly string[]): string[] {
  const types: string[] = [];
  if (grantTypes.includes('authorization_code')) types.push('code');
  if (grantTypes.includes('implicit')) {
    const implicit = supported.find((type) => grantTypesFor([type]).join() === 'implicit');
    if (implicit) types.push(implicit);
  }
  return types;
}
