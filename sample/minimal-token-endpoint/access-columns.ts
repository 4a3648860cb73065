import { ACCESS_TOKEN_SECONDS, REFRESH_TOKEN_SECONDS } from './token.policy.js';
import { hashOf, now } from './tokens.js';

/** What is kept of a new access token; the grant lives on with it. */
export function accessColumns(accessToken: string, scope: string) {
  return {
    accessTokenHash: hashOf(accessToken),
    accessTokenScope: scope,
    accessTokenExpiresAt: now() + ACCESS_TOKEN_SECONDS,
    expiresAt: now() + REFRESH_TOKEN_SECONDS,
  };
}
