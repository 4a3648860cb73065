import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DynamicRegistrationModule, InitialAccessToken, OAuthClient } from '../index.js';
import { RefusedError } from './command.error.js';
import type { Connection } from './connection.js';
import { dataSourceOptions } from './data-source-options.js';
import { databaseFailure, missingTables } from './database-failure.js';

/** No URL is made from it: the command line emits none. */
const ISSUER = 'http://localhost';

@Module({})
class CommandLineModule {}

/**
 * Does a piece of work with the services of the module, the same ones a server has, on a database that has its tables.
 * @throws RefusedError with one line that says what to do
 */
export async function withRegistration<T>(
  connection: Connection,
  work: (services: INestApplicationContext) => Promise<T>,
): Promise<T> {
  try {
    const database = await dataSourceOptions(connection);
    const application = await NestFactory.createApplicationContext(
      {
        module: CommandLineModule,
        imports: [
          TypeOrmModule.forRoot({ ...database, autoLoadEntities: true, retryAttempts: 0 }),
          DynamicRegistrationModule.forRoot({ issuer: ISSUER }),
        ],
      },
      { logger: false, abortOnError: false },
    );
    try {
      await requireTables(application.get(DataSource), connection);
      return await work(application);
    } finally {
      await application.close();
    }
  } catch (error) {
    throw databaseFailure(error, connection);
  }
}

async function requireTables(dataSource: DataSource, connection: Connection): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    for (const entity of [OAuthClient, InitialAccessToken]) {
      if (!(await runner.hasTable(dataSource.getMetadata(entity).tablePath)))
        throw new RefusedError(missingTables(connection));
    }
  } finally {
    await runner.release();
  }
}
