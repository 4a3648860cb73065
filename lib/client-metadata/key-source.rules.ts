import type { ClientMetadata } from './client-metadata.dto.js';
import { ofField, type ConsistencyRule } from './consistency-rule.js';

/** Whether the public keys of a client come from a URL, so that nothing is known of them yet. */
export function areKeysFetched({ jwks_uri, signed_jwks_uri }: ClientMetadata): boolean {
  return jwks_uri !== undefined || signed_jwks_uri !== undefined;
}

/** The fields public keys come from, one of which a client has at most. */
export const KEY_SOURCES = ['jwks_uri', 'signed_jwks_uri', 'jwks'] as const satisfies readonly (keyof ClientMetadata)[];

/** One source of keys at most (RFC 7591 section 2; OpenID Federation section 5.2.1, outside of federations). */
export const keySourceRule: ConsistencyRule = {
  reads: KEY_SOURCES,
  check: (metadata) => {
    const present = KEY_SOURCES.filter((source) => metadata[source] !== undefined);
    return present.slice(1).flatMap((source) => ofField(source, `must not be present together with ${present[0]}`));
  },
};
