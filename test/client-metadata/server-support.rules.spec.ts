import { describe, expect, it } from 'vitest';
import {
  requireSupported,
  scopeFor,
  scopeWithin,
  supportedEntries,
} from '../../lib/client-metadata/server-support.rules.js';
import { InvalidClientMetadataError } from '../../lib/errors/registration.error.js';

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
  ])('%j is narrowed to %j', (list, kept) =>
    expect(supportedEntries('grant_types', list, supported, 'narrow')).toEqual(kept),
  );

  it.each([[['implicit']], [['implicit', 'refresh_token']]])('%j is refused when nothing usable remains', (list) =>
    expect(() => supportedEntries('grant_types', list, supported, 'narrow')).toThrow(
      new InvalidClientMetadataError(
        'grant_types must contain a value this server supports: authorization_code, refresh_token',
      ),
    ),
  );

  it('says so when the server supports nothing', () =>
    expect(() => supportedEntries('response_types', ['code'], [], 'narrow')).toThrow(
      new InvalidClientMetadataError('response_types must contain a value this server supports: none'),
    ));

  it('is refused at its first unsupported entry in reject mode', () => {
    expect(supportedEntries('grant_types', ['refresh_token'], supported, 'reject')).toEqual(['refresh_token']);
    expect(() => supportedEntries('grant_types', ['refresh_token', 'x', 'y'], supported, 'reject')).toThrow(
      new InvalidClientMetadataError(
        'grant_types[1] is not supported by this server, which supports authorization_code, refresh_token',
      ),
    );
  });
});

describe('single value', () => {
  it('passes when it is supported', () => expect(() => requireSupported('a', 'b', ['c', 'b'])).not.toThrow());
  it('is refused and never replaced', () =>
    expect(() => requireSupported('token_endpoint_auth_method', 'None', ['none'])).toThrow(
      new InvalidClientMetadataError('token_endpoint_auth_method is not supported by this server, which supports none'),
    ));
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
    [undefined, bare, undefined],
    ['a', bare, undefined],
  ])('%j is registered as %#', (requested, options, scope) =>
    expect(scopeFor(requested, options, 'narrow')).toBe(scope),
  );

  it('is refused in reject mode when one is unknown', () => {
    expect(scopeFor('b a', server, 'reject')).toBe('b a c');
    expect(scopeFor(undefined, server, 'reject')).toBe('a c');
    expect(() => scopeFor('a x', server, 'reject')).toThrow(
      new InvalidClientMetadataError('scope contains a value that is not supported by this server'),
    );
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
