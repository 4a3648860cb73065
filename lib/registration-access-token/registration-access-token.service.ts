import { Injectable } from '@nestjs/common';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import { ClientCredentialsRepository } from '../client/client-credentials.repository.js';
import { isClientId } from '../client/client.rules.js';
import { contendedChange } from '../client/contended-change.js';
import { isExpiredClient, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { NO_PREVIOUS_TOKEN } from '../client/previous-credentials.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { equalHashes, tokenHash, TokenGenerator } from '../token/opaque-token.js';
import type { ConfigurationCredential } from './configuration-credential.js';

const kind = 'registration-access-token';
const PREFIX = 'rat_';
/** Compared where there is no client, so that one that does not exist costs what a wrong token costs. */
const NO_CLIENT_HASH = tokenHash('');

/** A registration access token in clear, which exists in answers only, and what is stored of it. */
export interface IssuedRegistrationAccessToken {
  readonly registrationAccessToken: string | undefined;
  readonly registrationAccessTokenHash: string | null;
}

/** What an update answers as the token of the client, and what it stores of it. */
export interface RotatedRegistrationAccessToken {
  readonly registrationAccessToken: string | undefined;
  /** Empty where the token stays. */
  readonly columns: Partial<OAuthClientRecord>;
}

/** Issues registration access tokens and checks them: who may manage a client (RFC 7592 section 3). */
@Injectable()
export class RegistrationAccessTokenService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: OAuthClientRepository,
    private readonly credentials: ClientCredentialsRepository,
    private readonly generator: TokenGenerator,
    private readonly listeners: RegistrationListeners,
  ) {}

  /** A new token; none where clients do not manage themselves. */
  issue(): IssuedRegistrationAccessToken {
    if (!this.config.isManageable) return { registrationAccessToken: undefined, registrationAccessTokenHash: null };
    const registrationAccessToken = this.generator.generate(PREFIX);
    return { registrationAccessToken, registrationAccessTokenHash: tokenHash(registrationAccessToken) };
  }

  /**
   * The token after an update, if it is replaced then (`registrationAccessToken.rotation`), with the columns that say so: the one before is good
   * for `graceSeconds` more, or until the new one is used. What a guard of the host has asked for in its place is not replaced.
   */
  rotated(credential: ConfigurationCredential): RotatedRegistrationAccessToken {
    const { rotation, graceSeconds } = this.config.registrationAccessToken;
    const { client, registrationAccessToken } = credential;
    if (rotation === 'never' || !this.isProvenByToken(credential)) return { registrationAccessToken, columns: {} };
    const successor = this.issue();
    const columns = {
      registrationAccessTokenHash: successor.registrationAccessTokenHash,
      previousRegistrationAccessTokenHash: client.registrationAccessTokenHash,
      previousRegistrationAccessTokenExpiresAt: epochNow() + graceSeconds,
    };
    return { registrationAccessToken: successor.registrationAccessToken, columns };
  }

  /**
   * Who presents a token. After a rotation there are two: the first use of either ends the other one, so that an answer that was lost loses no client.
   * @returns the client with this id if the token is its own and the client has not expired; undefined for every other pair
   * @throws ConflictError when other requests replace its token all the time
   */
  async authenticate(clientId: string, token: string): Promise<ConfigurationCredential | undefined> {
    const client = await this.holderOf(clientId, token);
    // Whoever presents it may have written anything there.
    const claimed = isClientId(clientId) && { clientId };
    this.listeners.tellLater({
      kind,
      ...(client ? { type: 'used' } : { type: 'refused', reason: 'unknown' }),
      ...claimed,
    });
    return client && { client, registrationAccessToken: token };
  }

  /**
   * The credential with the client as it is now.
   * @returns undefined when it is good no longer
   */
  async refreshed(credential: ConfigurationCredential): Promise<ConfigurationCredential | undefined> {
    const { clientId, registrationAccessTokenHash } = credential.client;
    const { registrationAccessToken } = credential;
    if (registrationAccessToken !== undefined && this.isProvenByToken(credential)) {
      const again = await this.holderOf(clientId, registrationAccessToken);
      return again && { ...credential, client: again };
    }
    const client = await this.clients.findByClientId(clientId);
    return client?.registrationAccessTokenHash === registrationAccessTokenHash ? { ...credential, client } : undefined;
  }

  private async holderOf(clientId: string, token: unknown): Promise<OAuthClientRecord | undefined> {
    if (typeof token !== 'string') return undefined;
    const presented = tokenHash(token);
    return (await contendedChange(() => this.settled(clientId, presented))) ?? undefined;
  }

  /** @returns null when the token is nobody's; undefined when another request was faster */
  private async settled(clientId: string, presented: string): Promise<OAuthClientRecord | null | undefined> {
    const client = await this.clients.findByRegistrationAccessToken(clientId, presented);
    const isCurrent = equalHashes(presented, client?.registrationAccessTokenHash ?? NO_CLIENT_HASH);
    const isPrevious = equalHashes(presented, client?.previousRegistrationAccessTokenHash ?? NO_CLIENT_HASH);
    const hasGrace = (client?.previousRegistrationAccessTokenExpiresAt ?? 0) > epochNow();
    if (!client || !(isCurrent || (isPrevious && hasGrace))) return null;
    // Compared before: one that has expired costs what any other one costs.
    if (isExpiredClient(client, epochNow())) return null;
    if (client.previousRegistrationAccessTokenHash === null) return client;
    if (!(await this.credentials.settleRegistrationAccessToken(client, presented))) return undefined;
    return this.clients.create({ ...client, registrationAccessTokenHash: presented, ...NO_PREVIOUS_TOKEN });
  }

  /** Whether the token that was presented is the one that is kept: a guard of the host may ask for another proof. */
  private isProvenByToken({ client, registrationAccessToken }: ConfigurationCredential): boolean {
    const { registrationAccessTokenHash } = client;
    if (registrationAccessToken === undefined || registrationAccessTokenHash === null) return false;
    return equalHashes(tokenHash(registrationAccessToken), registrationAccessTokenHash);
  }
}
