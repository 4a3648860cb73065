import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { requestUri } from '../../lib/client-metadata/request-uri.rules.js';

const HASH = createHash('sha256').update('content').digest();
const FRAGMENT = 'must have the base64url SHA-256 of the content as its fragment, or none';

describe('request URI (OpenID Connect Registration section 2, request_uris)', () => {
  it.each([
    'https://tides.example/request.jwt',
    'HTTPS://tides.example:8443/request?id=1',
    'https://localhost/request',
    `https://tides.example/request.jwt#${HASH.toString('base64url')}`,
    `https://tides.example/request.jwt#${'_-'.repeat(21)}A`,
  ])('accepts %s', (uri) => expect(requestUri(uri)).toEqual([]));

  it.each([
    [null, 'must be a string'],
    [1, 'must be a string'],
    [['https://tides.example/'], 'must be a string'],
    ['', 'must not be empty'],
    ['/request', 'must be an absolute URI'],
    ['https://user@tides.example/', 'must not contain user information'],
    ['https://tides.example/../request', 'must not contain dot segments'],
    ['https://tides.example/a b', 'must contain only the characters of RFC 3986'],
    ['https://2130706433/', 'must spell its host in canonical ASCII form'],
    ['http://tides.example/request', 'must use https'],
    ['http://localhost/request', 'must use https'],
    // The URN of a pushed request is the server's own (RFC 9126 section 2.2).
    ['urn:ietf:params:oauth:request_uri:a', 'must use https'],
    ['com.example.tides:/request', 'must use https'],
    ['https://tides.example/request#', FRAGMENT],
    ['https://tides.example/request#a', FRAGMENT],
    [`https://tides.example/request#${HASH.toString('hex')}`, FRAGMENT],
    [`https://tides.example/request#${HASH.toString('base64url').slice(1)}`, FRAGMENT],
    [`https://tides.example/request#${HASH.toString('base64url')}A`, FRAGMENT],
    [`https://tides.example/request#${HASH.toString('base64url')}=`, FRAGMENT],
    [`https://tides.example/request#${'+/'.repeat(21)}A`, FRAGMENT],
    [`http://tides.example/request#${HASH.toString('base64url')}`, 'must use https'],
    ['https://tides.example/request#a#b', 'must contain brackets and number signs only where RFC 3986 allows them'],
  ])('refuses %j: %s', (uri, rule) => expect(requestUri(uri)).toEqual([{ at: '', rule }]));

  it('has a verdict on 1 MB', () =>
    expect(requestUri(`https://tides.example/#${'a'.repeat(1_000_000)}`)).toEqual([{ at: '', rule: FRAGMENT }]));
});
