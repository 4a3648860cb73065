import { describe, expect, it } from 'vitest';
import { jsonText } from '../../lib/cli/terminal/json-text.js';

describe('JSON of the command line', () => {
  it.each([
    'a\u009B31m',
    '\u007F',
    'a\u202Eb',
    'a\u2028b\u2029c',
    '\u{E0001}',
    '\uD800',
    'a\nb\u001B',
    'Zoë 日本語 🔑',
  ])('%j is the same value when it is read, and one line', (value) => {
    const text = jsonText({ value }, 0);
    expect(JSON.parse(text)).toEqual({ value });
    expect(text).toMatch(/^[^\p{C}\u2028\u2029]*\n$/u);
  });

  it('escapes nothing that people read', () => {
    expect(jsonText({ owner: 'Zoë 日本語 🔑' }, 0)).toBe('{"owner":"Zoë 日本語 🔑"}\n');
  });

  it('is indented for people', () => {
    expect(jsonText([{ a: '\u009B' }], 2)).toBe('[\n  {\n    "a": "\\u009b"\n  }\n]\n');
  });
});
