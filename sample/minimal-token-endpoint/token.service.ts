import { Injectable } from '@nestjs/common';
import { ClientFactsService, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import { Grants } from './grants.js';
import { OAuthError } from './oauth.error.js';
import { scopeOf } from './scope.js';
import { grantIdOf, hashOf, type Issued } from './tokens.js';

/** The grant types of this server. */
@Injectable()
export class TokenService {
  constructor(
    private readonly facts: ClientFactsService,
    private readonly grants: Grants,
  ) {}

  /** RFC 6749 section 4.4; without a refresh token, since the client can ask again (section 4.4.3). */
  async forClient(client: OAuthClientRecord, requested?: string): Promise<Issued> {
    this.requireGrantType(client, 'client_credentials');
    const scope = scopeOf(this.facts.resolveScopes(client, requested));
    return { ...(await this.grants.issue({ clientId: client.clientId, accountId: null, scope }, false)), scope };
  }

  /** RFC 6749 section 6: what was granted, what the client may still have, and what it asks for now, whichever is least. */
  async refresh(client: OAuthClientRecord, refreshToken: string, requested?: string): Promise<Issued> {
    this.requireGrantType(client, 'refresh_token');
    const grant = await this.grants.find(grantIdOf(refreshToken) ?? '');
    if (grant?.clientId !== client.clientId) throw new OAuthError('invalid_grant', 'the refresh token is not valid');
    if (grant.refreshTokenHash !== hashOf(refreshToken)) return this.end(grant.id);
    const granted = this.facts.resolveScopes(client, grant.scope);
    const asked = requested?.split(' ') ?? granted;
    const scope = scopeOf(granted.filter((one) => asked.includes(one)));
    const tokens = await this.grants.refresh(grant.id, refreshToken, scope);
    return tokens ? { ...tokens, scope } : this.end(grant.id);
  }

  /** Somebody was faster: one of two who have the refresh token should not, and nobody knows which. */
  private async end(id: string): Promise<never> {
    await this.grants.revoke(id);
    throw new OAuthError('invalid_grant', 'the refresh token was used before');
  }

  private requireGrantType(client: OAuthClientRecord, grantType: string): void {
    if (!this.facts.isGrantTypeAllowed(client, grantType)) {
      throw new OAuthError('unauthorized_client', `the client may not use ${grantType}`);
    }
  }
}
