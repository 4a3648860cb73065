import { Module, UseGuards } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { RateLimitGuard } from './rate-limit.guard.js';
import { rateLimits } from './rate-limits.js';

const PER_CALLER = 30;

@Module({
  imports: [
    ThrottlerModule.forRootAsync({ useFactory: () => rateLimits(PER_CALLER, process.env['REDIS_URL']) }),
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      access: 'open',
      // Guards of the controllers come before those of the module.
      decorators: [UseGuards(RateLimitGuard)],
    }),
  ],
})
export class RegistrationModule {}
