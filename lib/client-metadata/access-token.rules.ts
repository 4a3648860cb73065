import { isReturned } from './response-type.js';
import { ofField, type ConsistencyRule } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';

const BINDINGS = ['tls_client_certificate_bound_access_tokens', 'dpop_bound_access_tokens'] as const;

/** Sender-constrained access tokens (RFC 8705 section 3, RFC 9449 section 5). */
export const accessTokenRules: readonly ConsistencyRule[] = [
  ...BINDINGS.map((field): ConsistencyRule => ({
    reads: [field, 'response_types'],
    // A token from the authorization endpoint was never asked for with a key.
    check: (metadata) =>
      metadata[field] === true && isReturned('token', metadata.response_types)
        ? ofField(field, 'must not be true with a response type that contains token')
        : NONE,
  })),
  {
    reads: BINDINGS,
    check: (metadata) =>
      BINDINGS.every((field) => metadata[field] === true)
        ? ofField(BINDINGS[1], `must not be true together with ${BINDINGS[0]}`)
        : NONE,
  },
];
