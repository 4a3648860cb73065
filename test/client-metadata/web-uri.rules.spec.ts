import { describe, expect, it } from 'vitest';
import { callbackUri, httpsUri, webUri } from '../../lib/client-metadata/web-uri.rules.js';

const HTTPS_OR_LOOPBACK = 'must use https, or http on 127.0.0.1, [::1] or localhost';

/** Refused by all, with the same words. */
const unsafe: [unknown, string][] = [
  [null, 'must be a string'],
  ['', 'must not be empty'],
  ['/about', 'must be an absolute URI'],
  ['https:/tides.example', 'must have a host after http:// or https://'],
  ['https://user@tides.example/', 'must not contain user information'],
  ['https://tides.example:/', 'must have a port from 1 to 65535, or none'],
  ['https://tides.example/../etc', 'must not contain dot segments'],
  ['https://tides.example/a b', 'must contain only the characters of RFC 3986'],
  ['https://tides.example\\evil', 'must contain only the characters of RFC 3986'],
  ['https://2130706433/', 'must spell its host in canonical ASCII form'],
  ['https://*.tides.example/', 'must spell its host in canonical ASCII form'],
  ['https://tides.example/%', 'must have two hexadecimal digits after every percent sign'],
];

describe('web URI (client_uri, logo_uri, tos_uri, policy_uri: RFC 7591 section 2)', () => {
  it.each([
    'https://tides.example',
    'https://tides.example:8443/about?x=*&y=1#team',
    'https://tides.example/*',
    'https://tides.example/#',
    'https://localhost/',
    'http://localhost:6274',
    'http://127.0.0.1:6274/about',
    'http://[::1]/',
  ])('accepts %s', (uri) => expect(webUri(uri)).toEqual([]));
  it.each([
    ...unsafe,
    ['http://tides.example/', HTTPS_OR_LOOPBACK],
    ['http://localhost.evil.example/', HTTPS_OR_LOOPBACK],
    ['JaVaScRiPt:alert(1)', HTTPS_OR_LOOPBACK],
    ['data:text/html,x', HTTPS_OR_LOOPBACK],
    ['com.example.tides:/about', HTTPS_OR_LOOPBACK],
    ['ftp://tides.example/', HTTPS_OR_LOOPBACK],
  ])('refuses %j: %s', (uri, rule) => expect(webUri(uri)).toEqual([{ at: '', rule }]));
});

describe('callback URI (OpenID Connect Front-Channel Logout section 2, Back-Channel Logout section 2.2)', () => {
  it.each([
    'https://tides.example/logout',
    'https://tides.example:8443/logout?x=*&y=1',
    'HTTPS://tides.example',
    'http://localhost:6274/logout',
    'http://127.0.0.1/logout',
    'http://[::1]/',
    'https://tides.example/%23',
  ])('accepts %s', (uri) => expect(callbackUri(uri)).toEqual([]));
  it.each([
    ...unsafe,
    ['http://tides.example/logout', HTTPS_OR_LOOPBACK],
    ['com.example.tides:/logout', HTTPS_OR_LOOPBACK],
    ['javascript:alert(1)', HTTPS_OR_LOOPBACK],
    ['https://tides.example/logout#a', 'must not contain a fragment'],
    ['https://tides.example/logout#', 'must not contain a fragment'],
    ['http://localhost/#/logout', 'must not contain a fragment'],
  ])('refuses %j: %s', (uri, rule) => expect(callbackUri(uri)).toEqual([{ at: '', rule }]));
});

describe('https URI (jwks_uri: RFC 7591 section 2)', () => {
  it.each(['https://tides.example/jwks.json', 'HTTPS://tides.example:8443/jwks?v=*', 'https://localhost/jwks'])(
    'accepts %s',
    (uri) => expect(httpsUri(uri)).toEqual([]),
  );
  it.each([
    ...unsafe,
    ['http://localhost/jwks', 'must use https'],
    ['http://tides.example/jwks', 'must use https'],
    ['file:///etc/passwd', 'must use https'],
    ['https://tides.example/jwks#a', 'must not contain a fragment'],
    ['https://tides.example/jwks#', 'must not contain a fragment'],
  ])('refuses %j: %s', (uri, rule) => expect(httpsUri(uri)).toEqual([{ at: '', rule }]));
});

describe('cost', () => {
  it.each([webUri, callbackUri, httpsUri])('has a verdict on 1 MB', (rule) => {
    expect(rule(`https://tides.example/${'%2e/'.repeat(250_000)}`)).toHaveLength(1);
    expect(rule(`https://${'a-'.repeat(500_000)}!`)).toHaveLength(1);
  });
});
