import { epochSeconds, type ClientSource, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, VersionColumn } from 'typeorm';
import { ClientLifeCycle } from './client-life-cycle.columns.js';
import { User } from './users.js';

const text = { type: 'text', nullable: true } as const;
const json = { type: 'json', nullable: true } as const;
const epoch = { type: 'bigint', transformer: epochSeconds } as const;

/** A client in the table that was there before: every property of the module, each in a column of your choice. */
@Entity('oauth2_provider_apps')
export class ProviderApp extends ClientLifeCycle implements OAuthClientRecord {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 }) clientId: string;
  @Column({ name: 'name', ...text }) clientName: string | null;
  @Column({ name: 'hashed_secret', ...text }) clientSecretHash: string | null;
  @Column({ name: 'callback_url', ...text }) callbackUrl: string | null;

  @Column({ name: 'owner_id', type: 'varchar', length: 255, nullable: true }) owner: string | null;
  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'owner_id' }) user?: User;

  @Column(epoch) clientIdIssuedAt: number;
  @Column({ ...epoch, nullable: true }) clientSecretExpiresAt: number | null;
  @Column({ type: 'varchar', length: 512, nullable: true }) clientSecretEncrypted: string | null;
  @Column({ type: 'varchar', length: 64, nullable: true }) registrationAccessTokenHash: string | null;
  @Column({ type: 'varchar', length: 16 }) source: ClientSource;
  @Column('boolean') registeredOpenly: boolean;
  @VersionColumn({ type: 'int' }) version: number;
  @Column(json) redirectUris: string[] | null;
  @Column({ type: 'varchar', length: 255 }) tokenEndpointAuthMethod: string;
  @Column('json') grantTypes: string[];
  @Column('json') responseTypes: string[];
  @Column(text) clientUri: string | null;
  @Column(text) logoUri: string | null;
  @Column(text) scope: string | null;
  @Column(json) contacts: string[] | null;
  @Column(text) tosUri: string | null;
  @Column(text) policyUri: string | null;
  @Column(text) jwksUri: string | null;
  @Column(json) jwks: object | null;
  @Column(text) softwareId: string | null;
  @Column(text) softwareVersion: string | null;
  @Column({ type: 'varchar', length: 16 }) applicationType: string;
  @Column(json) additionalMetadata: Record<string, unknown> | null;
}
