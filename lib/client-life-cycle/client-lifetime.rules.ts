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
 * When a client that has just authenticated is no longer there unless it does so again.
 * @param now seconds since the epoch
 * @returns seconds since the epoch; `null` for never
 */
export function nextExpiry({ sinceLastUseSeconds }: Required<ClientLifetimeOptions>, now: number): number | null {
  return sinceLastUseSeconds === 0 ? null : now + sinceLastUseSeconds;
}
