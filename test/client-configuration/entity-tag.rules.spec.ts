import { describe, expect, it } from 'vitest';
import { entityTagOf, ifMatch } from '../../lib/client-configuration/entity-tag.rules.js';

describe('entity tag of a client (RFC 9110 section 8.8.3)', () => {
  it('is strong, and made of the version', () => {
    expect([1, 3, 2_147_483_647].map(entityTagOf)).toEqual(['"1"', '"3"', '"2147483647"']);
  });
});

describe('If-Match (RFC 9110 section 13.1.1)', () => {
  it.each([undefined, '*', ' * ', '\t*'])('asks for no version: %j', (field) => {
    expect(ifMatch(field)).toBeUndefined();
  });

  it.each([
    ['one tag', '"3"'],
    ['white space around it', ' \t"3"\t '],
    ['the first of a list', '"3", "4"'],
    ['the last of a list', '"1","4" ,\t"3"'],
    ['a list with empty elements', ', ,"3",, "4",'],
    ['beside a weak tag', 'W/"3", "3"'],
    ['beside a tag with a comma', '"a,b", "3"'],
    ['beside the empty tag', '"", "3"'],
    ['beside a tag beyond ASCII', '"\xe9\xff", "3"'],
    ['beside a tag of every other character', `"${printable()}", "3"`],
  ])('is met by version 3 and no other one: %s', (_, field) => {
    const precondition = ifMatch(field);
    expect([2, 3, 30, 33].map((version) => precondition?.(version))).toEqual([false, true, false, false]);
  });

  it.each([
    ['the same number in other digits', '"03"'],
    ['with a sign', '"+3"'],
    ['with a fraction', '"3.0"'],
    ['with space in it', '" 3"'],
    ['a weak tag (section 8.8.3.2)', 'W/"3"'],
    ['a list of weak tags', 'W/"3", W/"4"'],
    ['a tag that has ours in it', '"a,3,b"'],
    ['an empty list', ''],
    ['empty elements alone', ' , ,'],
    // "Otherwise, the condition is false."
    ['no quotes', '3'],
    ['single quotes', "'3'"],
    ['escaped quotes', String.raw`\"3\"`],
    ['an open quote', '"3'],
    ['a quote behind it', '"3""'],
    ['two tags without a comma', '"3" "4"'],
    ['two tags side by side', '"3""4"'],
    ['semicolons', '"3"; "4"'],
    ['something else in the list', '"3", x'],
    ['an asterisk in the list', '"3", *'],
    ['two asterisks, of two lines', '*, *'],
    ['an asterisk in quotes', '"*"'],
    ['a weak asterisk', 'W/*'],
    ['a weak tag in the wrong case', 'w/"3", "3"'],
    ['a space in the weak tag', 'W/ "3", "3"'],
    ['a control character in a tag', '"3", "\x7f"'],
    ['what is no white space here', '"3"\u00a0'],
  ])('is met by no version: %s', (_, field) => {
    const precondition = ifMatch(field);
    expect([1, 3, 4].map((version) => precondition?.(version))).toEqual([false, false, false]);
  });

  // In time that grows with the square this would not end.
  it.each([' ', ',', ' ,', '"3" ', '"3",', 'W/', '"', '"3", W/'])(
    'is met by no version: a million times %j',
    (part) => {
      expect(ifMatch(`${part.repeat(1_000_000)}x`)?.(3)).toBe(false);
    },
  );
});

/** Everything a tag may be made of in ASCII. */
function printable(): string {
  return String.fromCodePoint(...Array.from({ length: 94 }, (_, i) => 0x21 + i)).replace('"', '');
}
