import { Injectable } from '@nestjs/common';
import { compare, hash } from 'bcrypt';
import { promise as queue } from 'fastq';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { equalHashes, tokenHash } from '../token/opaque-token.js';

/** bcrypt reads no further than this. */
const BCRYPT_MAX_BYTES = 72;
/** bcrypt runs outside the event loop, on a few threads that everything else needs too. */
const BCRYPT_AT_ONCE = 2;
/** Checks that may wait for their turn, some 3 seconds of work; more is refused. */
const BCRYPT_WAITING = 50;

const SHA256 = '$sha256$';

/**
 * Hashes client secrets and checks them. A hash names its own scheme: `$sha256$...` for secrets of 256 random bits, bcrypt's `$2b$...`
 * for secrets a person chose. Extend it and list it in `providers` to verify hashes of another scheme.
 */
@Injectable()
export class ClientSecretHasher {
  private readonly bcryptQueue = queue((work: () => Promise<unknown>) => work(), BCRYPT_AT_ONCE);

  constructor(private readonly config: RegistrationConfiguration) {}

  /**
   * @param chosen whether a person chose the secret, which then has fewer than 256 random bits
   * @throws RangeError for a secret of more than 72 bytes that bcrypt would cut
   * @throws TemporarilyUnavailableError when too many bcrypt calls are waiting
   */
  async hash(secret: string, chosen: boolean): Promise<string> {
    if (!chosen && this.config.clientSecret.hash === 'sha256') return SHA256 + tokenHash(secret);
    if (Buffer.byteLength(secret) > BCRYPT_MAX_BYTES) {
      throw new RangeError(`a client secret must not be longer than ${BCRYPT_MAX_BYTES} bytes`);
    }
    return this.queued(() => hash(secret, this.config.clientSecret.bcryptCost));
  }

  /**
   * Whether the secret is the one behind the hash; false for a scheme it does not know.
   * @throws TemporarilyUnavailableError when too many bcrypt calls are waiting
   */
  async verify(secret: string, stored: string): Promise<boolean> {
    if (stored.startsWith(SHA256)) return equalHashes(SHA256 + tokenHash(secret), stored);
    if (!/^\$2[aby]\$/.test(stored) || Buffer.byteLength(secret) > BCRYPT_MAX_BYTES) return false;
    // `$2y$` is what PHP calls the same algorithm; the library knows it as `$2b$` only.
    return this.queued(() => compare(secret, stored.replace('$2y$', '$$2b$$')));
  }

  /**
   * Whether the hash of a secret that has just proved right is to be replaced by a new one of `hash`. Override it beside `verify` for a scheme that
   * is to go: `return stored.startsWith('$pbkdf2')`.
   * @returns false
   */
  needsRehash(_stored: string): boolean {
    return false;
  }

  private async queued<T>(work: () => Promise<T>): Promise<T> {
    if (this.bcryptQueue.length() >= BCRYPT_WAITING)
      throw new TemporarilyUnavailableError('too many bcrypt calls are waiting');
    let result: { value: T } | undefined;
    await this.bcryptQueue.push(async () => {
      result = { value: await work() };
    });
    if (!result) throw new TemporarilyUnavailableError('a bcrypt call was dropped');
    return result.value;
  }
}
