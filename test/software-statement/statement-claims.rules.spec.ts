import { describe, expect, it } from 'vitest';
import { claimsViolation, rememberedUntil } from '../../lib/software-statement/statement-claims.rules.js';

const NOW = 1_800_000_000;
const judge = (claims: Record<string, unknown>, expected: object = {}) =>
  claimsViolation(claims, { audiences: ['https://auth.example'], needsAudience: false, ...expected }, NOW);

describe('claims of a software statement (RFC 7519 section 4.1)', () => {
  it.each<[string | undefined, Record<string, unknown>, object?]>([
    [undefined, {}],
    [undefined, { exp: NOW - 59 }],
    ['must not have expired', { exp: NOW - 60 }],
    [undefined, { nbf: NOW + 60 }],
    ['must be valid already', { nbf: NOW + 61 }],
    [undefined, { iat: NOW + 60 }],
    ['must not be issued in the future', { iat: NOW + 61 }],
    [undefined, { iat: NOW - 300 }, { maximumAgeSeconds: 300 }],
    ['must not be older than 300 seconds', { iat: NOW - 301 }, { maximumAgeSeconds: 300 }],
    ['must say when it was issued in iat', { exp: NOW }, { maximumAgeSeconds: 300 }],
    ['must not be issued in the future', { iat: NOW + 300 }, { maximumAgeSeconds: 300 }],
    ...['exp', 'nbf', 'iat'].flatMap((name) =>
      [null, '1800000000', Infinity, NaN, 2 ** 60, [], {}].map((value): [string, Record<string, unknown>] => [
        `must have seconds since the epoch in ${name}`,
        { [name]: value },
      ]),
    ),
    [undefined, { aud: 'https://auth.example' }],
    [undefined, { aud: ['x', 'https://auth.example'] }],
    ['must be for this server by its aud', { aud: 'https://auth.example/' }],
    ['must be for this server by its aud', { aud: ['x'] }],
    ['must be for this server by its aud', { aud: '' }],
    ['must be for this server by its aud', { aud: [['https://auth.example']] }],
    ['must be for this server by its aud', {}, { needsAudience: true }],
    ['must have an identifier in jti', { exp: NOW }, { requireJti: true }],
    ['must have an identifier in jti', { exp: NOW, jti: '' }, { requireJti: true }],
    ['must say when it expires in exp', { jti: 'a' }, { requireJti: true }],
    [undefined, { jti: 'a', exp: NOW }, { requireJti: true }],
    [undefined, { jti: 'a', iat: NOW }, { requireJti: true, maximumAgeSeconds: 1 }],
  ])('%s: %j %j', (rule, claims, expected) => expect(judge(claims, expected)).toBe(rule));
});

describe('how long a jti is remembered', () => {
  it.each([
    [NOW + 60, { exp: NOW }, undefined],
    [NOW + 61, { exp: NOW + 0.5 }, undefined],
    [NOW + 160, { iat: NOW }, 100],
    [NOW + 110, { iat: NOW, exp: NOW + 50 }, 100],
    [Number.MAX_SAFE_INTEGER, { exp: Number.MAX_SAFE_INTEGER }, undefined],
  ])('%d: until it ends by %j and an age of %s, and the tolerance', (until, claims, age) =>
    expect(rememberedUntil(claims, age)).toBe(until),
  );
});
