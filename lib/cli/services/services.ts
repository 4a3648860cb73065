import type { Type } from '@nestjs/common';
import type { Command } from 'commander';
import { RegistrationError, TemporarilyUnavailableError } from '../../errors/registration.error.js';
import { RefusedError } from '../command.error.js';
import type { Connection } from '../connection/connection.js';
import { connectionOf } from '../connection/connection.option.js';
import { withRegistration, type ServiceOptions } from './registration-context.js';

/** Finds a service of the module, exported or not. */
export type Services = <T>(type: Type<T>) => T;

/**
 * Does a piece of work with the services of the module on the database that the command names.
 * @throws RefusedError with one line: what a rule, a policy or the database says against it
 */
export async function withServices<T>(
  command: Command,
  work: (services: Services, connection: Connection) => Promise<T>,
  options?: ServiceOptions,
): Promise<T> {
  const connection = await connectionOf(command);
  return withRegistration(
    connection,
    async (application) => {
      try {
        return await work((type) => application.get(type, { strict: false }), connection);
      } catch (error) {
        // What the database cannot do now is told in its own words.
        const isRefusal = error instanceof RegistrationError && !(error instanceof TemporarilyUnavailableError);
        throw isRefusal ? new RefusedError(error.message) : error;
      }
    },
    options,
  );
}
