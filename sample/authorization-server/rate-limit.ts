import { UseGuards, type ModuleMetadata } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import { rateLimits } from '../rate-limit/rate-limits.js';

interface RateLimit {
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  /** Of the endpoints of registration. */
  readonly decorators: ClassDecorator[];
}

/**
 * Counts the requests of each caller to the endpoints of registration, as the sample `rate-limit` does, in the memory of this instance.
 * @param perCaller how many a minute; undefined for any number
 */
export function rateLimit(perCaller: number | undefined): RateLimit {
  if (perCaller === undefined) return { imports: [], decorators: [] };
  return { imports: [ThrottlerModule.forRoot(rateLimits(perCaller))], decorators: [UseGuards(RateLimitGuard)] };
}
