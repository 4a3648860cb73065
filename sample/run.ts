import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import Database from 'libsql';
import { InitialAccessTokenService } from 'nestjs-dynamic-registration';

// Runs the sample of a folder on a database in memory: `npm run sample own-entity`.
const [name = ''] = process.argv.slice(2);
const sample = (await import(`./${name}/registration.module.js`)) as { RegistrationModule: Type };

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      driver: Database,
      database: ':memory:',
      autoLoadEntities: true,
      synchronize: true,
    }),
    sample.RegistrationModule,
  ],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
await app.listen(3000, '127.0.0.1');
const { token } = await app.get(InitialAccessTokenService, { strict: false }).issue({ owner: 'acme' });
console.log(`TOKEN=${token}`);
