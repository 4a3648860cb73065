import {
  ClientSecretCipher,
  RegistrationConfiguration,
  TemporarilyUnavailableError,
  type EncryptionKey,
} from 'nestjs-dynamic-registration';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';

const SECRET = 'cs_0123456789012345678901234567890123456789012345678901234567890123';
const CLIENT = 'c_tides';

const keyOf = (id: string): EncryptionKey => ({ id, key: randomBytes(32).toString('base64') });
const [OLD, CURRENT, NEXT] = [keyOf('2026-10'), keyOf('2026-11'), keyOf('2026-12')];
const cipherWith = (...encryptionKeys: EncryptionKey[]) =>
  new ClientSecretCipher(
    new RegistrationConfiguration({ issuer: 'https://auth.example.com', clientSecret: { encryptionKeys } }),
  );

const NOT_CONFIGURED = 'the encryption key of a client secret is not configured';
const UNREADABLE = 'a client secret cannot be decrypted: it is of another key, or was changed';

/** That it cannot be decrypted, and what is written to the log about it. */
function expectUnavailable(decrypt: () => string, cause: string): void {
  let thrown: unknown;
  let clear: string | undefined;
  try {
    clear = decrypt();
  } catch (error) {
    thrown = error;
  }
  expect(clear).toBeUndefined();
  expect(thrown).toBeInstanceOf(TemporarilyUnavailableError);
  expect(thrown).toMatchObject({ message: 'the server cannot answer now, try again later', cause });
}

/** What is stored in its parts: scheme, id of the key, and the octets of nonce, ciphertext and tag. */
function partsOf(stored: string): { scheme: string; id: string; octets: Buffer } {
  const [, scheme = '', id = '', sealed = ''] = stored.split('$');
  return { scheme, id, octets: Buffer.from(sealed, 'base64url') };
}

const stored = (id: string, octets: Buffer, scheme = 'aes256gcm') => `$${scheme}$${id}$${octets.toString('base64url')}`;

