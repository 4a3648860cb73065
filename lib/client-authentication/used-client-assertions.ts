/**
 * Remembers which client assertions were used. By default that is a table, shared by all instances; extend it and list it in `providers` to
 * remember them elsewhere: `{ provide: UsedClientAssertions, useClass: MyAssertions }`.
 */
export abstract class UsedClientAssertions {
  /**
   * Remembers an assertion until it expires.
   * @param expiresAt in seconds since the epoch
   * @returns whether it is the first time; of several requests at the same time one is told so, on whatever instance
   * @throws TemporarilyUnavailableError when that cannot be told now
   */
  abstract remember(clientId: string, jti: string, expiresAt: number): Promise<boolean>;

  /**
   * Called at the start of an application that needs it.
   * @throws Error naming what is missing and the way out
   */
  check(): void {}
}
