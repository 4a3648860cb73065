import type { InitialAccessTokenRecord, RegistrationBounds } from '../../index.js';
import { jsonText } from '../terminal/json-text.js';
import { textTable } from '../terminal/text-table.js';
import { time } from '../terminal/time.js';
import { stateOf } from './token-state.js';

/** How many clients may register with a token that sets no bound. */
export const UNLIMITED = 'unlimited';

const HEADING = ['ID', 'OWNER', 'TENANT', 'ISSUED', 'EXPIRES', 'USES', 'STATE', 'BOUNDS'];

/** What binds the clients of a token, in one line. */
export function boundsText(bounds: RegistrationBounds | null): string {
  return bounds === null ? '-' : jsonText(bounds, 0).trimEnd();
}

/**
 * Tokens as a table for people.
 * @param now seconds since the epoch
 */
export function tokenTable(tokens: readonly InitialAccessTokenRecord[], now: number): string {
  return textTable([
    HEADING,
    ...tokens.map((token) => [
      token.id,
      token.owner ?? '-',
      token.tenant ?? '-',
      time(token.issuedAt),
      time(token.expiresAt),
      token.maxUses === null ? UNLIMITED : `${token.uses}/${token.maxUses}`,
      stateOf(token, now),
      boundsText(token.bounds),
    ]),
  ]);
}

/**
 * Tokens as JSON for programs, times in seconds since the epoch.
 * @param now seconds since the epoch
 */
export function tokenJson(tokens: readonly InitialAccessTokenRecord[], now: number): string {
  // Member by member: the hash stays out, and so does whatever the record gets later.
  const shown = tokens.map((token) => ({
    id: token.id,
    owner: token.owner,
    tenant: token.tenant,
    bounds: token.bounds,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
    maxUses: token.maxUses,
    // Uses are counted only where they are bounded.
    uses: token.maxUses === null ? null : token.uses,
    revokedAt: token.revokedAt,
    state: stateOf(token, now),
  }));
  return jsonText(shown, 2);
}
