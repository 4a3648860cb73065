import { describe, expect, it } from 'vitest';
import { redirectUriMatches } from '../../lib/client/redirect-uri.matching.js';

const matches = (registered: string, requested: string) =>
  redirectUriMatches({ redirectUris: [registered] }, requested);

describe('exact comparison of redirect URIs (RFC 9700 section 4.1.3, RFC 3986 section 6.2.1)', () => {
  it.each(['https://tides.example/cb?a=1', 'com.example.tides:/cb', 'http://localhost/cb', 'https://localhost:1/cb'])(
    'matches %s with itself',
    (uri) => expect(matches(uri, uri)).toBe(true),
  );
  it('looks at every registered URI', () =>
    expect(
      redirectUriMatches({ redirectUris: ['https://a.example/', 'https://b.example/'] }, 'https://b.example/'),
    ).toBe(true));
  it.each([
    ['https://tides.example/cb', 'https://tides.example/cb/'],
    ['https://tides.example/cb', 'https://tides.example/CB'],
    ['https://tides.example/cb', 'https://TIDES.example/cb'],
    ['https://tides.example/cb', 'https://tides.example/cb?a=1'],
    ['https://tides.example/cb', 'https://tides.example/cb?'],
    ['https://tides.example/cb?a=1', 'https://tides.example/cb'],
    ['https://tides.example/cb', 'https://tides.example:443/cb'],
    ['https://tides.example/cb', 'https://tides.example/cb#x'],
    ['https://tides.example', 'https://tides.example/'],
    ['https://tides.example/a', 'https://tides.example/%61'],
    ['https://tides.example/', 'https://tides.example.evil.example/'],
    ['https://localhost:1/cb', 'https://localhost:2/cb'],
    ['com.example.tides:/cb', 'com.example.tides:/cb2'],
    ['app://localhost:1/cb', 'app://localhost:2/cb'],
  ])('%s is not %s', (registered, requested) => expect(matches(registered, requested)).toBe(false));
});

describe('any port on a loopback host (RFC 8252 section 7.3)', () => {
  it.each([
    ['http://127.0.0.1/cb', 'http://127.0.0.1:33418/cb'],
    ['http://127.0.0.1:33418/cb', 'http://127.0.0.1:1/cb'],
    ['http://127.0.0.1:33418/cb', 'http://127.0.0.1/cb'],
    ['http://localhost:8787/cb?a=1', 'http://localhost:9/cb?a=1'],
    ['http://[::1]/cb', 'http://[::1]:65535/cb'],
    ['http://127.0.0.1', 'http://127.0.0.1:7/'],
    ['http://127.0.0.1/', 'http://127.0.0.1:7'],
    ['http://127.0.0.1?a', 'http://127.0.0.1:7/?a'],
    ['HTTP://LocalHost/cb', 'http://localhost:7/cb'],
  ])('%s matches %s', (registered, requested) => expect(matches(registered, requested)).toBe(true));
  it.each([
    ['http://127.0.0.1/cb', 'http://localhost/cb'],
    ['http://localhost/cb', 'http://127.0.0.1/cb'],
    ['http://127.0.0.1/cb', 'http://[::1]/cb'],
    ['http://127.0.0.1/cb', 'https://127.0.0.1/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:7/cb2'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:7/CB'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:7/cb?a=1'],
    ['http://127.0.0.1/cb?a=1', 'http://127.0.0.1:7/cb?a=2'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:7/cb?'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:0/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:7/cb#x'],
    ['http://127.0.0.1/', 'http://127.0.0.1:33418@evil.example/'],
    ['http://127.0.0.1/', 'http://127.0.0.1.evil.example/'],
    ['http://127.0.0.1/', 'http://2130706433/'],
    ['http://127.0.0.1/', 'http://127.0.0.1:7/a/..'],
    ['http://localhost/', 'http://localhost.evil.example/'],
  ])('%s does not match %s', (registered, requested) => expect(matches(registered, requested)).toBe(false));
});

describe('several registered URIs', () => {
  const redirectUris = ['https://tides.example/cb', 'http://127.0.0.1/', 'http://127.0.0.1/cb', 'cursor://tides/cb'];
  it('need only one that matches but for its port', () =>
    expect(redirectUriMatches({ redirectUris }, 'http://127.0.0.1:7/cb')).toBe(true));
});

describe('a row that should not have been stored', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://tides.example/cb',
    'https://*.tides.example/cb',
    'https://tides.example/cb#x',
    'https://user@tides.example/cb',
    'http://127.0.0.1:33418@evil.example/',
    '',
  ])('never matches %j, though it is equal', (uri) => expect(matches(uri, uri)).toBe(false));
  it('does not lend its port rule to a good request', () =>
    expect(matches('http://127.0.0.1:99999/cb', 'http://127.0.0.1:7/cb')).toBe(false));
});

describe('values of a wrong type', () => {
  const uri: unknown = ['https://tides.example/cb'];
  it('does not match a list with its only entry', () =>
    expect(redirectUriMatches({ redirectUris: ['https://tides.example/cb'] }, uri as string)).toBe(false));
  it.each([undefined, null, 1, {}])('does not match %j', (value: unknown) =>
    expect(redirectUriMatches({ redirectUris: [String(value)] }, value as string)).toBe(false),
  );
  it.each([null, undefined, 'https://tides.example/cb', []])('matches nothing in the list %j', (list: unknown) =>
    expect(redirectUriMatches({ redirectUris: list as null }, 'https://tides.example/cb')).toBe(false),
  );
});