describe('encrypted client secret', () => {
  it('is AES-256-GCM with a nonce of 96 bits and a tag of 128, and names scheme and key', () => {
    const encrypted = cipherWith(CURRENT).encrypt(SECRET, CLIENT);
    expect(encrypted).toMatch(/^\$aes256gcm\$2026-11\$[A-Za-z0-9_-]+$/);
    const { octets } = partsOf(encrypted);
    expect(octets).toHaveLength(12 + SECRET.length + 16);
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(CURRENT.key, 'base64'), octets.subarray(0, 12));
    decipher.setAAD(Buffer.from(`clientSecretEncrypted\0${CLIENT}`));
    decipher.setAuthTag(octets.subarray(-16));
    expect(decipher.update(octets.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')).toBe(SECRET);
  });

  it.each([SECRET, 'x', '', 'p\u00e4sswort \u{1f511}', 'x'.repeat(72)])('gives back %j', (secret) => {
    const cipher = cipherWith(CURRENT);
    expect(cipher.decrypt(cipher.encrypt(secret, CLIENT), CLIENT)).toBe(secret);
  });

  it('fits its column with the longest secret and the longest id of a key', () => {
    const cipher = cipherWith(keyOf('x'.repeat(64)));
    expect(cipher.encrypt('x'.repeat(80), 'c'.repeat(255)).length).toBeLessThan(512);
  });

  it('shows nothing of the secret, and is another one each time', () => {
    const cipher = cipherWith(CURRENT);
    const encrypted = Array.from({ length: 100 }, () => cipher.encrypt(SECRET, CLIENT));
    expect(new Set(encrypted).size).toBe(100);
    expect(new Set(encrypted.map((one) => partsOf(one).octets.subarray(0, 12).toString('hex'))).size).toBe(100);
    for (const one of encrypted) {
      expect(one).not.toContain(SECRET);
      expect(partsOf(one).octets.includes(SECRET)).toBe(false);
    }
  });

  it('is of the first key, and all keys decrypt', () => {
    const before = cipherWith(OLD).encrypt(SECRET, CLIENT);
    const rotated = cipherWith(CURRENT, OLD, NEXT);
    const after = rotated.encrypt(SECRET, CLIENT);
    expect([partsOf(before).id, partsOf(after).id]).toEqual(['2026-10', '2026-11']);
    for (const one of [before, after, cipherWith(NEXT).encrypt(SECRET, CLIENT)]) {
      expect(rotated.decrypt(one, CLIENT)).toBe(SECRET);
    }
  });

  it('takes a key in base64url for the same key', () => {
    const url = { id: CURRENT.id, key: Buffer.from(CURRENT.key, 'base64').toString('base64url') };
    expect(cipherWith(url).decrypt(cipherWith(CURRENT).encrypt(SECRET, CLIENT), CLIENT)).toBe(SECRET);
  });

  it.each(['c_other', 'C_TIDES', 'c_tides ', 'c_tides\0', ''])('cannot be read as that of the client %j', (other) => {
    const cipher = cipherWith(CURRENT);
    expectUnavailable(() => cipher.decrypt(cipher.encrypt(SECRET, CLIENT), other), UNREADABLE);
  });
});

describe('encrypted client secret that cannot be read now', () => {
  const encrypted = cipherWith(CURRENT).encrypt(SECRET, CLIENT);
  const { octets } = partsOf(encrypted);
  const decrypt = (text: string) => () => cipherWith(CURRENT, OLD).decrypt(text, CLIENT);

  it('is none that is as it was', () => {
    expect(decrypt(encrypted)()).toBe(SECRET);
    expect(decrypt(stored(CURRENT.id, octets))()).toBe(SECRET);
  });

  it('is one with any bit changed, of nonce, ciphertext or tag', () => {
    for (let i = 0; i < octets.length; i++) {
      const changed = Buffer.from(octets);
      changed[i] = (changed[i] ?? 0) ^ (1 << (i % 8));
      expectUnavailable(decrypt(stored(CURRENT.id, changed)), UNREADABLE);
    }
  });

  it('is one cut anywhere, at its end or its beginning', () => {
    for (let length = 0; length < octets.length; length++) {
      expectUnavailable(decrypt(stored(CURRENT.id, octets.subarray(0, length))), UNREADABLE);
      expectUnavailable(decrypt(stored(CURRENT.id, octets.subarray(octets.length - length))), UNREADABLE);
    }
  });

  it('is one with something before, within or behind it', () => {
    const more = randomBytes(16);
    for (const longer of [
      [octets, more],
      [more, octets],
      [octets.subarray(0, 20), more, octets.subarray(20)],
    ]) {
      expectUnavailable(decrypt(stored(CURRENT.id, Buffer.concat(longer))), UNREADABLE);
    }
  });

  it('is one with the parts of two', () => {
    const other = partsOf(cipherWith(CURRENT).encrypt(SECRET.toUpperCase(), CLIENT)).octets;
    for (const at of [12, octets.length - 16]) {
      const mixed = Buffer.concat([octets.subarray(0, at), other.subarray(at)]);
      expectUnavailable(decrypt(stored(CURRENT.id, mixed)), UNREADABLE);
    }
  });

  it('is one under the id of another key', () => {
    expectUnavailable(decrypt(stored(OLD.id, octets)), UNREADABLE);
    const impostor = { id: CURRENT.id, key: NEXT.key };
    expectUnavailable(() => cipherWith(impostor).decrypt(encrypted, CLIENT), UNREADABLE);
  });

  it.each(['2026-12', '', '2026-11 ', 'toString', '__proto__'])('is one of the key %j, which nobody has', (id) => {
    expectUnavailable(decrypt(stored(id, octets)), NOT_CONFIGURED);
  });

  it('is any where there is no key at all', () => {
    expectUnavailable(() => cipherWith().decrypt(encrypted, CLIENT), NOT_CONFIGURED);
  });

  it.each(['aes128gcm', 'aes256cbc', 'AES256GCM', '', 'sha256'])('is one of the scheme %j', (scheme) => {
    expectUnavailable(decrypt(stored(CURRENT.id, octets, scheme)), NOT_CONFIGURED);
  });

  it.each(['', SECRET, '$', '$$$', '$2b$10$abc', '$aes256gcm', '$aes256gcm$2026-11', 'aes256gcm$2026-11$AAAA'])(
    'is %j, which is none',
    (text) => {
      const cause = text.startsWith('$aes256gcm$2026-11') ? UNREADABLE : NOT_CONFIGURED;
      expectUnavailable(decrypt(text), cause);
    },
  );

  it('is one that there is no key to encrypt with', () => {
    expectUnavailable(() => cipherWith().encrypt(SECRET, CLIENT), 'clientSecret.encryptionKeys is empty');
  });
});
