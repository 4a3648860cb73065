import { describe, expect, it } from 'vitest';
import {
  noneSupported,
  preferredOf,
  scopeFor,
  scopeWithin,
  supportedEntries,
  unsupportedEntries,
  unsupportedScope,
  unsupportedValue,
} from '../../lib/client-metadata/server-support.rules.js';

const supported = ['authorization_code', 'refresh_token'];

describe('list of values (RFC 7591 section 3.2.1)', () => {
  it.each<[string[], string[]]>([
    [['authorization_code'], ['authorization_code']],
    [
      ['refresh_token', 'authorization_code'],
      ['refresh_token', 'authorization_code'],
    ],
    [['refresh_token'], ['refresh_token']],
    [[], []],
    [['implicit', 'authorization_code', 'x'], ['authorization_code']],
  ])('%j is narrowed to %j', (list, kept) => {
    expect(supportedEntries(list, supported)).toEqual(kept);
    expect(unsupportedEntries('grant_types', list, supported, 'narrow')).toEqual([]);
  });

  it.each([[['implicit']], [['implicit', 'refresh_token']]])('%j is refused when nothing usable remains', (list) =>
    expect(unsupportedEntries('grant_types', list, supported, 'narrow')).toEqual([
      {
        field: 'grant_types',
        at: '',
        rule: 'must contain a value this server supports: authorization_code, refresh_token',
      },
    ]),
  );

  it('says so when the server supports nothing', () => {
    const none = [{ field: 'response_types', at: '', rule: 'must contain a value this server supports: none' }];
    expect(unsupportedEntries('response_types', ['code'], [], 'narrow')).toEqual(none);
    expect(noneSupported('response_types', [])).toEqual(none);
  });

  it('is refused at its unsupported entries in reject mode', () => {
    const rule = 'is not supported by this server, which supports authorization_code, refresh_token';
    expect(unsupportedEntries('grant_types', ['refresh_token'], supported, 'reject')).toEqual([]);
    expect(unsupportedEntries('grant_types', ['refresh_token', 'x', 'y'], supported, 'reject')).toEqual([
      { field: 'grant_types', at: '[1]', rule },
      { field: 'grant_types', at: '[2]', rule },
    ]);
  });
});

describe('single value', () => {
  it('passes when it is supported', () => expect(unsupportedValue('a', 'b', ['c', 'b'])).toEqual([]));
  it('is refused and never replaced', () =>
    expect(unsupportedValue('token_endpoint_auth_method', 'None', ['none'])).toEqual([
      {
        field: 'token_endpoint_auth_method',
        at: '',
        rule: 'is not supported by this server, which supports none',
      },
    ]));
});

describe('choice of the server (OpenID Connect Relying Party Metadata Choices section 2)', () => {
  it.each<[string[], string[], string[]]>([
    [
      ['a', 'b'],
      ['b', 'a', 'c'],
      ['b', 'a'],
    ],
    [['x'], ['a'], []],
    [[], ['a'], []],
    // Public keys before a shared secret, and `none` last, whatever the order of either list.
    [
      ['none', 'HS256', 'RS256', 'ES256'],
      ['none', 'HS256', 'ES256', 'RS256'],
      ['ES256', 'RS256', 'HS256', 'none'],
    ],
    [
      ['dir', 'A128KW', 'RSA-OAEP', 'ECDH-ES'],
      ['A128KW', 'dir', 'RSA-OAEP', 'ECDH-ES'],
      ['RSA-OAEP', 'ECDH-ES', 'A128KW', 'dir'],
    ],
    [
      ['none', 'client_secret_basic', 'client_secret_jwt', 'tls_client_auth', 'private_key_jwt'],
      ['client_secret_jwt', 'none', 'client_secret_basic', 'private_key_jwt', 'tls_client_auth'],
      ['private_key_jwt', 'tls_client_auth', 'client_secret_jwt', 'client_secret_basic', 'none'],
    ],
  ])('from %j of %j: %j', (list, all, preferred) => expect(preferredOf(list, all)).toEqual(preferred));
});

describe('scope (RFC 7591 section 2)', () => {
  const server = { scopes: ['a', 'b', 'c'], defaultScopes: ['a'], baselineScopes: ['c'] };
  const bare = { scopes: [], defaultScopes: [], baselineScopes: [] };

  it.each<[string | undefined, typeof server, string | undefined]>([
    [undefined, server, 'a c'],
    ['', server, 'a c'],
    ['  ', server, 'a c'],
    ['x', server, 'a c'],
    ['b', server, 'b c'],
    [' b  a b x', server, 'b a c'],
    ['c', server, 'c'],
    ['A', server, 'a c'],
    ['b a', server, 'b a c'],
    [undefined, bare, undefined],
    ['a', bare, undefined],
  ])('%j is registered as %#', (requested, options, scope) => expect(scopeFor(requested, options)).toBe(scope));

  it('is refused in reject mode when one is unknown', () => {
    for (const known of ['b a', undefined, '', '  ']) {
      expect(unsupportedScope(known, server.scopes, 'reject')).toEqual([]);
    }
    expect(unsupportedScope('a x', server.scopes, 'reject')).toEqual([
      { field: 'scope', at: '', rule: 'contains a value that is not supported by this server' },
    ]);
  });

  it('is never refused in narrow mode', () => {
    for (const scope of ['a x', 'x', undefined]) expect(unsupportedScope(scope, server.scopes, 'narrow')).toEqual([]);
  });

  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['x', undefined],
    ['c x a', 'c a'],
  ])('%j within what is known is %j, without a default', (requested, scope) =>
    expect(scopeWithin(requested, server.scopes)).toBe(scope),
  );
});
