import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { NO_PREVIOUS_SECRET } from '../client/previous-credentials.js';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { isKey } from '../storage/registration-data-source.js';
import { epochNow } from '../token/clock.js';
import { TokenGenerator } from '../token/opaque-token.js';
import { ClientSecretCipher } from './client-secret.cipher.js';
import { ClientSecretHasher } from './client-secret.hasher.js';
import { secretNeedOf, type SecretNeed } from './client-secret.rules.js';
import {
  currentSecret,
  isExpiredSecret,
  previousSecret,
  type CurrentSecretColumns,
  type EncryptedSecrets,
  type PreviousSecretColumns,
  type StoredSecret,
} from './stored-secret.js';

/** The columns of a client that say whether and until when it has a secret, and for a while after a rotation a second one. */
export type SecretColumns = CurrentSecretColumns & PreviousSecretColumns;

/** A secret in clear, which exists in the one answer that issues it, and what is stored of it. */
export interface IssuedSecret extends SecretColumns {
  readonly clientSecret: string;
}

/** What a client without a secret has. */
export const NO_SECRET: SecretColumns = {
  clientSecretHash: null,
  clientSecretExpiresAt: null,
  clientSecretEncrypted: null,
  ...NO_PREVIOUS_SECRET,
};

/** How long a secret is that is a key: as long as HS512 and A256CBC-HS512 need it, the longest of all (RFC 7518 sections 3.2 and 5.2.5). */
const KEY_CHARACTERS = 64;
/** Random octets that are as many characters in base64url. */
const KEY_BYTES = 48;

