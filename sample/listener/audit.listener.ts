import { Injectable } from '@nestjs/common';
import { TransactionalRegistrationListener, type RegistrationEvent } from 'nestjs-dynamic-registration';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';

@Entity('registration_audit')
export class RegistrationAudit {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 16 })
  event: string;

  @Column({ type: 'varchar', length: 255 })
  clientId: string;

  @Column({ type: 'varchar', length: 255, nullable: true })
  owner: string | null;
}

/** No registration, update or deletion without its row: on PostgreSQL and MariaDB both are written, or neither. */
@Injectable()
export class AuditListener extends TransactionalRegistrationListener {
  override async handle({ type, client }: RegistrationEvent, manager: EntityManager): Promise<void> {
    await manager.insert(RegistrationAudit, { event: type, clientId: client.clientId, owner: client.owner });
  }
}
