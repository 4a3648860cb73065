import { Logger } from '@nestjs/common';
import { LOGGER } from '../../errors/logger.js';
import { TemporarilyUnavailableError } from '../../errors/registration.error.js';

/** What cannot be told now, as an error that the provider answers: 503, never `invalid_client`. */
export async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TemporarilyUnavailableError)) throw error;
    new Logger(LOGGER).warn(`${error.code}: ${String(error.cause)}`);
    throw Object.assign(new Error(error.code, { cause: error }), {
      expose: true,
      status: 503,
      statusCode: 503,
      error: error.code,
      error_description: error.message,
    });
  }
}
