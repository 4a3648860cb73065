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
/** Lists that are filled in this order: without redirect URIs there are no response types. */
const LISTS = ['redirect_uris', 'grant_types', 'response_types'];

/** How often members are tried again that need others: encryption needs the algorithm of the signature. */
const ROUNDS = 3;

/**
 * What of a client the provider accepts. One value that it does not know would make it refuse the client as a whole, everywhere; so that is
 * left out, of a list the entry alone.
 * @returns undefined for a client that it cannot have at all, such as one with a method of authentication that it does not know
 */
export function fittingMetadata(payload: ClientPayload, accepts: Accepts): ClientPayload | undefined {
  if (accepts(payload)) return payload;
  let kept: ClientPayload = { ...only(payload, ESSENTIAL), ...Object.fromEntries(LISTS.map((name) => [name, []])) };
  if (!accepts(kept)) return undefined;
  for (const name of LISTS) kept = withEntries(kept, name, payload[name], accepts);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, value] of Object.entries(payload)) {
      if (!(name in kept)) kept = withMember(kept, name, value, accepts);
    }
  }
  // The order of the members does not depend on when they were accepted.
  return only(kept, Object.keys(payload));
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
