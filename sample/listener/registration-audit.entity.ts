import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

const text = { type: 'varchar', length: 255, nullable: true } as const;

@Entity('registration_audit')
export class RegistrationAudit {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 64 }) event: string;
  @Column(text) reason: string | undefined;
  @Column({ type: 'text', nullable: true }) note: string | undefined;
  @Column(text) clientId: string | undefined;
  @Column(text) owner: string | undefined;
  @Column(text) tenant: string | undefined;
  @Column(text) initialAccessTokenId: string | undefined;
  /** Milliseconds since the epoch. */
  @Column('bigint') at: number;
}
