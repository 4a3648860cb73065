import { Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { EventEmitterListener } from './event-emitter.listener.js';
import { WelcomeService } from './welcome.service.js';

@Module({
  imports: [
    EventEmitterModule.forRoot({ wildcard: true }),
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      listeners: [EventEmitterListener],
    }),
  ],
  providers: [WelcomeService],
})
export class RegistrationModule {}
