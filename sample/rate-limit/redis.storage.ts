import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import { Logger } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { TemporarilyUnavailableError } from 'nestjs-dynamic-registration';

/** How long a request waits for Redis. */
const TIMEOUT_MS = 1000;

/** Counts in Redis. While Redis is away nobody registers: the answer is 503. */
export class RedisStorage extends ThrottlerStorageRedisService implements ThrottlerStorage {
  private readonly logger = new Logger(RedisStorage.name);

  constructor(url: string) {
    super(url, { commandTimeout: TIMEOUT_MS, maxRetriesPerRequest: 1 });
    this.redis.on('error', (error: Error) => this.logger.warn(error.message));
  }

  override async increment(
    ...hit: Parameters<ThrottlerStorage['increment']>
  ): ReturnType<ThrottlerStorage['increment']> {
    try {
      return await super.increment(...hit);
    } catch (error) {
      throw new TemporarilyUnavailableError(`rate limit: ${String(error)}`);
    }
  }
}
