/** Why a token was refused: it was never issued, is revoked, has expired, or has no use left. */
export type TokenRefusal = 'unknown' | 'revoked' | 'expired' | 'used-up';

/**
 * What happened to a token: an initial access token, or the registration access token of a client. It never holds the token itself. A registration
 * access token is issued with its client, of which listeners are told: when it is registered, updated or reset.
 */
export interface TokenEvent {
  readonly kind: 'initial-access-token' | 'registration-access-token';
  /** A use of an initial access token is a client that was registered with it; one of a registration access token is a request that it let in. */
  readonly type: 'issued' | 'used' | 'refused' | 'revoked';
  /** Why it was refused. */
  readonly reason?: TokenRefusal;
  /** The initial access token, where it is known which one it is. */
  readonly token?: { readonly id: string; readonly owner: string | null; readonly tenant: string | null };
  /** The client that was registered with it, or that it is presented for. */
  readonly clientId?: string;
}
