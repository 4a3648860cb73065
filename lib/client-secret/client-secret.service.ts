import { Injectable } from '@nestjs/common';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { TokenGenerator } from '../token/opaque-token.js';
import { ClientSecretHasher } from './client-secret.hasher.js';

/** The columns of a client that say whether and until when it has a secret. */
export type SecretColumns = Pick<OAuthClientRecord, 'clientSecretHash' | 'clientSecretExpiresAt'>;

/** A secret in clear, which exists in the one answer that issues it, and what is stored of it. */
export interface IssuedSecret extends SecretColumns {
  readonly clientSecret: string;
}

/** What a client without a secret has. */
export const NO_SECRET: SecretColumns = { clientSecretHash: null, clientSecretExpiresAt: null };

/** Issues client secrets and checks them; nothing else sees one (RFC 7591 section 3.2.1). */
@Injectable()
export class ClientSecretService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly generator: TokenGenerator,
    private readonly hasher: ClientSecretHasher,
  ) {}

  /** A new secret with its lifetime. */
  async issue(): Promise<IssuedSecret> {
    const clientSecret = this.generator.generate(this.config.clientSecret.prefix);
    return { clientSecret, ...(await this.columns(clientSecret, false)) };
  }

  /**
   * A secret that a person chose.
   * @throws InvalidClientMetadataError unless it has 1 to 72 printable ASCII characters (RFC 6749 appendix A.2)
   */
  async choose(clientSecret: string): Promise<IssuedSecret> {
    if (typeof clientSecret !== 'string' || !/^[\x20-\x7e]{1,72}$/.test(clientSecret)) {
      throw new InvalidClientMetadataError('client_secret must have 1 to 72 printable ASCII characters');
    }
    return { clientSecret, ...(await this.columns(clientSecret, true)) };
  }

  /** Whether this is the client's secret, whatever its age; false for a client without one. */
  async matches(client: SecretColumns, presented: unknown): Promise<boolean> {
    if (typeof presented !== 'string' || presented === '' || !client.clientSecretHash) return false;
    return this.hasher.verify(presented, client.clientSecretHash);
  }

  /** Whether the client's secret has expired (RFC 7591 section 3.2.1). */
  isExpired(client: SecretColumns): boolean {
    return !!client.clientSecretExpiresAt && client.clientSecretExpiresAt <= epochNow();
  }

  private async columns(clientSecret: string, chosen: boolean): Promise<SecretColumns> {
    const { lifetimeSeconds } = this.config.clientSecret;
    return {
      clientSecretHash: await this.hasher.hash(clientSecret, chosen),
      clientSecretExpiresAt: lifetimeSeconds === 0 ? 0 : epochNow() + lifetimeSeconds,
    };
  }
}
