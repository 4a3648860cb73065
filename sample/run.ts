import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import Database from 'libsql';
import { existsSync } from 'node:fs';
import { InitialAccessTokenService } from 'nestjs-dynamic-registration';
import type { DataSource } from 'typeorm';

// Runs the sample of a folder, on a database in memory unless it brings a data source: `npm run sample own-entity`.
const [name = ''] = process.argv.slice(2);
const sample = (await import(`./${name}/registration.module.js`)) as { RegistrationModule: Type };

const inMemory: TypeOrmModuleOptions = {
  type: 'better-sqlite3',
  driver: Database,
  database: ':memory:',
  autoLoadEntities: true,
  synchronize: true,
};
const typeorm: TypeOrmModuleOptions = existsSync(new URL(`./${name}/data-source.js`, import.meta.url))
  ? { ...((await import(`./${name}/data-source.js`)) as { default: DataSource }).default.options, migrationsRun: true }
  : inMemory;

@Module({
  imports: [TypeOrmModule.forRoot(typeorm), sample.RegistrationModule],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
await app.listen(3000, '127.0.0.1');
const { token } = await app.get(InitialAccessTokenService, { strict: false }).issue({ owner: 'acme' });
console.log(`TOKEN=${token}`);
