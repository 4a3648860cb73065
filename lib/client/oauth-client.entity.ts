import { Column, Entity, Index, PrimaryColumn, VersionColumn } from 'typeorm';
import type { RegistrationBounds } from '../initial-access-token/registration-bounds.js';
import { epochSeconds } from '../storage/epoch-seconds.js';
import { isPublicClient, type ClientSource, type ClientStatus, type OAuthClientRecord } from './oauth-client.record.js';

/**
 * A registered OAuth client (RFC 7591). Extend it to add columns or to rename the table: `@Entity('apps') class App extends OAuthClient`.
 * Every value is set by the module and none by the database, so that an answer never needs a second read.
 */
@Entity('oauth_clients')
export class OAuthClient implements OAuthClientRecord {
  @PrimaryColumn({ type: 'varchar', length: 255, comment: 'client_id (RFC 6749 section 2.2)' })
  clientId: string;

  @Column({ type: 'bigint', transformer: epochSeconds, comment: 'seconds since the epoch' })
  clientIdIssuedAt: number;

  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'hash that names its scheme; no secret if null' })
  clientSecretHash: string | null;

  @Column({
    type: 'bigint',
    nullable: true,
    transformer: epochSeconds,
    comment: 'seconds since the epoch, 0 for never',
  })
  clientSecretExpiresAt: number | null;

  @Column({
    type: 'varchar',
    length: 512,
    nullable: true,
    comment: 'secret that is the key of an algorithm, encrypted; names its key',
  })
  clientSecretEncrypted: string | null;

  @Column({
    type: 'varchar',
    length: 64,
    nullable: true,
    comment: 'SHA-256 of the registration access token (RFC 7592)',
  })
  registrationAccessTokenHash: string | null;

  @Column({ type: 'varchar', length: 16, comment: 'dynamic or manual' })
  source: ClientSource;

  @Column({ type: 'boolean', comment: 'registered without a credential' })
  registeredOpenly: boolean;

  @Index()
  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'who is responsible for the client' })
  owner: string | null;

  @Index()
  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'in whose part of the server the client lives' })
  tenant: string | null;

  @Column({ type: 'varchar', length: 16, default: 'active', comment: 'pending, active or suspended' })
  status: ClientStatus;

  @Index()
  @Column({
    type: 'bigint',
    nullable: true,
    transformer: epochSeconds,
    comment: 'seconds since the epoch, never if null',
  })
  expiresAt: number | null;

  @Index()
  @Column({
    type: 'bigint',
    nullable: true,
    transformer: epochSeconds,
    comment: 'seconds since the epoch, never used if null',
  })
  lastUsedAt: number | null;

  @Index()
  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'initial access token it registered with' })
  initialAccessTokenId: string | null;

  @Column({ type: 'json', nullable: true, comment: 'what that token allowed' })
  bounds: RegistrationBounds | null;

  @Column({ type: 'varchar', length: 255, nullable: true, comment: 'secret before the last rotation' })
  previousClientSecretHash: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, comment: 'seconds since the epoch' })
  previousClientSecretExpiresAt: number | null;

  @Column({ type: 'varchar', length: 512, nullable: true, comment: 'secret before the last rotation, encrypted' })
  previousClientSecretEncrypted: string | null;

  @Column({
    type: 'varchar',
    length: 64,
    nullable: true,
    comment: 'registration access token before the last rotation',
  })
  previousRegistrationAccessTokenHash: string | null;

  @Column({ type: 'bigint', nullable: true, transformer: epochSeconds, comment: 'seconds since the epoch' })
  previousRegistrationAccessTokenExpiresAt: number | null;

  @Index({ unique: true })
  @Column({ type: 'varchar', length: 64, nullable: true, comment: 'SHA-256 of what identical registrations share' })
  foldingKey: string | null;

  @VersionColumn({ type: 'int', comment: 'counts the changes' })
  version: number;

  @Column({ type: 'json', nullable: true, comment: 'redirect_uris (RFC 7591 section 2)' })
  redirectUris: string[] | null;

  @Column({ type: 'varchar', length: 255, comment: 'token_endpoint_auth_method (RFC 7591 section 2)' })
  tokenEndpointAuthMethod: string;

  @Column({ type: 'json', comment: 'grant_types (RFC 7591 section 2)' })
  grantTypes: string[];

  @Column({ type: 'json', comment: 'response_types (RFC 7591 section 2)' })
  responseTypes: string[];

  @Column({ type: 'text', nullable: true, comment: 'client_name (RFC 7591 section 2)' })
  clientName: string | null;

  @Column({ type: 'text', nullable: true, comment: 'client_uri (RFC 7591 section 2)' })
  clientUri: string | null;

  @Column({ type: 'text', nullable: true, comment: 'logo_uri (RFC 7591 section 2)' })
  logoUri: string | null;

  @Column({ type: 'text', nullable: true, comment: 'scope (RFC 7591 section 2)' })
  scope: string | null;

  @Column({ type: 'json', nullable: true, comment: 'contacts (RFC 7591 section 2)' })
  contacts: string[] | null;

  @Column({ type: 'text', nullable: true, comment: 'tos_uri (RFC 7591 section 2)' })
  tosUri: string | null;

  @Column({ type: 'text', nullable: true, comment: 'policy_uri (RFC 7591 section 2)' })
  policyUri: string | null;

  @Column({ type: 'text', nullable: true, comment: 'jwks_uri (RFC 7591 section 2)' })
  jwksUri: string | null;

  @Column({ type: 'json', nullable: true, comment: 'jwks (RFC 7591 section 2)' })
  jwks: object | null;

  @Column({ type: 'text', nullable: true, comment: 'software_id (RFC 7591 section 2)' })
  softwareId: string | null;

  @Column({ type: 'text', nullable: true, comment: 'software_version (RFC 7591 section 2)' })
  softwareVersion: string | null;

  @Column({ type: 'varchar', length: 16, comment: 'application_type (OpenID Connect Registration section 2)' })
  applicationType: string;

  @Column({ type: 'json', nullable: true, comment: 'other and language-tagged metadata, by name' })
  additionalMetadata: Record<string, unknown> | null;

  /** Whether the client has no way to prove who it is (RFC 6749 section 2.1). */
  get isPublic(): boolean {
    return isPublicClient(this);
  }

  /** The registered scopes one by one. */
  get scopes(): string[] {
    return this.scope ? this.scope.split(' ') : [];
  }
}
