import type { TokenEvent, TokenRefusal } from '../client-registration/token-event.js';
import type { RegistrationBounds } from './registration-bounds.js';

/** What the module keeps of an initial access token (RFC 7591 section 3), by property name. */
export interface InitialAccessTokenRecord {
  /** Names the token without being it: for lists and revocation. */
  id: string;
  /** SHA-256 of the token. */
  tokenHash: string;
  /** Who is responsible for the clients that register with it. */
  owner: string | null;
  /** In whose part of the server these clients live. */
  tenant: string | null;
  /** What these clients may be; `null` for whatever the server allows. */
  bounds: RegistrationBounds | null;
  /** Seconds since the epoch. */
  issuedAt: number;
  /** Seconds since the epoch; `null` for never. */
  expiresAt: number | null;
  /** How many clients may register with it; `null` for any number. */
  maxUses: number | null;
  /** How many clients have registered with it, counted where `maxUses` bounds them. */
  uses: number;
  /** Seconds since the epoch; `null` while it is not revoked. */
  revokedAt: number | null;
}

/** The properties an entity for initial access tokens needs. */
export const INITIAL_ACCESS_TOKEN_COLUMNS = [
  'id',
  'tokenHash',
  'owner',
  'tenant',
  'bounds',
  'issuedAt',
  'expiresAt',
  'maxUses',
  'uses',
  'revokedAt',
] as const satisfies readonly (keyof InitialAccessTokenRecord)[];

/**
 * Why the token cannot be used.
 * @param now seconds since the epoch
 * @returns undefined when it can
 */
export function refusalOf(token: InitialAccessTokenRecord | undefined, now: number): TokenRefusal | undefined {
  if (!token) return 'unknown';
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt !== null && token.expiresAt <= now) return 'expired';
  return token.maxUses !== null && token.uses >= token.maxUses ? 'used-up' : undefined;
}

/** What listeners are told of a token: never its hash. */
export function tokenEvent(type: TokenEvent['type'], token: InitialAccessTokenRecord | undefined): TokenEvent {
  const known = token && { id: token.id, owner: token.owner, tenant: token.tenant };
  return { kind: 'initial-access-token', type, ...(known && { token: known }) };
}
