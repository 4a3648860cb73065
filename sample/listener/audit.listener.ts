import { Injectable } from '@nestjs/common';
import {
  auditRecord,
  TransactionalRegistrationListener,
  type RegistrationEvent,
  type TokenEvent,
} from 'nestjs-dynamic-registration';
import type { EntityManager } from 'typeorm';
import { RegistrationAudit } from './registration-audit.entity.js';

/** Nothing happens without its row: on PostgreSQL and MariaDB both are written, or neither. */
@Injectable()
export class AuditListener extends TransactionalRegistrationListener {
  override async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    await manager.insert(RegistrationAudit, { ...auditRecord(event), at: Date.now() });
  }

  override async handleToken(event: TokenEvent, manager: EntityManager): Promise<void> {
    // Whoever likes can have a token refused, or read a client, without end: those are counted (see the sample metrics).
    if (event.type === 'refused' || event.kind === 'registration-access-token') return;
    await manager.insert(RegistrationAudit, { ...auditRecord(event), at: Date.now() });
  }
}
