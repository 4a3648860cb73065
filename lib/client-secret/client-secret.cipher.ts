import { Injectable } from '@nestjs/common';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { TemporarilyUnavailableError, UndecryptableSecretError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';

const ALGORITHM = 'aes-256-gcm';
const SCHEME = 'aes256gcm';
/** NIST SP 800-38D section 8.2.2: random nonces of 96 bits. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts the client secrets that are keys of algorithms, which no hash can replace. What is stored names its key, and is bound to client and
 * column: copied to another client, it cannot be read. Extend it and list it in `providers` to keep the keys elsewhere.
 */
@Injectable()
export class ClientSecretCipher {
  constructor(private readonly config: RegistrationConfiguration) {}

  /** With the first of `clientSecret.encryptionKeys`. */
  encrypt(secret: string, clientId: string): string {
    const [current] = this.config.clientSecret.encryptionKeys;
    if (!current) throw new TemporarilyUnavailableError('clientSecret.encryptionKeys is empty');
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, Buffer.from(current.key, 'base64'), nonce);
    cipher.setAAD(boundTo(clientId));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `$${SCHEME}$${current.id}$${sealed.toString('base64url')}`;
  }

  /** Whether the first of the keys has encrypted this, which is then not to be encrypted anew. */
  isCurrent(stored: string): boolean {
    return stored.split('$')[2] === this.config.clientSecret.encryptionKeys[0]?.id;
  }

  /** @throws UndecryptableSecretError when its key is not configured or does not fit */
  decrypt(stored: string, clientId: string): string {
    const [, scheme, id, sealed = ''] = stored.split('$');
    const key = this.config.clientSecret.encryptionKeys.find((one) => one.id === id);
    if (scheme !== SCHEME || !key) {
      throw new UndecryptableSecretError('the encryption key of a client secret is not configured');
    }
    const octets = Buffer.from(sealed, 'base64url');
    try {
      const nonce = octets.subarray(0, NONCE_BYTES);
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(ALGORITHM, Buffer.from(key.key, 'base64'), nonce, options);
      decipher.setAAD(boundTo(clientId));
      decipher.setAuthTag(octets.subarray(-TAG_BYTES));
      const clear = [decipher.update(octets.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
      return Buffer.concat(clear).toString('utf8');
    } catch {
      throw new UndecryptableSecretError('a client secret cannot be decrypted: it is of another key, or was changed');
    }
  }
}

function boundTo(clientId: string): Buffer {
  return Buffer.from(`clientSecretEncrypted\0${clientId}`, 'utf8');
}
