import { describe, expect, it } from 'vitest';
import { CLIENT_ID_RULE, isClientId, isOwner, OWNER_RULE } from '../../lib/client/client.rules.js';

describe('client identifier (RFC 6749 appendix A.1)', () => {
  it.each([
    'a',
    ' ',
    '~',
    'com.food_app.mobile',
    '5f0c2f0e-6c1d-4a52-9d0b-0b8f6c1f7a11',
    'a b',
    ' a ',
    '/',
    '../x',
    '...',
    '.a',
    'a.',
    '%2e',
    `"'\\<>&?#`,
    'https://tides.example/client.json',
    'x'.repeat(255),
  ])('is %j', (id) => {
    expect(isClientId(id)).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    '\0',
    'a\0',
    'a\nb',
    'a\n',
    '..\n',
    '\t',
    '\u007F',
    'tîdes',
    '日本語',
    '\u00A0',
    '\u200B',
    '\uD800',
    'x'.repeat(256),
    undefined,
    null,
    7,
    true,
    {},
    [],
    ['a'],
    Object('a'),
  ])('is not %j', (id) => {
    expect(isClientId(id)).toBe(false);
  });

  it('is told in words', () => {
    expect(CLIENT_ID_RULE).toBe('must have 1 to 255 printable ASCII characters and not be a dot segment');
  });
});

describe('owner', () => {
  it.each(['a', ' ', 'Zoë & 日本語', '👩‍🚀', 'a\nb', '..', 'x'.repeat(255), 'é'.repeat(255)])('is %j', (owner) => {
    expect(isOwner(owner)).toBe(true);
  });

  it.each([
    '',
    '\0',
    'a\0b',
    '\uD800',
    'a\uDC00b',
    'x'.repeat(256),
    undefined,
    null,
    7,
    true,
    {},
    [],
    ['a'],
    Object('a'),
  ])('is not %j', (owner) => {
    expect(isOwner(owner)).toBe(false);
  });

  it('is told in words', () => {
    expect(OWNER_RULE).toBe('must have 1 to 255 characters');
  });
});
