import {
  OAuthClient,
  ReservedNamesPolicy,
  type ClientMetadata,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.js';

const NAMES = ['Claude', 'Acme Bank', 'Linear', 'Ναι', '微信'];
const byWords = new (ReservedNamesPolicy.of({ names: NAMES }))();
const byName = new (ReservedNamesPolicy.of({ names: NAMES, match: 'name' }))();
const CONTAINS = 'invalid_client_metadata: client_name must not contain a reserved name';
const IS = 'invalid_client_metadata: client_name must not be a reserved name';

const client = (columns: Partial<OAuthClient>) => Object.assign(new OAuthClient(), columns);

describe('reserved names (RFC 7591 section 5, UTS #39)', () => {
  it.each([
    ['itself', 'Claude'],
    ['capitals', 'CLAUDE'],
    ['small letters', 'claude'],
    ['spaces', 'C l a u d e'],
    ['spaces around', '\u00a0 Claude '],
    ['full-width spaces', 'C\u3000laude'],
    ['a full stop', 'Claude.'],
    ['punctuation', '«C-l_a·u.d’e!»'],
    ['an emoji', 'Claude \u{1F916}'],
    ['a diacritic', 'Clàüdé'],
    ['a combining mark', 'Cla\u0335ude'],
    ['a stroke through a letter', 'Cłauđe'],
    ['a Cyrillic letter', 'Cl\u0430ude'],
    ['Cyrillic letters', '\u0421l\u0430u\u0501\u0435'],
    ['a Greek lunate sigma', '\u03f9laude'],
    ['a capital I for a small l', 'CIaude'],
    ['a digit for a small l', 'C1aude'],
    ['a bar for a small l', 'C|aude'],
    ['bars around', '| Claude |'],
    ['a zero-width joiner', 'Cla\u200dude'],
    ['a zero-width space', 'Cla\u200bude'],
    ['a soft hyphen', 'Cla\u00adude'],
    ['a right-to-left mark', '\u200fClaude'],
    ['an override', 'Cl\u202eaude'],
    ['full-width letters', 'Ｃｌａｕｄｅ'],
    ['mathematical letters', '𝓒𝓵𝓪𝓾𝓭𝓮'],
    ['circled letters', 'Ⓒⓛⓐⓤⓓⓔ'],
    ['squared letters', '\u{1F172}\u{1F17B}\u{1F170}\u{1F184}\u{1F173}\u{1F174}'],
    ['flags', '\u{1F1E8}\u{1F1F1}\u{1F1E6}\u{1F1FA}\u{1F1E9}\u{1F1EA}'],
    ['small capitals', 'ᴄʟᴀᴜᴅᴇ'],
    ['Lisu letters', 'ꓚꓡꓮꓴꓓꓰ'],
    ['two words in one', 'AcmeBank'],
    ['two words with a hyphen', 'acme-bank'],
    ['two letters that look like one', 'Acrne Bank'],
    ['a Cyrillic letter like a small capital', 'Acme Ban\u043a'],
    ['a capital I where the name has a small one', 'LINEAR'],
    ['a small l where the capital is an I', 'LlNEAR'],
    ['the capitals of another script', 'ΝΑΙ'],
    ['a script without spaces', '微信'],
  ])('are known by %s', async (_, client_name) => {
    await expect(verdict(byName, { client_name })).resolves.toBe(IS);
    await expect(verdict(byWords, { client_name })).resolves.toBe(CONTAINS);
  });

  it.each([
    'Claude Desktop',
    'Login to Claude',
    'C l a u d e Desktop',
    'ClaudeDesktop',
    'CLAUDEDesktop',
    'My-claude-client',
    'Claude2',
    'Claude’s Tools',
    'Cl\u0430ude (official)',
    'Acme Bank Online',
    '微信支付',
  ])('are found as words in %s', async (client_name) => {
    await expect(verdict(byWords, { client_name })).resolves.toBe(CONTAINS);
    await expect(verdict(byName, { client_name })).resolves.toEqual({ client_name });
  });

  it.each([
    'Claudette',
    'Tide Tables',
    'Claud',
    'Clauden',
    'Acme',
    'Acme River Bank',
    'Linearity',
    'Клод',
    '信微',
    '🤖',
    '',
  ])('leave %s alone', async (client_name) => {
    await expect(verdict(byWords, { client_name })).resolves.toEqual({ client_name });
    await expect(verdict(byName, { client_name })).resolves.toEqual({ client_name });
  });

  it.each(['client_name#de', 'client_name#zh-Hans', 'organization_name', 'organization_name#fr'])(
    'hold for %s',
    async (name) => {
      const metadata: object = { client_name: 'Tide Tables', [name]: 'Clаude' };
      const refusal = `invalid_client_metadata: ${name} must not contain a reserved name`;
      await expect(verdict(byWords, metadata)).resolves.toBe(refusal);
    },
  );

  // In time that grows with the square of the name, or with the number of names, this would not end.
  it('leave a name of 100,000 words alone, however many they are', async () => {
    const client_name = 'a '.repeat(100_000);
    const policy = new (ReservedNamesPolicy.of({ names: Array.from({ length: 10_000 }, (_, i) => `Brand ${i}`) }))();
    await expect(verdict(policy, { client_name })).resolves.toEqual({ client_name });
  });
});

describe('who may have a reserved name', () => {
  const claude: ClientMetadata = { client_name: 'Claude' };
  const given = client({ source: 'manual', clientName: 'Claude', additionalMetadata: { 'client_name#de': 'Claude' } });

  it.each<[string, Partial<RegistrationContext>]>([
    ['a client that is added by hand', { operation: 'create' }],
    ['a client whose scope an administrator sets', { operation: 'update', client: client({ source: 'dynamic' }) }],
    ['a client that had it when it was added by hand', { operation: 'update', credential: {}, client: given }],
  ])('%s', async (_, context) => {
    await expect(verdict(byWords, claude, context)).resolves.toEqual(claude);
  });

  it.each<[string, Partial<RegistrationContext>]>([
    ['a stranger', {}],
    ['the holder of a token', { credential: { owner: 'acme' } }],
    ['a document', { operation: 'document' }],
    [
      'a client that registered itself, whatever its name was',
      { operation: 'update', credential: {}, client: client({ source: 'dynamic', clientName: 'Claude' }) },
    ],
    [
      'a client that was added by hand with another one',
      { operation: 'update', credential: {}, client: client({ source: 'manual', clientName: 'Acme Bank' }) },
    ],
  ])('not %s', async (_, context) => {
    await expect(verdict(byWords, claude, context)).resolves.toBe(CONTAINS);
  });

  it('in the language in which it was given', async () => {
    const context = { operation: 'update', credential: {}, client: given } as const;
    const german: object = { 'client_name#de': 'Claude' };
    const french: object = { 'client_name#fr': 'Claude' };
    await expect(verdict(byWords, german, context)).resolves.toEqual(german);
    await expect(verdict(byWords, french, context)).resolves.toMatch(/^invalid_client_metadata: client_name#fr /);
  });
});

describe('options of ReservedNamesPolicy', () => {
  it.each<[string, unknown, string]>([
    ['no names', {}, '"ReservedNamesPolicy.names" is missing: ReservedNamesPolicy.of({ names: ... })'],
    ['an empty list', { names: [] }, '"ReservedNamesPolicy.names" must not be empty'],
    [
      'a name of nothing',
      { names: ['Claude', ' - '] },
      '"ReservedNamesPolicy.names[1]" must be a name with a letter or a digit in it',
    ],
    ['another word', { names: ['Claude'], match: 'any' }, '"ReservedNamesPolicy.match" must be words or name'],
  ])('stop the start with %s', (_, options, message) => {
    expect(() => ReservedNamesPolicy.of(options as { names: string[] })).toThrow(
      new Error(`DynamicRegistrationModule: ${message}`),
    );
  });
});
