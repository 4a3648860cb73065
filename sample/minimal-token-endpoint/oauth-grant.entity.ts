import { epochSeconds } from 'nestjs-dynamic-registration';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a client was granted, and the tokens that stand for it. Only hashes of tokens are kept. */
@Entity('oauth_grants')
export class OAuthGrant {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id: string;

  @Index()
  @Column({ type: 'varchar', length: 255 })
  clientId: string;

  /** Whose data it is about; null for a client that acts for itself. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  accountId: string | null;

  @Column({ type: 'text' })
  scope: string;

  @Index()
  @Column({ type: 'bigint', transformer: epochSeconds })
  expiresAt: number;

  @Index({ unique: true })
  @Column({ type: 'varchar', length: 64 })
  accessTokenHash: string;

  /** A refresh may ask for less. */
  @Column({ type: 'text' })
  accessTokenScope: string;

  @Column({ type: 'bigint', transformer: epochSeconds })
  accessTokenExpiresAt: number;

  @Column({ type: 'varchar', length: 64, nullable: true })
  refreshTokenHash: string | null;
}

/** What somebody is granted. */
export type Granted = Pick<OAuthGrant, 'clientId' | 'accountId' | 'scope'>;
