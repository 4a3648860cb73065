import type { InitialAccessTokenRecord } from '../../index.js';

/** Whether a token can be used, or why not. */
export type TokenState = 'active' | 'revoked' | 'expired' | 'used up';

/** @param now seconds since the epoch */
export function stateOf(token: InitialAccessTokenRecord, now: number): TokenState {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt !== null && token.expiresAt <= now) return 'expired';
  if (token.maxUses !== null && token.uses >= token.maxUses) return 'used up';
  return 'active';
}
