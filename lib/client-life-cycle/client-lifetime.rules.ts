import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import type { ClientLifetimeOptions } from '../dynamic-registration.options.js';

/**
 * When a client that has just registered, or has just been approved, is no longer there unless it authenticates.
 * @param now seconds since the epoch
 * @returns seconds since the epoch; `null` for never
 */
export function firstExpiry({ untilFirstUseSeconds }: Required<ClientLifetimeOptions>, now: number): number | null {
  return untilFirstUseSeconds === 0 ? null : now + untilFirstUseSeconds;
}

/**
 * When a client that has just authenticated is no longer there unless it does so again. One that was added by hand stays.
 * @param now seconds since the epoch
 * @returns seconds since the epoch; `null` for never
 */
export function expiryAfterUse(
  { source }: Pick<OAuthClientRecord, 'source'>,
  { sinceLastUseSeconds }: Required<ClientLifetimeOptions>,
  now: number,
): number | null {
  return source === 'manual' || sinceLastUseSeconds === 0 ? null : now + sinceLastUseSeconds;
}

/**
 * When a client that an operator lets be used again is no longer there: its time begins anew. One that was added by hand stays.
 * @param now seconds since the epoch
 * @returns seconds since the epoch; `null` for never
 */
export function expiryAfterResumption(
  client: Pick<OAuthClientRecord, 'source' | 'lastUsedAt'>,
  lifetime: Required<ClientLifetimeOptions>,
  now: number,
): number | null {
  if (client.lastUsedAt !== null) return expiryAfterUse(client, lifetime, now);
  return client.source === 'manual' ? null : firstExpiry(lifetime, now);
}