/** Issues client secrets and checks them; nothing else sees one (RFC 7591 section 3.2.1). */
@Injectable()
export class ClientSecretService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly generator: TokenGenerator,
    private readonly hasher: ClientSecretHasher,
    private readonly cipher: ClientSecretCipher,
  ) {}

  /**
   * A new secret for a client with this metadata: the one that a person chose, or a generated one.
   * @throws InvalidClientMetadataError for a client that has no use for one, or a secret that cannot be one
   */
  async make(clientId: string, metadata: ClientMetadata, chosen: string | undefined): Promise<IssuedSecret> {
    const need = secretNeedOf(metadata, this.config.metadataTable);
    if (need === 'none') {
      const method = metadata.token_endpoint_auth_method;
      throw new InvalidClientMetadataError(`client_secret is of no use with token_endpoint_auth_method ${method}`);
    }
    return chosen === undefined ? this.issue(clientId, need) : this.choose(clientId, chosen, need);
  }

  /** A new secret with its lifetime. */
  async issue(clientId: string, need: Exclude<SecretNeed, 'none'>): Promise<IssuedSecret> {
    const { prefix } = this.config.clientSecret;
    if (need === 'to-present') return this.issued(clientId, this.generator.generate(prefix), need, false);
    const clientSecret = this.generator.generate(prefix, KEY_BYTES);
    if (clientSecret.length < KEY_CHARACTERS) {
      throw new TypeError(`a client secret that is a key needs ${KEY_CHARACTERS} characters at least`);
    }
    return this.issued(clientId, clientSecret, need, false);
  }

  /**
   * A secret that a person chose.
   * @throws InvalidClientMetadataError unless it has 1 to 72 printable ASCII characters (RFC 6749 appendix A.2), as a key 64 to 72
   */
  async choose(clientId: string, clientSecret: string, need: Exclude<SecretNeed, 'none'>): Promise<IssuedSecret> {
    const least = need === 'as-key' ? KEY_CHARACTERS : 1;
    const isPrintable = typeof clientSecret === 'string' && /^[\x20-\x7e]{1,72}$/.test(clientSecret);
    if (!isPrintable || clientSecret.length < least) {
      throw new InvalidClientMetadataError(`client_secret must have ${least} to 72 printable ASCII characters`);
    }
    return this.issued(clientId, clientSecret, need, true);
  }

  /**
   * The secret of a client after an update: kept, destroyed, or issued where there is none that would do. One that has expired would not: an
   * update is how a client renews it.
   * @returns the columns that change, with the secret in clear where it is a new one
   */
  async renew(client: OAuthClientRecord, need: SecretNeed): Promise<Partial<SecretColumns> | IssuedSecret> {
    if (need === 'none') return NO_SECRET;
    const { clientId, clientSecretHash, clientSecretEncrypted } = client;
    const isMissing = clientSecretHash === null || (need === 'as-key' && clientSecretEncrypted === null);
    if (isMissing || this.isExpired(client)) return this.issue(clientId, need);
    // What is kept is not written: it may be hashed or encrypted anew at the same time.
    return need === 'as-key' ? {} : { clientSecretEncrypted: null, previousClientSecretEncrypted: null };
  }

  /** Whether this is the client's secret, whatever its age, or the one before within its grace; false for a client without one. */
  async matches(client: SecretColumns, presented: unknown): Promise<boolean> {
    return (await this.matching([currentSecret(client), previousSecret(client)], presented)) !== undefined;
  }

  /** @returns the secret of the client that this is, if it may still be used; undefined for any other text */
  async proven(client: SecretColumns, presented: unknown): Promise<StoredSecret | undefined> {
    return this.matching(this.liveSecrets(client), presented);
  }

  /**
   * The hash to keep of a secret that has just proved right, where the hasher does not want to keep the one there is.
   * @returns undefined where the stored one stays, also because bcrypt does not take a secret that long
   */
  async rehashed({ hash: stored }: StoredSecret, secret: string): Promise<string | undefined> {
    if (!this.hasher.needsRehash(stored)) return undefined;
    try {
      // Nothing tells how many random bits it has.
      return await this.hasher.hash(secret, true);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Whether the client's secret has expired (RFC 7591 section 3.2.1). */
  isExpired(client: Pick<OAuthClientRecord, 'clientSecretExpiresAt'>): boolean {
    return isExpiredSecret(client);
  }

  /**
   * The secret of a client that is the key of an algorithm: HMAC, or symmetric encryption (OpenID Connect Core section 10).
   * @returns undefined for a client whose secret is only presented
   * @throws TemporarilyUnavailableError when it cannot be decrypted now
   */
  keyOf(client: Pick<OAuthClientRecord, 'clientId' | 'clientSecretEncrypted'>): string | undefined {
    const { clientId, clientSecretEncrypted } = client;
    return isKey(clientSecretEncrypted) ? this.cipher.decrypt(clientSecretEncrypted, clientId) : undefined;
  }

  /**
   * The secrets that a client may prove itself with as keys, the current one first.
   * @throws TemporarilyUnavailableError when the next one cannot be decrypted now
   */
  *liveKeysOf(client: SecretColumns & Pick<OAuthClientRecord, 'clientId'>): Generator<string> {
    for (const stored of this.liveSecrets(client)) {
      if (isKey(stored?.encrypted)) yield this.cipher.decrypt(stored.encrypted, client.clientId);
    }
  }

  /**
   * The same secrets under the first of `clientSecret.encryptionKeys`, for a client whose secret is encrypted with another one.
   * @returns the columns that change; undefined where there is nothing to do
   * @throws UndecryptableSecretError when one cannot be decrypted
   */
  reencrypted(client: SecretColumns & Pick<OAuthClientRecord, 'clientId'>): EncryptedSecrets | undefined {
    const { clientId, clientSecretEncrypted } = client;
    const current = this.underFirstKey(clientId, clientSecretEncrypted);
    // One whose time is over is never decrypted again.
    const previous = this.underFirstKey(clientId, previousSecret(client)?.encrypted);
    if (current === undefined && previous === undefined) return undefined;
    return {
      ...(current !== undefined && { clientSecretEncrypted: current }),
      ...(previous !== undefined && { previousClientSecretEncrypted: previous }),
    };
  }

  private underFirstKey(clientId: string, stored: string | null | undefined): string | undefined {
    if (!isKey(stored)) return undefined;
    // Of what claims the first key, too: other octets may have been given its id.
    const secret = this.cipher.decrypt(stored, clientId);
    return this.cipher.isCurrent(stored) ? undefined : this.cipher.encrypt(secret, clientId);
  }

  private liveSecrets(client: SecretColumns): (StoredSecret | undefined)[] {
    return [this.isExpired(client) ? undefined : currentSecret(client), previousSecret(client)];
  }

  /** One comparison after the other: where there is one secret, a wrong one costs no more than ever. */
  private async matching(
    secrets: readonly (StoredSecret | undefined)[],
    presented: unknown,
  ): Promise<StoredSecret | undefined> {
    if (typeof presented !== 'string' || presented === '') return undefined;
    for (const stored of secrets) {
      if (stored && (await this.hasher.verify(presented, stored.hash))) return stored;
    }
    return undefined;
  }

  private async issued(
    clientId: string,
    clientSecret: string,
    need: SecretNeed,
    chosen: boolean,
  ): Promise<IssuedSecret> {
    const { lifetimeSeconds } = this.config.clientSecret;
    return {
      clientSecret,
      clientSecretHash: await this.hasher.hash(clientSecret, chosen),
      clientSecretExpiresAt: lifetimeSeconds === 0 ? 0 : epochNow() + lifetimeSeconds,
      clientSecretEncrypted: need === 'as-key' ? this.cipher.encrypt(clientSecret, clientId) : null,
      ...NO_PREVIOUS_SECRET,
    };
  }
}
