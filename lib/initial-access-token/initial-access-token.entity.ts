import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochSeconds } from '../storage/epoch-seconds.js';
import type { RegistrationBounds } from './registration-bounds.js';
import type { InitialAccessTokenRecord } from './initial-access-token.record.js';

/** An initial access token: who may register (RFC 7591 section 3). Only its hash is kept. */
@Entity('initial_access_tokens')
export class InitialAccessToken implements InitialAccessTokenRecord {
  @PrimaryColumn({ type: 'varchar', length: 36, comment: 'names the token in lists and for revocation' })
  id: string;

  @Index({ unique: true })
  @Column({ type: 'varchar', length: 64, comment: 'SHA-256 of the token' })
  tokenHash: string;

  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'owner of the clients that register with it' })
  owner: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'tenant of the clients that register with it' })
  tenant: string | null;

  @Column({ type: 'json', nullable: true, comment: 'what these clients may be' })
  bounds: RegistrationBounds | null;

  @Column({ type: 'bigint', transformer: epochSeconds, comment: 'seconds since the epoch' })
  issuedAt: number;

  @Column({
    type: 'bigint',
    nullable: true,
    transformer: epochSeconds,
    comment: 'seconds since the epoch, never if null',
  })
  expiresAt: number | null;

  @Column({ type: 'int', nullable: true, comment: 'how many clients may register, any number if null' })
  maxUses: number | null;

  @Column({ type: 'int', comment: 'how many clients have registered' })
  uses: number;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, comment: 'seconds since the epoch' })
  revokedAt: number | null;
}
