import { OAuthError } from './oauth.error.js';

/** Scopes as they stand in an answer; none is refused (RFC 6749 section 3.3). */
export function scopeOf(scopes: readonly string[]): string {
  if (scopes.length === 0) throw new OAuthError('invalid_scope', 'the client may have nothing of this scope');
  return scopes.join(' ');
}
