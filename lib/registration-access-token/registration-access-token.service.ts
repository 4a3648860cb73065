import { Injectable } from '@nestjs/common';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { equalHashes, tokenHash, TokenGenerator } from '../token/opaque-token.js';
import type { ConfigurationCredential } from './configuration-credential.js';

const PREFIX = 'rat_';
/** Compared where there is no client, so that one that does not exist costs what a wrong token costs. */
const NO_CLIENT_HASH = tokenHash('');

/** A registration access token in clear, which exists in answers only, and what is stored of it. */
export interface IssuedRegistrationAccessToken {
  readonly registrationAccessToken: string | undefined;
  readonly registrationAccessTokenHash: string | null;
}

/** Issues registration access tokens and checks them: who may manage a client (RFC 7592 section 3). */
@Injectable()
export class RegistrationAccessTokenService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: OAuthClientRepository,
    private readonly generator: TokenGenerator,
  ) {}

  /** A new token; none where clients do not manage themselves. */
  issue(): IssuedRegistrationAccessToken {
    if (!this.config.isManageable) return { registrationAccessToken: undefined, registrationAccessTokenHash: null };
    const registrationAccessToken = this.generator.generate(PREFIX);
    return { registrationAccessToken, registrationAccessTokenHash: tokenHash(registrationAccessToken) };
  }

  /** @returns the client with this id if the token is its own; undefined for every other pair */
  async authenticate(clientId: string, token: string): Promise<ConfigurationCredential | undefined> {
    if (typeof token !== 'string') return undefined;
    const presented = tokenHash(token);
    const client = await this.clients.findByRegistrationAccessToken(clientId, presented);
    const matches = equalHashes(presented, client?.registrationAccessTokenHash ?? NO_CLIENT_HASH);
    return matches && client ? { client, registrationAccessToken: token } : undefined;
  }
}
