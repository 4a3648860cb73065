import { epochSeconds, type ClientStatus, type RegistrationBounds } from 'nestjs-dynamic-registration';
import { Column } from 'typeorm';

const json = { type: 'json', nullable: true } as const;
const epoch = { type: 'bigint', nullable: true, transformer: epochSeconds } as const;
const name = { type: 'varchar', length: 255, nullable: true } as const;
const hash = { type: 'varchar', length: 64, nullable: true } as const;

/** What becomes of a client, what it registered with, and what it had before: columns that are added to the table. */
export abstract class ClientLifeCycle {
  @Column(name) tenant: string | null;
  @Column({ type: 'varchar', length: 16 }) status: ClientStatus;
  @Column(epoch) expiresAt: number | null;
  @Column(epoch) lastUsedAt: number | null;
  @Column(name) initialAccessTokenId: string | null;
  @Column(json) bounds: RegistrationBounds | null;
  @Column(name) previousClientSecretHash: string | null;
  @Column(epoch) previousClientSecretExpiresAt: number | null;
  @Column({ type: 'varchar', length: 512, nullable: true }) previousClientSecretEncrypted: string | null;
  @Column(hash) previousRegistrationAccessTokenHash: string | null;
  @Column(epoch) previousRegistrationAccessTokenExpiresAt: number | null;
  @Column(hash) foldingKey: string | null;
}
