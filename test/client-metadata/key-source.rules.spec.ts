import { describe, expect, it } from 'vitest';
import { areKeysFetched, keySourceRule } from '../../lib/client-metadata/key-source.rules.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const jwks = { keys: [] };
const jwks_uri = 'https://tides.example/jwks';
const signed_jwks_uri = 'https://tides.example/jwks.jwt';
const broken = (metadata: Parameters<typeof areKeysFetched>[0]) =>
  keySourceRule.check(metadata, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() });

describe('sources of keys (RFC 7591 section 2)', () => {
  it.each([{}, { jwks }, { jwks: {} }, { jwks_uri }, { signed_jwks_uri }])('%j is at most one', (metadata) =>
    expect(broken(metadata)).toEqual([]),
  );

  it('two are refused', () =>
    expect(broken({ jwks: {}, jwks_uri: 'x' })).toEqual([
      { field: 'jwks', at: '', rule: 'must not be present together with jwks_uri' },
    ]));

  it('a signed one excludes the others (OpenID Federation section 5.2.1)', () => {
    expect(broken({ jwks, signed_jwks_uri })).toEqual([
      { field: 'jwks', at: '', rule: 'must not be present together with signed_jwks_uri' },
    ]);
    expect(broken({ jwks_uri, signed_jwks_uri })).toEqual([
      { field: 'signed_jwks_uri', at: '', rule: 'must not be present together with jwks_uri' },
    ]);
  });

  it('all three are two too many', () =>
    expect(broken({ jwks, jwks_uri, signed_jwks_uri })).toEqual([
      { field: 'signed_jwks_uri', at: '', rule: 'must not be present together with jwks_uri' },
      { field: 'jwks', at: '', rule: 'must not be present together with jwks_uri' },
    ]));
});

describe('keys that are fetched', () => {
  it.each([{ jwks_uri }, { signed_jwks_uri }, { jwks, jwks_uri }])('%j', (metadata) =>
    expect(areKeysFetched(metadata)).toBe(true),
  );
  it.each([{}, { jwks }])('are not those of %j', (metadata) => expect(areKeysFetched(metadata)).toBe(false));
});
