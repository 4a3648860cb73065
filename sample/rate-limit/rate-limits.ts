import { normalizeIp, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { RedisStorage } from './redis.storage.js';

const MINUTE = 60_000;

/**
 * How many requests a caller, an address and everyone together may make in a minute. They are counted in the order of the list, and what is over
 * one limit is not counted for the next.
 * @param redisUrl where instances count together; without it each counts in its own memory
 */
export function rateLimits(perCaller: number, redisUrl?: string, ttl = MINUTE): ThrottlerModuleOptions {
  return {
    throttlers: [
      // Users of a hosted client share its addresses. And whoever makes up tokens is many callers, at one address.
      { name: 'address', ttl, limit: 10 * perCaller, getTracker: ({ ip }) => normalizeIp(String(ip)) },
      { name: 'caller', ttl, limit: perCaller },
      // What the server bears, from however many addresses.
      { name: 'everyone', ttl, limit: 100 * perCaller, getTracker: () => 'everyone' },
    ],
    // Else every answer would tell how near the limit of everyone is.
    setHeaders: false,
    ...(redisUrl && { storage: new RedisStorage(redisUrl) }),
  };
}
