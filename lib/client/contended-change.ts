import { setTimeout } from 'node:timers/promises';
import { ConflictError } from '../errors/registration.error.js';

/** How often a change is tried, and how long it waits at most after the first try, in milliseconds. */
const ATTEMPTS = 6;
const PAUSE_MS = 10;

/**
 * Does a change of a client that depends on what was read before. Where another request was faster it is tried again, and not in step with the
 * others.
 * @param attempt undefined when the client was no longer the one that was read; told whether it is the first one
 * @throws ConflictError when others are faster all the time
 */
export async function contendedChange<T>(attempt: (isFirst: boolean) => Promise<T | undefined>): Promise<T> {
  for (let count = 1; count <= ATTEMPTS; count++) {
    const done = await attempt(count === 1);
    if (done !== undefined) return done;
    await setTimeout(Math.random() * count * PAUSE_MS);
  }
  throw new ConflictError();
}
