import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { database } from './database.js';
import { DISCOVERY_METADATA } from './discovery/discovery.metadata.js';
import { Drain } from './drain.js';
import { environment } from './environment.js';
import { ProviderModule } from './provider/provider.module.js';
import { rateLimit } from './rate-limit.js';
import { SERVER } from './server.js';
import { ClientChanges } from './storage/client-changes.listener.js';

const limit = rateLimit(environment.rateLimit);

@Module({
  imports: [
    ...limit.imports,
    TypeOrmModule.forRoot(database(environment.databaseUrl)),
    DynamicRegistrationModule.forRoot({
      issuer: environment.issuer,
      access: environment.access,
      server: SERVER,
      clientSecret: { encryptionKeys: [{ id: 'sample', key: environment.encryptionKey }] },
      clientIdMetadataDocuments: true,
      outboundRequests: { allowLoopback: environment.allowLoopback },
      softwareStatements: environment.softwareStatements,
      cors: { origins: '*' },
      discovery: { metadata: DISCOVERY_METADATA },
      isGlobal: true,
      listeners: [ClientChanges],
      decorators: limit.decorators,
    }),
    ProviderModule,
  ],
  providers: [Drain],
})
export class AppModule {}
