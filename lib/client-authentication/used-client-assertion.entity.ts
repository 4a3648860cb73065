import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochSeconds } from '../storage/epoch-seconds.js';

/** A client assertion that was accepted, kept until it expires so that nobody can use it again (RFC 7523 section 3). */
@Entity('used_client_assertions')
export class UsedClientAssertion {
  @PrimaryColumn({ type: 'varchar', length: 64, comment: 'SHA-256 of issuer, client_id and jti' })
  hash: string;

  @Index()
  @Column({ type: 'bigint', transformer: epochSeconds, comment: 'seconds since the epoch' })
  expiresAt: number;
}
