import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { CompaniesModule, CompanyRedirectPolicy } from './company-redirect.policy.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      imports: [CompaniesModule],
      policies: [CompanyRedirectPolicy],
    }),
  ],
})
export class RegistrationModule {}
