import { Logger } from '@nestjs/common';
import { LOGGER } from '../../errors/logger.js';
import { TemporarilyUnavailableError, UnauthorizedClientError } from '../../errors/registration.error.js';

/**
 * What keeps a client from being looked up, as an error that the provider answers, and never as `invalid_client`: 503 for what cannot be told now,
 * 400 `unauthorized_client` for a client that is held.
 */
export async function orProviderAnswer<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof UnauthorizedClientError) throw answer(error, 400);
    if (!(error instanceof TemporarilyUnavailableError)) throw error;
    new Logger(LOGGER).warn(`${error.code}: ${String(error.cause)}`);
    throw answer(error, 503);
  }
}

/** Whether it is the answer about a client that is held. */
export function isAboutHeldClient(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof UnauthorizedClientError;
}

function answer(error: TemporarilyUnavailableError | UnauthorizedClientError, status: number): Error {
  return Object.assign(new Error(error.code, { cause: error }), {
    expose: true,
    status,
    statusCode: status,
    error: error.code,
    error_description: error.message,
  });
}
