/** The command line itself makes no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command was understood and cannot be done: exit code 1. The message says what to do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
