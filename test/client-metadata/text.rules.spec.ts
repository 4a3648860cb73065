import { describe, expect, it } from 'vitest';
import type { MetadataRule } from '../../lib/client-metadata/metadata-rule.js';
import {
  displayText,
  isJsonObject,
  listOf,
  oneOf,
  scopeString,
  scopeTokens,
  text,
  unfitForStorage,
  unique,
} from '../../lib/client-metadata/text.rules.js';

const rules = (rule: MetadataRule, value: unknown) => rule(value).map(({ at, rule: words }) => `${at} ${words}`.trim());
const notStrings = [undefined, null, 0, 1, true, {}, [], ['a'], Object('a')];

describe('text', () => {
  it.each(['a', ' ', 'Tábua de Marés', '潮見表', 'नमस्ते', 'क्‍ष', 'שלום\u200F', '👩‍💻', '\u2028', '\uFFFC'])(
    'accepts %j',
    (value) => expect(text(value)).toEqual([]),
  );
  it.each(notStrings)('refuses %j, which is no string', (value) =>
    expect(rules(text, value)).toEqual(['must be a string']),
  );
  it('refuses the empty string', () => expect(rules(text, '')).toEqual(['must not be empty']));
  it.each(['\0', 'a\u0001', '\t', 'a\nb', '\r', '\u001F', '\u007F', '\u0080', '\u0085', '\u009F'])(
    'refuses the control character in %j',
    (value) => expect(rules(text, value)).toEqual(['must not contain control characters']),
  );
  it.each(['\uD800', 'a\uDFFF', '\uDC00\uD800', '\uD83D', 'a\uFFFDb'])('refuses malformed Unicode %j', (value) =>
    expect(rules(text, value)).toEqual(['must be well-formed Unicode']),
  );
});

describe('display text (client_name, RFC 7591 section 2)', () => {
  const directions = ['\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069'];
  it.each(directions)('refuses the bidirectional character %j', (value) =>
    expect(rules(displayText, `Tide ${value}Tables`)).toEqual(['must not contain bidirectional formatting characters']),
  );
  it.each(['\u200C', '\u200D', '\u200E', '\u200F', '\u061C', '\u00A0', 'e\u0301', '\u2065', '\u202F', '\uFE0F'])(
    'keeps the joiner, mark or white space %j',
    (value) => expect(displayText(`a${value}b`)).toEqual([]),
  );
  it.each([
    '\u200B',
    '\u2060',
    '\uFEFF',
    '\u00AD',
    '\u180E',
    '\u2061',
    '\u2064',
    '\u206A',
    '\u206F',
    '\uFFF9',
    '\u{1D173}',
  ])('refuses %j, which would make two names of what looks like one', (value) =>
    expect(rules(displayText, `Ti${value}des`)).toEqual(['must not contain invisible formatting characters']),
  );
  it.each(['\u2028', '\u2029'])('refuses the line or paragraph separator %j', (value) =>
    expect(rules(displayText, `Tide${value}Tables`)).toEqual(['must not contain line or paragraph separators']),
  );
  it.each(['\u{E0000}', '\u{E0001}', '\u{E0041}', '\u{E007F}', '🏴\u{E0067}\u{E0062}\u{E007F}'])(
    'refuses the tag characters in %j',
    (value) => expect(rules(displayText, `Tides${value}`)).toEqual(['must not contain tag characters']),
  );
  it.each([
    ' ',
    '   ',
    '\u00A0',
    '\u3000',
    '\u200B',
    '\u200D',
    '\u200B\u200D',
    '\u200E\u200F',
    '\u2060',
    '\uFEFF',
    '\u00AD',
    '\uFE0F',
    '\u0301',
    '\u{E0100}',
    '\u3164',
    '\u115F\u1160',
    '\uFFA0',
    '\u2800',
  ])('refuses %j, in which nothing is visible', (value) =>
    expect(rules(displayText, value)).toEqual(['must contain a visible character']),
  );
  it.each(['a', '7', '!', '潮', 'क्‍ष', '👩‍💻', '🇵🇹', '$', '·', '한국어', '\u1112\u1161\u11AB', '⠞', ' Tides '])(
    'accepts %j',
    (value) => expect(displayText(value)).toEqual([]),
  );
  it.each([undefined, '', 'a\0', '\uD800'])('refuses %j like any text', (value) =>
    expect(displayText(value)).toHaveLength(1),
  );
});

