/**
 * A database error without its statement, parameters and driver detail: what may be logged.
 * It is no refusal of the caller's request and ends as a 500.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  /** @param driverCode the driver's own code, such as `23514` or `SQLITE_CONSTRAINT` */
  constructor(driverCode: string) {
    super(`database error ${driverCode}`);
  }
}
