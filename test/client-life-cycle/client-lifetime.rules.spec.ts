import { describe, expect, it } from 'vitest';
import {
  expiryAfterResumption,
  expiryAfterUse,
  firstExpiry,
} from '../../lib/client-life-cycle/client-lifetime.rules.js';

const NOW = 1_800_000_000;
const HOUR = 3600;
const DAY = 86_400;
const NEVER = { untilFirstUseSeconds: 0, sinceLastUseSeconds: 0 };
const LIFETIME = { untilFirstUseSeconds: HOUR, sinceLastUseSeconds: DAY };

describe('when a client expires', () => {
  it('is an hour after it registered, unless it authenticates', () => {
    expect(firstExpiry(LIFETIME, NOW)).toBe(NOW + HOUR);
  });

  it.each(['dynamic', 'document'] as const)('is a day after it authenticated (%s)', (source) => {
    expect(expiryAfterUse({ source }, LIFETIME, NOW)).toBe(NOW + DAY);
  });

  it('is never, where a host sets no lifetime', () => {
    expect(firstExpiry(NEVER, NOW)).toBeNull();
    expect(expiryAfterUse({ source: 'dynamic' }, NEVER, NOW)).toBeNull();
    expect(expiryAfterResumption({ source: 'dynamic', lastUsedAt: null }, NEVER, NOW)).toBeNull();
    expect(expiryAfterResumption({ source: 'dynamic', lastUsedAt: NOW }, NEVER, NOW)).toBeNull();
  });

  it.each([
    ['one that has been used', NOW - 10 * DAY, NOW + DAY],
    ['one that never was', null, NOW + HOUR],
  ])('begins anew when an operator resumes %s', (_, lastUsedAt, expiry) => {
    expect(expiryAfterResumption({ source: 'dynamic', lastUsedAt }, LIFETIME, NOW)).toBe(expiry);
  });

  it('is never for a client that was added by hand, whatever happens to it', () => {
    expect(expiryAfterUse({ source: 'manual' }, LIFETIME, NOW)).toBeNull();
    expect(expiryAfterResumption({ source: 'manual', lastUsedAt: null }, LIFETIME, NOW)).toBeNull();
    expect(expiryAfterResumption({ source: 'manual', lastUsedAt: NOW }, LIFETIME, NOW)).toBeNull();
  });
});
