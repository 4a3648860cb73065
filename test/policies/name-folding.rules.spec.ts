import { describe, expect, it } from 'vitest';
import { foldedNames, hasName } from '../../lib/policies/name-folding.rules.js';

const alike = (a: string, b: string) => [...foldedNames(a)].some((name) => foldedNames(b).has(name));
const reserved = (...names: string[]) => new Set(names.flatMap((name) => [...foldedNames(name)]));

describe('folded names (UTS #39 section 4)', () => {
  it.each([
    ['Acme', 'ACME'],
    ['Acme Bank', 'acme-bank'],
    ['Acme', 'Ac\u200bme'],
    ['Acme', '\u0410\u0441m\u0435'],
    ['Acme', 'Àçmê'],
    ['Acme', 'ᴀᴄᴍᴇ'],
    ['Acme', '\u{1F150}\u{1F152}\u{1F15C}\u{1F154}'],
    ['Linear', '|inear'],
    ['Linear', '1inear'],
    ['Corner', 'Comer'],
  ])('have something in common when they read alike: %s, %s', (a, b) => {
    expect(alike(a, b)).toBe(true);
  });

  it.each([
    ['Acme', 'Acne'],
    ['Acme', 'Acm'],
    ['Acme', 'Acme Bank'],
    ['Tide', 'Tilde'],
    ['微信', '信微'],
  ])('have nothing in common when they do not: %s, %s', (a, b) => {
    expect(alike(a, b)).toBe(false);
  });

  it.each(['', ' ', '...', '\u{1F916}', '\u200b'])('are none for %j, which has no letters and digits', (name) => {
    expect([...foldedNames(name)]).toEqual([]);
  });
});

describe('a reserved name', () => {
  it.each(['Acme', 'My Acme', 'acme2', 'A c m e', 'AcmeTools', 'Get|Acme|now'])('is among the words of %s', (name) => {
    expect(hasName(name, reserved('Acme'), 'words')).toBe(true);
  });

  it.each(['Acmed', 'Pacme', 'Ac', 'Bank of Ac'])('is not among the words of %s', (name) => {
    expect(hasName(name, reserved('Acme'), 'words')).toBe(false);
  });

  it('may be several words', () => {
    expect(hasName('The Acme Bank app', reserved('Acme Bank'), 'words')).toBe(true);
    expect(hasName('Acme River Bank', reserved('Acme Bank'), 'words')).toBe(false);
  });

  it('is the whole of a name only where that is asked', () => {
    expect(hasName('ACME', reserved('Acme'), 'name')).toBe(true);
    expect(hasName('My Acme', reserved('Acme'), 'name')).toBe(false);
  });
});
