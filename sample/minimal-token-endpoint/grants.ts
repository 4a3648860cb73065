import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { LessThan, MoreThan, Repository } from 'typeorm';
import { OAuthGrant, type Granted } from './oauth-grant.entity.js';
import { tokenColumns } from './token-columns.js';
import { GRANTS_BETWEEN_REMOVALS, REFRESH_POLICY } from './token.policy.js';
import { hashOf, newAccessToken, newRefreshToken, now, type Tokens } from './tokens.js';

/** Keeps grants. */
@Injectable()
export class Grants {
  private issued = 0;

  constructor(@InjectRepository(OAuthGrant) private readonly rows: Repository<OAuthGrant>) {}

  /** A new grant and its tokens. Your authorization endpoint calls this with an account, and asks for a refresh token. */
  async issue(granted: Granted, isRefreshable: boolean): Promise<Tokens> {
    const id = randomUUID();
    const accessToken = newAccessToken();
    const refreshToken = isRefreshable ? newRefreshToken(id) : undefined;
    await this.rows.insert({ id, ...granted, ...tokenColumns(accessToken, granted.scope, refreshToken) });
    if (++this.issued % GRANTS_BETWEEN_REMOVALS === 0) await this.rows.delete({ expiresAt: LessThan(now()) });
    return { accessToken, ...(refreshToken !== undefined && { refreshToken }) };
  }

  /** New tokens. @returns undefined when this is not its refresh token any more: of several at the same time one is */
  async refresh(id: string, used: string, scope: string): Promise<Tokens | undefined> {
    const accessToken = newAccessToken();
    const refreshToken = REFRESH_POLICY === 'rotation' ? newRefreshToken(id) : used;
    const columns = tokenColumns(accessToken, scope, refreshToken);
    const { affected } = await this.rows.update({ id, refreshTokenHash: hashOf(used) }, columns);
    return affected === 1 ? { accessToken, refreshToken } : undefined;
  }

  async find(id: string): Promise<OAuthGrant | null> {
    return this.rows.findOneBy({ id, expiresAt: MoreThan(now()) });
  }

  async findByAccessToken(token: string): Promise<OAuthGrant | null> {
    return this.rows.findOneBy({ accessTokenHash: hashOf(token), accessTokenExpiresAt: MoreThan(now()) });
  }

  async revoke(id: string): Promise<void> {
    await this.rows.delete({ id });
  }
}
