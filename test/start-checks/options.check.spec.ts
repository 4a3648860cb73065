import { RegistrationConfiguration, type DynamicRegistrationOptions } from 'nestjs-dynamic-registration';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';

const configure = (options: unknown) =>
  new RegistrationConfiguration({
    issuer: 'https://auth.example.com',
    ...(options as Partial<DynamicRegistrationOptions>),
  });
const withKeys = (encryptionKeys: unknown) => configure({ clientSecret: { encryptionKeys } });

const octets = (count: number) => randomBytes(count).toString('base64');
const KEY = octets(32);

describe('encryption keys', () => {
  it.each<[string, unknown]>([
    ['no key', []],
    ['one', [{ id: '2026-11', key: KEY }]],
    [
      'some, the first of which encrypts',
      [
        { id: 'b', key: KEY },
        { id: 'a', key: octets(32) },
      ],
    ],
    ['ids that differ in letter case', ['a', 'A'].map((id) => ({ id, key: octets(32) }))],
    ['an id of 64 characters', [{ id: 'a_Z-09'.padEnd(64, 'x'), key: KEY }]],
    ['base64 with padding', [{ id: 'a', key: '+/'.repeat(21) + 'A=' }]],
    ['base64 without padding', [{ id: 'a', key: '+/'.repeat(21) + 'A' }]],
    ['base64url', [{ id: 'a', key: '-_'.repeat(21) + 'A' }]],
  ])('may be %s', (_, keys) => {
    expect(() => withKeys(keys)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ['a key of 31 octets', { id: 'a', key: octets(31) }],
    ['a key of 33 octets', { id: 'a', key: octets(33) }],
    ['a key of 16 octets', { id: 'a', key: octets(16) }],
    ['a key in hexadecimal', { id: 'a', key: randomBytes(32).toString('hex') }],
    ['a key of 32 characters', { id: 'a', key: 'x'.repeat(32) }],
    ['a key with a line break', { id: 'a', key: `${KEY}\n` }],
    ['a key with white space within', { id: 'a', key: ` ${KEY.slice(1)}` }],
    ['an empty key', { id: 'a', key: '' }],
    ['no key', { id: 'a' }],
    ['a key as bytes', { id: 'a', key: randomBytes(32) }],
    ['no id', { key: KEY }],
    ['an empty id', { id: '', key: KEY }],
    ['an id of 65 characters', { id: 'x'.repeat(65), key: KEY }],
    ['an id with a space', { id: 'a b', key: KEY }],
    ['an id with a dollar sign', { id: 'a$b', key: KEY }],
    ['an id with a line break', { id: 'a\n', key: KEY }],
    ['an id beyond ASCII', { id: '\u00e4', key: KEY }],
    ['a number for an id', { id: 7, key: KEY }],
    ['a key alone', KEY],
    ['null', null],
    ['undefined', undefined],
    ['a list', ['a', KEY]],
  ])('may not be %s', (_, wrong) => {
    const words =
      '"clientSecret.encryptionKeys[1]" must be { id, key }: an id of 1 to 64 characters A-Z a-z 0-9 - _, ' +
      'and 32 random octets in base64 (openssl rand -base64 32)';
    expect(() => withKeys([{ id: 'first', key: KEY }, wrong])).toThrow(
      new Error(`DynamicRegistrationModule: ${words}`),
    );
  });

  it.each<[unknown]>([[{ id: 'a', key: KEY }], [KEY], [null], [true]])('may not be %j in place of a list', (wrong) => {
    expect(() => withKeys(wrong)).toThrow(
      new Error('DynamicRegistrationModule: "clientSecret.encryptionKeys" must be a list of { id, key }'),
    );
  });

  it('may not have one id twice, since a secret names its key by it', () => {
    const twice = ['a', 'b', 'a'].map((id) => ({ id, key: octets(32) }));
    expect(() => withKeys(twice)).toThrow(
      new Error('DynamicRegistrationModule: "clientSecret.encryptionKeys" must not have the same id twice'),
    );
  });

  it('are repeated in no message', () => {
    const secret = octets(33);
    for (const wrong of [[{ id: 'a', key: secret }], [{ id: 'a b', key: secret }], secret]) {
      expect(() => withKeys(wrong)).toThrow('DynamicRegistrationModule: "clientSecret.encryptionKeys');
      expect(() => withKeys(wrong)).not.toThrow(secret);
    }
  });
});

describe("prefix of client secrets with hash: 'bcrypt', which reads 72 bytes", () => {
  it.each<[string, 'sha256' | 'bcrypt' | undefined]>([
    ['12345678', 'bcrypt'],
    ['', 'bcrypt'],
    ['1234567890123456', 'sha256'],
    ['1234567890123456', undefined],
  ])('may be %j with %s', (prefix, hash) => {
    const encryptionKeys = [{ id: 'a', key: KEY }];
    expect(() => configure({ clientSecret: { prefix, hash, encryptionKeys } })).not.toThrow();
  });

  it('may be longer where no secret is a key', () => {
    expect(() => configure({ clientSecret: { prefix: '1234567890123456', hash: 'bcrypt' } })).not.toThrow();
  });

  it.each(['123456789', '1234567890123456'])('may not be %j', (prefix) => {
    const encryptionKeys = [{ id: 'a', key: KEY }];
    expect(() => configure({ clientSecret: { prefix, hash: 'bcrypt', encryptionKeys } })).toThrow(
      new Error(
        'DynamicRegistrationModule: "clientSecret.prefix" must have at most 8 characters with "clientSecret.hash": \'bcrypt\' and "clientSecret.encryptionKeys"',
      ),
    );
  });
});

describe('grant types of callers without a token', () => {
  it('are not the password grant (RFC 9700 section 2.4)', () => {
    expect(() => configure({ openGrantTypes: ['authorization_code', 'password'] })).toThrow(
      new Error(
        'DynamicRegistrationModule: "openGrantTypes" contains password, which must not be used (RFC 9700 section 2.4). Take it out',
      ),
    );
  });
});