describe('lists', () => {
  it.each([null, undefined, 'a', {}, { length: 1, 0: 'a' }, 3])('refuses %j, which is no array', (value) =>
    expect(rules(listOf(text), value)).toEqual(['must be an array']),
  );
  it('leaves an empty array to its field', () => expect(listOf(text)([])).toEqual([]));
  it('names every bad entry by its index', () =>
    expect(rules(listOf(text), ['\t', null, 'b', '', 7])).toEqual([
      '[0] must not contain control characters',
      '[1] must be a string',
      '[3] must not be empty',
      '[4] must be a string',
    ]));
  it('refuses a hole', () => {
    const list: string[] = ['a'];
    list[2] = 'c';
    expect(rules(listOf(text), list)).toEqual(['[1] must be a string']);
  });
  it('puts the index before the place inside the entry', () =>
    expect(rules(listOf(listOf(text)), [['a'], ['a', '']])).toEqual(['[1][1] must not be empty']));
  it('removes duplicates in the order of first appearance', () =>
    expect(unique(['b', 'a', 'b', 'c', 'a', 'B'])).toEqual(['b', 'a', 'c', 'B']));
});

describe('scope (RFC 6749 section 3.3)', () => {
  it.each(['openid', 'a b', ' a  b ', '!', '#[]~', 'https://tides.example/read:all', ' '])('accepts %j', (value) =>
    expect(scopeString(value)).toEqual([]),
  );
  it.each(['a\tb', 'a\nb', 'a"b', 'a\\b', 'é', 'a\u00A0b', 'a\u007F', '\0', '\uD800'])('refuses %j', (value) =>
    expect(rules(scopeString, value)).toEqual([
      'must be a space-separated list of scope tokens (RFC 6749 section 3.3)',
    ]),
  );
  it.each(notStrings)('refuses %j, which is no string', (value) =>
    expect(rules(scopeString, value)).toEqual(['must be a string']),
  );
  it('splits into unique tokens', () => expect(scopeTokens('  b a  b ')).toEqual(['b', 'a']));
  it('knows no token in spaces', () => expect(scopeTokens('   ')).toEqual([]));
});

describe('JSON values', () => {
  it.each([{}, { a: 1 }, Object.create(null), JSON.parse('{"__proto__":1}')])('isJsonObject knows object %#', (value) =>
    expect(isJsonObject(value)).toBe(true),
  );
  it.each([null, undefined, [], 'a', 1, new Date(0), new Map(), () => 1])('isJsonObject denies %s', (value) =>
    expect(isJsonObject(value)).toBe(false),
  );
  it('oneOf accepts its words only', () => {
    const rule = oneOf('web', 'native');
    expect(rule('native')).toEqual([]);
    for (const value of ['Native', 'native ', '', 0, null, ['web']])
      expect(rules(rule, value)).toEqual(['must be one of web, native']);
  });
});

describe('what can be stored', () => {
  it.each(['a\0', '\uD800', 'a\uFFFD'])('finds %j in a string, in a name and at any depth', (bad) => {
    for (const value of [
      bad,
      [bad],
      { a: bad },
      { [bad]: 1 },
      { a: [[{ b: [1, { [bad]: null }] }]] },
      ['a', ['a', bad]],
    ])
      expect(unfitForStorage(value)).toBe(true);
  });
  it.each([undefined, null, true, 0, '', 'Tábua', '👩‍💻', '\u2028', '\n', [], {}, { a: ['b', { 'c d': null }] }])(
    'has nothing against %j',
    (value) => expect(unfitForStorage(value)).toBe(false),
  );
  it('reads a member called __proto__', () =>
    expect(unfitForStorage(JSON.parse('{"__proto__":{"a":"\\u0000"}}'))).toBe(true));
  it('ends on a deep value and on a cycle', () => {
    const cycle: unknown[] = ['a'];
    cycle.push({ cycle });
    expect(unfitForStorage(cycle)).toBe(false);
    let deep: unknown = '\0';
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(unfitForStorage(deep)).toBe(true);
  });
});

describe('cost', () => {
  it.each([
    ['text', text, 'a'.repeat(1_000_000)],
    ['displayText', displayText, `${'a'.repeat(1_000_000)}\u202E`],
    ['displayText of nothing visible', displayText, '\u3164'.repeat(1_000_000)],
    ['scopeString', scopeString, `${'a '.repeat(500_000)}"`],
  ])('%s has a verdict on 1 MB', (_name, rule, value) => {
    expect(rule(value)).toEqual(expect.any(Array));
  });
});
