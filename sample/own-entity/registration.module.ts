import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { Application, ApplicationMetadata } from './application.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      metadata: ApplicationMetadata,
      entities: { client: Application },
    }),
  ],
})
export class RegistrationModule {}
