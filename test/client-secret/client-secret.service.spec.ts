import {
  ClientSecretCipher,
  ClientSecretHasher,
  ClientSecretService,
  InvalidClientMetadataError,
  NO_SECRET,
  OAuthClient,
  RegistrationConfiguration,
  TokenGenerator,
  type IssuedSecret,
  type SecretColumns,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import type { ClientSecretOptions } from '../../lib/dynamic-registration.options.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';

const CLIENT = 'c_tides';

function secrets(options: ClientSecretOptions = {}, generator = new TokenGenerator()): ClientSecretService {
  const config = new RegistrationConfiguration({
    issuer: 'https://auth.example.com',
    clientSecret: { encryptionKeys: ENCRYPTION_KEYS, ...options },
  });
  return new ClientSecretService(config, generator, new ClientSecretHasher(config), new ClientSecretCipher(config));
}

const clientWith = (columns: SecretColumns) => Object.assign(new OAuthClient(), { clientId: CLIENT, ...columns });
const clearOf = (columns: SecretColumns | IssuedSecret) =>
  'clientSecret' in columns ? columns.clientSecret : undefined;

describe('issued client secret', () => {
  it('has 64 characters and more where it is a key, as HS512 needs (RFC 7518 section 3.2)', async () => {
    for (const prefix of ['', 'cs_', 'an_acme_secret_.']) {
      const issued = await secrets({ prefix }).issue(CLIENT, 'as-key');
      expect(issued.clientSecret.startsWith(prefix)).toBe(true);
      expect(issued.clientSecret.slice(prefix.length)).toMatch(/^[A-Za-z0-9_-]{64}$/);
      expect(secrets().keyOf(clientWith(issued))).toBe(issued.clientSecret);
    }
  });

  it('has 256 random bits and no copy where it is presented', async () => {
    const issued = await secrets().issue(CLIENT, 'to-present');
    expect(issued.clientSecret).toMatch(/^cs_[A-Za-z0-9_-]{43}$/);
    expect(issued.clientSecretEncrypted).toBeNull();
    expect(secrets().keyOf(clientWith(issued))).toBeUndefined();
  });

  it('is none that a generator of the host made too short for a key', async () => {
    class ShortGenerator extends TokenGenerator {
      override generate = (prefix: string) => `${prefix}${'x'.repeat(60)}`;
    }
    const service = secrets({}, new ShortGenerator());
    await expect(service.issue(CLIENT, 'as-key')).rejects.toThrow(
      new TypeError('a client secret that is a key needs 64 characters at least'),
    );
    await expect(service.issue(CLIENT, 'to-present')).resolves.toMatchObject({ clientSecretEncrypted: null });
  });
});

describe('client secret that a person chose', () => {
  it.each<['as-key' | 'to-present', string]>([
    ['as-key', 'x'.repeat(63)],
    ['as-key', 'x'.repeat(73)],
    ['as-key', `${'x'.repeat(63)}\u00e4`],
    ['as-key', `${'x'.repeat(63)}\n`],
    ['to-present', ''],
    ['to-present', 'x'.repeat(73)],
  ])('is refused %s: %j', async (need, chosen) => {
    const least = need === 'as-key' ? 64 : 1;
    await expect(secrets().choose(CLIENT, chosen, need)).rejects.toThrow(
      new InvalidClientMetadataError(`client_secret must have ${least} to 72 printable ASCII characters`),
    );
  });

  it.each([64, 72])('is kept as a key with %i characters', async (length) => {
    const chosen = 'x'.repeat(length);
    const { clientSecret, ...columns } = await secrets().choose(CLIENT, chosen, 'as-key');
    expect(clientSecret).toBe(chosen);
    expect(columns.clientSecretHash).toMatch(/^\$2b\$10\$/);
    expect(secrets().keyOf(clientWith(columns))).toBe(chosen);
  });
});

describe('client secret after an update (RFC 7592 section 2.2)', () => {
  const presented: SecretColumns = {
    ...NO_SECRET,
    clientSecretHash: '$sha256$00',
    clientSecretExpiresAt: 7_000_000_000,
  };
  const asKey: SecretColumns = { ...presented, clientSecretEncrypted: '$aes256gcm$2026-11$AAAA' };

  it.each([NO_SECRET, presented, asKey])('is destroyed where none is needed: %j', async (columns) => {
    await expect(secrets().renew(clientWith(columns), 'none')).resolves.toEqual(NO_SECRET);
  });

  it('is kept where it will do, and not written again', async () => {
    await expect(secrets().renew(clientWith(presented), 'to-present')).resolves.toEqual({
      clientSecretEncrypted: null,
      previousClientSecretEncrypted: null,
    });
    // Kept unread: its key may be elsewhere for now.
    await expect(secrets().renew(clientWith(asKey), 'as-key')).resolves.toEqual({});
  });

  it('loses its copy where it is a key no longer', async () => {
    const columns = await secrets().renew(clientWith(asKey), 'to-present');
    expect({ ...asKey, ...columns }).toEqual(presented);
  });

  it.each([
    { need: 'to-present', columns: NO_SECRET },
    { need: 'as-key', columns: NO_SECRET },
    { need: 'as-key', columns: presented },
    { need: 'to-present', columns: { ...presented, clientSecretExpiresAt: 7 } },
    { need: 'as-key', columns: { ...asKey, clientSecretExpiresAt: 7 } },
  ] as const)('is a new one, $need, where there is none that would do', async ({ need, columns }) => {
    const renewed = { ...columns, ...(await secrets({ lifetimeSeconds: 60 }).renew(clientWith(columns), need)) };
    expect(clearOf(renewed)).toMatch(/^cs_/);
    expect(renewed.clientSecretHash).not.toBe(columns.clientSecretHash);
    expect(renewed.clientSecretExpiresAt).toBeGreaterThan(1_764_000_000);
    expect(secrets().keyOf(clientWith(renewed))).toBe(need === 'as-key' ? clearOf(renewed) : undefined);
  });
});
