import { ACCESS_TOKEN_SECONDS, REFRESH_TOKEN_SECONDS } from './token.policy.js';
import { hashOf, now } from './tokens.js';

/** What is kept of new tokens; the grant lives as long as the last of them. */
export function tokenColumns(accessToken: string, scope: string, refreshToken: string | undefined) {
  return {
    accessTokenHash: hashOf(accessToken),
    accessTokenScope: scope,
    accessTokenExpiresAt: now() + ACCESS_TOKEN_SECONDS,
    refreshTokenHash: refreshToken === undefined ? null : hashOf(refreshToken),
    expiresAt: now() + (refreshToken === undefined ? ACCESS_TOKEN_SECONDS : REFRESH_TOKEN_SECONDS),
  };
}
