import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { MetricsListener } from './metrics.listener.js';
import { MetricsModule } from './metrics.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      imports: [MetricsModule],
      listeners: [MetricsListener],
    }),
  ],
})
export class RegistrationModule {}
