import type { ClientPayload } from './oidc-provider.types.js';

/** Whether the provider accepts a client. */
export type Accepts = (payload: ClientPayload) => boolean;

/** What a client cannot be without, or would be another client without. */
const ESSENTIAL = [
  'client_id',
  'client_secret',
  'client_secret_expires_at',
  'token_endpoint_auth_method',
  'application_type',
  'jwks',
  'jwks_uri',
];
/** What makes a client safer than it would be without. */
const PROTECTING = [
  // Not those of introspection responses and JARM: a server without them makes no such message, and every client has a default for these.
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  ...['id_token', 'userinfo', 'introspection', 'authorization'].flatMap((message) => [
    `${message}_encrypted_response_alg`,
    `${message}_encrypted_response_enc`,
  ]),
  'request_object_signing_alg',
  'request_object_encryption_alg',
  'request_object_encryption_enc',
  'require_signed_request_object',
  'require_pushed_authorization_requests',
  'require_auth_time',
  'default_max_age',
  'dpop_bound_access_tokens',
  'tls_client_certificate_bound_access_tokens',
  'token_endpoint_auth_signing_alg',
  'subject_type',
  'sector_identifier_uri',
];
/** Values of these that ask for nothing. */
const UNPROTECTING: readonly unknown[] = [false, 'none', 'public'];
/** Lists that are filled in this order: without redirect URIs there are no response types. */
const LISTS = ['redirect_uris', 'grant_types', 'response_types'];
const EMPTY_LISTS = Object.fromEntries(LISTS.map((name) => [name, []]));

/** How often members are tried again that need others: encryption needs the algorithm of the signature. */
const ROUNDS = 3;

/**
 * What of a client the provider accepts. One value that it does not know would make it refuse the client as a whole, everywhere; so that is
 * left out, of a list the entry alone.
 * @returns undefined for a client that it cannot have at all: its method of authentication is not known there, or something that protects it
 */
export function fittingMetadata(payload: ClientPayload, accepts: Accepts): ClientPayload | undefined {
  if (accepts(payload)) return payload;
  let kept: ClientPayload = { ...only(payload, [...ESSENTIAL, ...protectingMembers(payload)]), ...EMPTY_LISTS };
  if (!accepts(kept)) return undefined;
  for (const name of LISTS) kept = withEntries(kept, name, payload[name], accepts);
  kept = withMembers(kept, payload, accepts);
  // The order of the members does not depend on when they were accepted.
  return only(kept, Object.keys(payload));
}

/** The names of the members that protect this client: without one of them it would be open where it asked not to be. */
export function protectingMembers(payload: ClientPayload): string[] {
  return PROTECTING.filter((name) => name in payload && !UNPROTECTING.includes(payload[name]));
}

/** Of a client that the provider cannot have at all, the members that are the reason. */
export function refusedMembers(payload: ClientPayload, accepts: Accepts): string[] {
  const essential = { ...only(payload, ESSENTIAL), ...EMPTY_LISTS };
  if (!accepts(essential)) return ['token_endpoint_auth_method'];
  const protecting = protectingMembers(payload);
  const kept = withMembers(essential, only(payload, protecting), accepts);
  return protecting.filter((name) => !(name in kept));
}

/** With every member that is not there yet and is accepted, or what of it is. */
function withMembers(kept: ClientPayload, members: ClientPayload, accepts: Accepts): ClientPayload {
  let extended = kept;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, value] of Object.entries(members)) {
      if (!(name in extended)) extended = withMember(extended, name, value, accepts);
    }
  }
  return extended;
}

function withMember(kept: ClientPayload, name: string, value: unknown, accepts: Accepts): ClientPayload {
  const extended = { ...kept, [name]: value };
  if (accepts(extended)) return extended;
  if (Array.isArray(value)) return withEntries(kept, name, value, accepts);
  if (name === 'scope' && typeof value === 'string') return withWords(kept, name, value.split(' '), accepts);
  return kept;
}

function withEntries(kept: ClientPayload, name: string, value: unknown, accepts: Accepts): ClientPayload {
  let extended = kept;
  for (const entry of Array.isArray(value) ? (value as unknown[]) : []) {
    const list = (extended[name] as readonly unknown[] | undefined) ?? [];
    const longer = { ...extended, [name]: [...list, entry] };
    if (accepts(longer)) extended = longer;
  }
  return extended;
}

function withWords(kept: ClientPayload, name: string, words: readonly string[], accepts: Accepts): ClientPayload {
  let extended = kept;
  for (const word of words) {
    const longer = { ...extended, [name]: name in extended ? `${String(extended[name])} ${word}` : word };
    if (accepts(longer)) extended = longer;
  }
  return extended;
}

function only(payload: ClientPayload, names: readonly string[]): ClientPayload {
  return Object.fromEntries(names.filter((name) => name in payload).map((name) => [name, payload[name]]));
}
