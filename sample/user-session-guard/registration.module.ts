import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { UserSessionGuard } from './user-session.guard.js';
import { UserSessionsModule } from './user-sessions.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      imports: [UserSessionsModule],
      guards: { registration: UserSessionGuard },
    }),
  ],
})
export class RegistrationModule {}
