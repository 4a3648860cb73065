import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

/** Where hits are counted: in the memory of an instance, or in Redis, which `TEST_REDIS_URL` names. */
export interface CounterStorage {
  /** For titles: `describe.each(counterStorages)('... ($name)', ({ url }) => ...)`. */
  readonly name: string;
  /** A place that nothing else uses, for `REDIS_URL`; undefined for memory. Its keys are gone when they expire. */
  url(): string | undefined;
}

const memory: CounterStorage = { name: 'memory', url: () => undefined };
const redis: CounterStorage = { name: 'Redis', url: () => redisUrl() };

/** Every storage of this run. */
export const counterStorages: readonly CounterStorage[] = inject('redisUrl') ? [memory, redis] : [memory];

/** The Redis of this run, with a prefix that nothing else uses before all keys. */
function redisUrl(): string {
  const url = new URL(inject('redisUrl'));
  url.searchParams.set('keyPrefix', `${inject('databasePrefix')}${randomBytes(6).toString('hex')}:`);
  return url.href;
}
