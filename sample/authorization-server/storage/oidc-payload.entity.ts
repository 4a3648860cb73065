import { epochSeconds } from 'nestjs-dynamic-registration';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the provider keeps: sessions, interactions, grants, codes and tokens. */
@Entity('oidc_payloads')
export class OidcPayload {
  /** SHA-256 of model and identifier: the identifier of a token is the token itself. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  hash: string;

  @Column({ type: 'varchar', length: 64 })
  model: string;

  @Column({ type: 'json' })
  payload: object;

  @Index()
  @Column({ type: 'varchar', length: 255, nullable: true })
  clientId: string | null;

  @Index()
  @Column({ type: 'varchar', length: 64, nullable: true })
  grantId: string | null;

  /** SHA-256 of model and the second identifier of a session. */
  @Index()
  @Column({ type: 'varchar', length: 64, nullable: true })
  uidHash: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds })
  consumedAt: number | null;

  @Index()
  @Column({ type: 'bigint', transformer: epochSeconds })
  expiresAt: number;
}
