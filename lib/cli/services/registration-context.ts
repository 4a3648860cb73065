import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ClientMetadataValidator } from '../../client-metadata/client-metadata.validator.js';
import { ClientSecretCipher, DynamicRegistrationModule, InitialAccessToken, OAuthClient } from '../../index.js';
import { RegistrationBoundsValidator } from '../../initial-access-token/registration-bounds.validator.js';
import { AnyServerBounds } from './any-server.bounds.js';
import { anyServerFor } from './any-server.js';
import { AnyServerValidator } from './any-server.validator.js';
import type { Connection } from '../connection/connection.js';
import { dataSourceOptions } from '../connection/data-source-options.js';
import { databaseFailure } from '../connection/database-failure.js';
import { entitiesOf, loadHostDataSource, type RegistrationOptions } from '../connection/host-data-source.js';
import { UnknownKeysCipher } from './unknown-keys.cipher.js';

/** What a command says about the services it needs. */
export interface ServiceOptions {
  /** The cost of bcrypt, the binary logarithm of its rounds. */
  readonly hashRounds?: number | undefined;
}

@Module({})
class CommandLineModule {}

/**
 * Does a piece of work with the services of the module, the same ones a server has, on a database that has its tables.
 * @throws RefusedError with one line that says what to do
 */
export async function withRegistration<T>(
  connection: Connection,
  work: (services: INestApplicationContext) => Promise<T>,
  options: ServiceOptions = {},
): Promise<T> {
  let dataSource: DataSource | undefined;
  try {
    const opened = await open(connection);
    dataSource = opened.dataSource;
    // The name that the module asks for; that of the options is TypeORM 0.3's own, and need not be the same.
    const { dataSource: name = 'default' } = opened.registration;
    const application = await NestFactory.createApplicationContext(
      {
        module: CommandLineModule,
        imports: [
          TypeOrmModule.forRootAsync({
            name,
            useFactory: () => ({ ...opened.dataSource.options, name, retryAttempts: 0 }),
            dataSourceFactory: async () => opened.dataSource,
          }),
          DynamicRegistrationModule.forRoot(withHashRounds(opened.registration, options)),
        ],
      },
      { logger: false, abortOnError: false },
    );
    try {
      return await work(application);
    } finally {
      await application.close();
    }
  } catch (error) {
    throw databaseFailure(error, connection);
  } finally {
    // A start that failed leaves its connections, which would keep the process alive.
    if (dataSource?.isInitialized) await dataSource.destroy();
  }
}

interface Opened {
  readonly dataSource: DataSource;
  readonly registration: RegistrationOptions;
}

async function open(connection: Connection): Promise<Opened> {
  if (connection.kind !== 'data-source') {
    const options = { ...(await dataSourceOptions(connection)), entities: [OAuthClient, InitialAccessToken] };
    return { dataSource: await new DataSource(options).initialize(), registration: OF_ANY_SERVER };
  }
  const { dataSource, registration } = await loadHostDataSource(connection);
  if (!dataSource.isInitialized) await dataSource.initialize();
  // An operator is told of what is not supported.
  if (registration) return { dataSource, registration: { ...registration, unsupportedMetadata: 'reject' } };
  return { dataSource, registration: { ...OF_ANY_SERVER, entities: entitiesOf(dataSource, connection) } };
}

const OF_ANY_SERVER: RegistrationOptions = {
  ...anyServerFor({}),
  providers: [
    { provide: ClientMetadataValidator, useClass: AnyServerValidator },
    { provide: ClientSecretCipher, useClass: UnknownKeysCipher },
    { provide: RegistrationBoundsValidator, useClass: AnyServerBounds },
  ],
};

function withHashRounds(registration: RegistrationOptions, { hashRounds }: ServiceOptions): RegistrationOptions {
  if (hashRounds === undefined) return registration;
  return { ...registration, clientSecret: { ...registration.clientSecret, bcryptCost: hashRounds } };
}
