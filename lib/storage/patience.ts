import { TemporarilyUnavailableError } from '../errors/registration.error.js';

/**
 * How long anything waits for what others hold, in milliseconds: a connection of the host's pool, the end of its transaction, one of its
 * listeners.
 */
export const PATIENCE_MS = 5_000;

/** What was waited for did not come in time; it may still come, and nobody waits for it any more. */
export class OverdueError extends TemporarilyUnavailableError {}

/**
 * What the work answers, if it answers within PATIENCE_MS. The work itself cannot be ended: how it settles later is without a consequence.
 * @param complaint what the log says when it does not
 * @throws OverdueError when it does not, else what the work throws
 */
export async function withPatience<T>(work: Promise<T>, complaint: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new OverdueError(complaint)), PATIENCE_MS);
    work.then(
      (answer) => {
        clearTimeout(deadline);
        resolve(answer);
      },
      (error: unknown) => {
        clearTimeout(deadline);
        reject(error);
      },
    );
  });
}
