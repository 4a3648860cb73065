import { Module } from '@nestjs/common';
import { ClientSecretHasher, DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { PepperedSecretHasher } from './peppered-secret.hasher.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      providers: [{ provide: ClientSecretHasher, useClass: PepperedSecretHasher }],
    }),
  ],
})
export class RegistrationModule {}
