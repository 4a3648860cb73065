import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { AuditListener } from './audit.listener.js';
import { RegistrationAudit } from './registration-audit.entity.js';

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
