import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { AccountsModule, GoodStandingGuard } from './good-standing.guard.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      imports: [AccountsModule],
      guards: { registration: GoodStandingGuard },
    }),
  ],
})
export class RegistrationModule {}
