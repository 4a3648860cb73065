import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DynamicRegistrationModule } from '../index.js';
import type { Connection } from './connection.js';
import { dataSourceOptions } from './data-source-options.js';
import { databaseFailure } from './database-failure.js';

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
  const opened: DataSource[] = [];
  try {
    const database = await dataSourceOptions(connection);
    const application = await NestFactory.createApplicationContext(
      {
        module: CommandLineModule,
        imports: [
          TypeOrmModule.forRootAsync({
            useFactory: () => ({ ...database, autoLoadEntities: true, retryAttempts: 0 }),
            dataSourceFactory: async (options = database) => {
              const dataSource = new DataSource(options);
              opened.push(dataSource);
              return dataSource;
            },
          }),
          DynamicRegistrationModule.forRoot({ issuer: ISSUER }),
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
    for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
  }
}
