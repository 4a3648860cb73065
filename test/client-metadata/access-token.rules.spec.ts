import { describe, expect, it } from 'vitest';
import { accessTokenRules } from '../../lib/client-metadata/access-token.rules.js';
import type { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const broken = (metadata: ClientMetadata) =>
  accessTokenRules
    .flatMap(({ check }) => check(metadata, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() }))
    .map(({ field, at, rule }) => `${field}${at} ${rule}`);

describe.each(['tls_client_certificate_bound_access_tokens', 'dpop_bound_access_tokens'] as const)(
  '%s (RFC 8705 section 3.4, RFC 9449 section 5.2)',
  (field) => {
    it.each([[['token']], [['code', 'id_token token']], [['code token']], [['code id_token token']]])(
      'is refused with the response types %j, which return a token without a key',
      (response_types) => {
        expect(broken({ [field]: true, response_types })).toEqual([
          `${field} must not be true with a response type that contains token`,
        ]);
        expect(broken({ [field]: false, response_types })).toEqual([]);
        expect(broken({ response_types })).toEqual([]);
      },
    );

    it.each([[['code']], [['code', 'id_token']], [['code id_token']], [['none']], [[]], [undefined]])(
      'is accepted with the response types %j',
      (response_types) => expect(broken({ [field]: true, ...(response_types && { response_types }) })).toEqual([]),
    );
  },
);

describe('one binding of access tokens', () => {
  const both = { tls_client_certificate_bound_access_tokens: true, dpop_bound_access_tokens: true };

  it('excludes the other', () =>
    expect(broken({ ...both, response_types: ['code'] })).toEqual([
      'dpop_bound_access_tokens must not be true together with tls_client_certificate_bound_access_tokens',
    ]));

  it('goes with false for the other', () => {
    expect(broken({ ...both, dpop_bound_access_tokens: false })).toEqual([]);
    expect(broken({ ...both, tls_client_certificate_bound_access_tokens: false })).toEqual([]);
  });

  it('is refused for every reason there is', () =>
    expect(broken({ ...both, response_types: ['token'] })).toHaveLength(3));
});
