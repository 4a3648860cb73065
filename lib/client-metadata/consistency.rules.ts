import { InvalidClientMetadataError, InvalidRedirectUriError } from '../errors/registration.error.js';
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
 * @throws InvalidClientMetadataError when both are given and disagree
 */
export function consistentTypes(
  given: Partial<GrantAndResponseTypes>,
  supported: readonly string[],
): GrantAndResponseTypes {
  const grantTypes = given.grantTypes ?? grantTypesFor(given.responseTypes ?? ['code']);
  const responseTypes = given.responseTypes ?? responseTypesFor(grantTypes, supported);
  for (const [i, type] of responseTypes.entries()) {
    const missing = grantTypesFor([type]).find((grant) => !grantTypes.includes(grant));
    if (missing) throw new InvalidClientMetadataError(`response_types[${i}] needs ${missing} in grant_types`);
  }
  for (const [i, grant] of grantTypes.entries()) {
    if (needsResponseType(grant) && !responseTypes.some((type) => grantTypesFor([type]).includes(grant))) {
      throw new InvalidClientMetadataError(
        `grant_types[${i}] needs a response type of the ${grant} grant in response_types`,
      );
    }
  }
  return { grantTypes, responseTypes };
}

/** The words of a response type are a set, in alphabetical order here (OAuth 2.0 Multiple Response Types section 3). */
export function responseTypeInOrder(type: string): string {
  return unique(type.split(' ').filter(Boolean)).toSorted().join(' ');
}

/** Refuses a client that uses the authorization endpoint and has nowhere to be sent back to (RFC 7591 section 2). */
export function requireRedirectUri(redirectUris: readonly string[], responseTypes: readonly string[]): void {
  if (responseTypes.length > 0 && redirectUris.length === 0) {
    throw new InvalidRedirectUriError('redirect_uris must contain at least one URI when a response type is registered');
  }
}

/** Refuses two sources of keys (RFC 7591 section 2). */
export function refuseTwoKeySources(metadata: { jwks?: unknown; jwks_uri?: unknown }): void {
  if (metadata.jwks !== undefined && metadata.jwks_uri !== undefined) {
    throw new InvalidClientMetadataError('jwks must not be present together with jwks_uri');
  }
}

function needsResponseType(grant: string): boolean {
  return grant === 'authorization_code' || grant === 'implicit';
}

/** The grants behind response types: `code` is of the authorization code grant, `token` and `id_token` of the implicit one. */
function grantTypesFor(responseTypes: readonly string[]): string[] {
  const words = new Set(responseTypes.flatMap((type) => type.split(' ')));
  const grants: string[] = [];
  if (words.has('code')) grants.push('authorization_code');
  if (words.has('token') || words.has('id_token')) grants.push('implicit');
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
