import { describe, expect, it } from 'vitest';
import { limitViolations } from '../../lib/client-metadata/limit.rules.js';

const limits = {
  redirectUris: 2,
  uriBytes: 4,
  scopeBytes: 4,
  textBytes: 4,
  listEntries: 2,
  jwksBytes: 10,
  objectBytes: 8,
  softwareStatementBytes: 5,
  metadataBytes: 100,
};
const broken = (row: Parameters<typeof limitViolations>[0]['limits'], value: unknown) =>
  limitViolations(row ? { limits: row } : {}, value, limits).map(({ at, rule }) => `${at} ${rule}`.trim());

describe('limits of a single value', () => {
  it.each<[Parameters<typeof broken>[0], unknown]>([
    [undefined, 'a'.repeat(100)],
    [undefined, Array(100).fill('a'.repeat(100))],
    [{}, 'a'.repeat(100)],
    [{ bytes: 'textBytes' }, 'abcd'],
    [{ bytes: 'textBytes' }, 'éé'],
    [{ bytes: 'jwksBytes' }, { a: 1 }],
    [{ bytes: 'objectBytes' }, { ab: 1 }],
    [{ bytes: 'softwareStatementBytes' }, 'a.b.c'],
    [{ bytes: 'uriBytes', entries: 'redirectUris' }, ['abcd', 'a']],
    [{ entries: 'listEntries' }, ['a'.repeat(100)]],
    // Of no JSON type that has a size: for the rules of the field to refuse.
    [{ bytes: 'textBytes' }, 123_456_789],
    [{ bytes: 'textBytes' }, true],
    [{ bytes: 'textBytes', entries: 'listEntries' }, []],
    [{ bytes: 'textBytes', entries: 'listEntries' }, [1, null]],
  ])('%j allow %j', (row, value) => expect(broken(row, value)).toEqual([]));

  it.each<[Parameters<typeof broken>[0], unknown, string[]]>([
    [{ bytes: 'textBytes' }, 'abcde', ['must not be longer than 4 bytes']],
    [{ bytes: 'textBytes' }, 'ééa', ['must not be longer than 4 bytes']],
    [{ bytes: 'textBytes' }, { abc: 1 }, ['must not be longer than 4 bytes']],
    [{ bytes: 'jwksBytes' }, { keys: [1, 2, 3] }, ['must not be longer than 10 bytes']],
    [{ bytes: 'objectBytes' }, { abc: 1 }, ['must not be longer than 8 bytes']],
    [{ bytes: 'softwareStatementBytes' }, 'a.b.cd', ['must not be longer than 5 bytes']],
    [{ bytes: 'uriBytes', entries: 'redirectUris' }, ['a', 'b', 'c'], ['must not have more than 2 entries']],
    [
      { bytes: 'uriBytes', entries: 'redirectUris' },
      ['abcde', 'abcdef'],
      ['[0] must not be longer than 4 bytes', '[1] must not be longer than 4 bytes'],
    ],
    [{ bytes: 'textBytes', entries: 'listEntries' }, ['a', ['abc']], ['[1] must not be longer than 4 bytes']],
  ])('%j refuse %j', (row, value, rules) => expect(broken(row, value)).toEqual(rules));
});
