import { describe, expect, it } from 'vitest';
import { foldedRedirectUris, foldingKeyOf } from '../../lib/client-registration/folding.rules.js';

describe('redirect URIs of identical registrations', () => {
  it.each([
    ['http://127.0.0.1:53124/cb', 'http://127.0.0.1/cb'],
    ['http://localhost:8080/cb', 'http://localhost/cb'],
    ['HTTP://LOCALHOST:8080/cb?a=:9#'.slice(0, -1), 'HTTP://LOCALHOST/cb?a=:9'],
    ['http://[::1]:7/cb', 'http://[::1]/cb'],
    ['http://127.0.0.1:7', 'http://127.0.0.1'],
    ['http://127.0.0.1/cb:7', 'http://127.0.0.1/cb:7'],
    ['https://127.0.0.1:8443/cb', 'https://127.0.0.1:8443/cb'],
    ['https://tides.example:8443/cb', 'https://tides.example:8443/cb'],
    ['com.example.tides:/cb', 'com.example.tides:/cb'],
    ['com.example.tides://localhost:7/cb', 'com.example.tides://localhost:7/cb'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
  ])('has %s as %s', (uri, folded) => {
    expect(foldedRedirectUris([uri])).toEqual([folded]);
  });

  it('has each once, in the order of the request', () => {
    const uris = ['http://127.0.0.1:1/b', 'http://127.0.0.1:2/a', 'http://127.0.0.1:3/b', 'http://localhost:1/b'];
    expect(foldedRedirectUris(uris)).toEqual(['http://127.0.0.1/b', 'http://127.0.0.1/a', 'http://localhost/b']);
  });
});

describe('what identical registrations have in common', () => {
  const key = foldingKeyOf({ client_name: 'Tides', jwks: { keys: [{ kty: 'EC', crv: 'P-256' }] } });

  it('is a SHA-256 in hexadecimal', () => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not depend on the order of members, nor on members that are not there', () => {
    const other = { scope: undefined, jwks: { keys: [{ crv: 'P-256', kty: 'EC' }] }, client_name: 'Tides' };
    expect(foldingKeyOf(other)).toBe(key);
  });

  it.each([
    [{ a: ['1', '2'] }, { a: ['2', '1'] }],
    [{ a: '1' }, { a: 1 }],
    [{ a: ['1'] }, { a: '1' }],
    [{ a: 'b' }, { b: 'a' }],
    [{ a: { b: 'c' } }, { a: [['b', 'c']] }],
    [{ a: { b: 'c' } }, { a: { members: [['b', 'c']] } }],
    [{ a: null }, {}],
    [JSON.parse('{"__proto__":{"a":1}}') as object, {}],
    [{ client_name: 'Tides' }, { client_name: 'tides' }],
    [{ client_name: 'caf\u00e9' }, { client_name: 'cafe\u0301' }],
  ])('tells %j and %j apart', (one, other) => {
    expect(foldingKeyOf(one)).not.toBe(foldingKeyOf(other));
  });
});
