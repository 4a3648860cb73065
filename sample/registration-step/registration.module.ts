import { Module } from '@nestjs/common';
import { ClientRegistrationService, DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { FormerRequestService } from './former-request.service.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      providers: [{ provide: ClientRegistrationService, useClass: FormerRequestService }],
    }),
  ],
})
export class RegistrationModule {}
