import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { MoreThan, Repository } from 'typeorm';
import { OAuthGrant } from './oauth-grant.entity.js';
import { REFRESH_POLICY } from './token.policy.js';
import { accessColumns } from './access-columns.js';
import { hashOf, newAccessToken, newRefreshToken, now, type Tokens } from './tokens.js';

/** What somebody is granted. */
export type Granted = Pick<OAuthGrant, 'clientId' | 'accountId' | 'scope'>;

/** Keeps grants. */
@Injectable()
export class Grants {
  constructor(@InjectRepository(OAuthGrant) private readonly rows: Repository<OAuthGrant>) {}

  /** A new grant and its tokens. Your authorization endpoint calls this with an account, and asks for a refresh token. */
  async issue(granted: Granted, isRefreshable: boolean): Promise<Tokens> {
    const id = randomUUID();
    const accessToken = newAccessToken();
    const refreshToken = isRefreshable ? newRefreshToken(id) : undefined;
    const refreshTokenHash = refreshToken === undefined ? null : hashOf(refreshToken);
    await this.rows.insert({ id, ...granted, ...accessColumns(accessToken, granted.scope), refreshTokenHash });
    return { accessToken, ...(refreshToken !== undefined && { refreshToken }) };
  }

  /** New tokens. @returns undefined when this is not its refresh token any more: of several at the same time one is */
  async refresh(id: string, used: string, scope: string): Promise<Tokens | undefined> {
    const accessToken = newAccessToken();
    const refreshToken = REFRESH_POLICY === 'rotation' ? newRefreshToken(id) : used;
    const columns = { ...accessColumns(accessToken, scope), refreshTokenHash: hashOf(refreshToken) };
    const { affected } = await this.rows.update({ id, refreshTokenHash: hashOf(used) }, columns);
    return affected === 1 ? { accessToken, refreshToken } : undefined;
  }

  async find(id: string): Promise<OAuthGrant | null> {
    return this.rows.findOneBy({ id, expiresAt: MoreThan(now()) });
  }

  async findByAccessToken(token: string): Promise<OAuthGrant | null> {
    return this.rows.findOneBy({ accessTokenHash: hashOf(token), accessTokenExpiresAt: MoreThan(now()) });
  }

  async revoke(grants: { id: string } | { clientId: string }): Promise<void> {
    await this.rows.delete(grants);
  }
}
