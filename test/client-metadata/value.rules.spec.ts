import { describe, expect, it } from 'vitest';
import { flag, objectOfObjects, wholeNumber } from '../../lib/client-metadata/value.rules.js';

const rulesOf = (violations: readonly { at: string; rule: string }[]) =>
  violations.map(({ at, rule }) => `${at} ${rule}`.trim());

describe('flag (a JSON boolean)', () => {
  it.each([true, false])('is %j', (value) => expect(flag(value)).toEqual([]));
  it.each(['true', 'false', '', 0, 1, null, undefined, [], [true], {}, 'yes'])('is not %j', (value) =>
    expect(rulesOf(flag(value))).toEqual(['must be true or false']),
  );
});

describe('whole number (default_max_age: OpenID Connect Registration section 2)', () => {
  it.each([0, 1, 3600, 86_400, 1e3, Number.MAX_SAFE_INTEGER, JSON.parse('3600.0')])('is %j', (value) =>
    expect(wholeNumber(value)).toEqual([]),
  );
  it.each([
    -1,
    0.5,
    Number.MAX_SAFE_INTEGER + 1,
    1e300,
    JSON.parse('1e999'),
    Number.NaN,
    '3600',
    '',
    true,
    null,
    undefined,
    [],
    [1],
    {},
    1n,
  ])('is not %s', (value) => expect(rulesOf(wholeNumber(value))).toEqual(['must be a whole number, 0 or more']));
});

describe('object of objects (vp_formats_supported: OpenID4VP section 11.1)', () => {
  it.each<object>([
    { mso_mdoc: {} },
    { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'] }, jwt_vc_json: { alg_values: ['ES256', 'ES384'] } },
    { a: { b: { c: [[null, 1, true, '']] } } },
    { é: {} },
    JSON.parse('{"__proto__":{"constructor":{}}}'),
  ])('is %j', (value) => expect(objectOfObjects(value)).toEqual([]));

  it.each([null, undefined, true, 1, '', '{}', 'a', [], [{}], new Date(), new Map([['a', {}]])])(
    'is not %j, which is no object',
    (value) => expect(rulesOf(objectOfObjects(value))).toEqual(['must be a JSON object']),
  );

  it('is not empty', () => expect(rulesOf(objectOfObjects({}))).toEqual(['must not be empty']));

  it.each([{ '': {} }, { a: {}, 'b\n': {} }, { '\u0085': {} }, { '\u007F': {} }])(
    'has no member without a name: %j',
    (value) => expect(rulesOf(objectOfObjects(value))).toEqual(['must have members with names']),
  );

  it.each([{ a: 1 }, { a: 'b' }, { a: null }, { a: [] }, { a: [{}] }, { a: true }, { a: {}, b: 'c' }])(
    'has no member that is no object: %j',
    (value) => expect(rulesOf(objectOfObjects(value))).toEqual(['must have only JSON objects as members']),
  );

  it.each(['a\0', '\uD800', 'a\uFFFD'])('has %j in no string, name and depth', (bad) => {
    for (const value of [{ [bad]: {} }, { a: { b: bad } }, { a: { [bad]: 1 } }, { a: { b: [[{ c: [bad] }]] } }]) {
      expect(rulesOf(objectOfObjects(value))).toEqual(['must be well-formed Unicode without NUL']);
    }
  });
});
