import {
  ClientSecretHasher,
  RegistrationConfiguration,
  TemporarilyUnavailableError,
} from 'nestjs-dynamic-registration';
import { hash } from 'bcrypt';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ClientSecretOptions } from '../../lib/dynamic-registration.options.js';

const hasher = (clientSecret: ClientSecretOptions = {}) =>
  new ClientSecretHasher(new RegistrationConfiguration({ issuer: 'https://auth.example.com', clientSecret }));

const SECRET = 'cs_0123456789012345678901234567890123456789abc';

describe('hash of a generated client secret', () => {
  it('is SHA-256 and says so', async () => {
    const stored = await hasher().hash(SECRET, false);
    expect(stored).toBe(`$sha256$${createHash('sha256').update(SECRET).digest('hex')}`);
    await expect(hasher().verify(SECRET, stored)).resolves.toBe(true);
    await expect(hasher().verify(`${SECRET}x`, stored)).resolves.toBe(false);
    await expect(hasher().verify('', stored)).resolves.toBe(false);
  });

  it("is bcrypt's with hash: 'bcrypt', at the configured cost", async () => {
    const stored = await hasher({ hash: 'bcrypt', bcryptCost: 11 }).hash(SECRET, false);
    expect(stored).toMatch(/^\$2b\$11\$/);
    await expect(hasher().verify(SECRET, stored)).resolves.toBe(true);
    await expect(hasher().verify(`${SECRET}x`, stored)).resolves.toBe(false);
  });
});

describe('hash of a client secret that a person chose', () => {
  it("is bcrypt's, salted, at a cost of 10", async () => {
    const [one, two] = [await hasher().hash('open sesame', true), await hasher().hash('open sesame', true)];
    expect(one).toMatch(/^\$2b\$10\$/);
    expect(one).not.toBe(two);
    await expect(hasher().verify('open sesame', one)).resolves.toBe(true);
    await expect(hasher().verify('open Sesame', one)).resolves.toBe(false);
  });

  it('is refused over 72 bytes, which bcrypt would cut', async () => {
    await expect(hasher().hash('a'.repeat(72), true)).resolves.toMatch(/^\$2b\$/);
    await expect(hasher().hash('a'.repeat(73), true)).rejects.toThrow(
      new RangeError('a client secret must not be longer than 72 bytes'),
    );
    await expect(hasher().hash('\u00e9'.repeat(37), true)).rejects.toThrow(RangeError);
  });

  it('does not match a longer secret with the same first 72 bytes', async () => {
    const stored = await hasher().hash('a'.repeat(72), true);
    await expect(hasher().verify('a'.repeat(72), stored)).resolves.toBe(true);
    await expect(hasher().verify('a'.repeat(73), stored)).resolves.toBe(false);
  });
});

describe('verification of a client secret', () => {
  it.each(['$2a$', '$2b$', '$2y$'])('knows the hashes of other bcrypt libraries (%s)', async (variant) => {
    const stored = variant + (await hash('open sesame', 10)).slice('$2b$'.length);
    await expect(hasher().verify('open sesame', stored)).resolves.toBe(true);
    await expect(hasher().verify('open Sesame', stored)).resolves.toBe(false);
  });

  it.each(['', 'plain', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', '$sha256$', '$1$salt$hash', '$2b$'])(
    'is false for the hash %j of no known scheme',
    async (stored) => expect(hasher().verify('plain', stored)).resolves.toBe(false),
  );

  it('never takes the stored hash itself for the secret', async () => {
    const stored = await hasher().hash(SECRET, false);
    await expect(hasher().verify(stored, stored)).resolves.toBe(false);
    await expect(hasher().verify(stored.replace('$sha256$', ''), stored)).resolves.toBe(false);
  });
});

describe('bcrypt calls that wait', () => {
  it('are bounded: one too many is refused at once, and the others are answered', async () => {
    const flooded = hasher({ hash: 'bcrypt' });
    const calls = Array.from({ length: 60 }, () => flooded.hash('open sesame', true));
    const results = await Promise.allSettled(calls);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(8);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(TemporarilyUnavailableError);
    expect(results.slice(0, 52).every(({ status }) => status === 'fulfilled')).toBe(true);
    await expect(flooded.hash('open sesame', true)).resolves.toMatch(/^\$2b\$/);
  });

  it('do not hold up SHA-256', async () => {
    const flooded = hasher();
    const chosen = Promise.allSettled(Array.from({ length: 60 }, () => flooded.hash('open sesame', true)));
    await expect(flooded.verify(SECRET, await flooded.hash(SECRET, false))).resolves.toBe(true);
    await chosen;
  });
});
