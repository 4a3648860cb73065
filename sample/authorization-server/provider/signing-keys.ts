import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { OidcPayloads } from '../storage/oidc-payloads.js';

const MODEL = 'SigningKeys';
const ID = '1';
/** Longer than this server will run. */
const LIFETIME_SECONDS = 100 * 365 * 24 * 3600;

/**
 * The private keys of the server: made at the first start, and kept in the database, where every instance finds them, encrypted with the key
 * that all instances share.
 */
export async function signingKeys(payloads: OidcPayloads, encryptionKey: Buffer): Promise<JWK[]> {
  const kept = (await payloads.find(MODEL, ID)) ?? (await make(payloads, encryptionKey));
  return JSON.parse(await decrypted(String(kept['encrypted']), encryptionKey)) as JWK[];
}

async function decrypted(text: string, encryptionKey: Buffer): Promise<string> {
  try {
    return new TextDecoder().decode((await compactDecrypt(text, encryptionKey)).plaintext);
  } catch (cause) {
    throw new Error(
      'the signing keys in this database are encrypted with another key: start with the ENCRYPTION_KEY, or the .data/encryption-key, they were made with',
      { cause },
    );
  }
}

/** One for every algorithm that clients may register. */
async function make(payloads: OidcPayloads, encryptionKey: Buffer) {
  const keys = await Promise.all(
    ['RS256', 'ES256', 'EdDSA'].map(async (algorithm) => {
      const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
      return { ...(await exportJWK(privateKey)), use: 'sig' };
    }),
  );
  const encrypted = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(keys)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(encryptionKey);
  // Of several instances that start at once the first one makes them.
  await payloads.insert(MODEL, ID, { encrypted }, LIFETIME_SECONDS);
  const kept = await payloads.find(MODEL, ID);
  if (!kept) throw new Error('the signing keys were not stored');
  return kept;
}
