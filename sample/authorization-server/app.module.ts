import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { database } from './database.js';
import { Drain } from './drain.js';
import { environment } from './environment.js';
import { SERVER } from './server.js';

@Module({
  imports: [
    TypeOrmModule.forRoot(database(environment.databaseUrl)),
    DynamicRegistrationModule.forRoot({
      issuer: environment.issuer,
      access: environment.access,
      server: SERVER,
      clientSecret: { encryptionKeys: [{ id: 'sample', key: environment.encryptionKey }] },
      cors: { origins: '*' },
      discovery: true,
    }),
  ],
  providers: [Drain],
})
export class AppModule {}
