import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { AuditListener, RegistrationAudit } from './audit.listener.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([RegistrationAudit]),
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      listeners: [AuditListener],
    }),
  ],
})
export class RegistrationModule {}
