import type { ColumnDefinition } from './table-definition.js';

const text = { type: 'text', nullable: true } as const;
const json = { type: 'json', nullable: true } as const;
const epoch = { type: 'bigint' } as const;

/** The columns of a client as the first version made them. */
export const FIRST_CLIENT_COLUMNS: readonly ColumnDefinition[] = [
  { property: 'clientId', type: 'varchar', length: 255, primary: true, comment: 'client_id (RFC 6749 section 2.2)' },
  { property: 'clientIdIssuedAt', ...epoch, comment: 'seconds since the epoch' },
  {
    property: 'clientSecretHash',
    type: 'varchar',
    length: 255,
    nullable: true,
    comment: 'hash that names its scheme; no secret if null',
  },
  { property: 'clientSecretExpiresAt', ...epoch, nullable: true, comment: 'seconds since the epoch, 0 for never' },
  {
    property: 'registrationAccessTokenHash',
    type: 'varchar',
    length: 64,
    nullable: true,
    comment: 'SHA-256 of the registration access token (RFC 7592)',
  },
  { property: 'source', type: 'varchar', length: 16, comment: 'dynamic or manual' },
  { property: 'registeredOpenly', type: 'boolean', comment: 'registered without a credential' },
  { property: 'owner', type: 'varchar', length: 255, nullable: true, comment: 'who is responsible for the client' },
  { property: 'version', type: 'int', comment: 'counts the changes' },
  { property: 'redirectUris', ...json, comment: 'redirect_uris (RFC 7591 section 2)' },
  {
    property: 'tokenEndpointAuthMethod',
    type: 'varchar',
    length: 255,
    comment: 'token_endpoint_auth_method (RFC 7591 section 2)',
  },
  { property: 'grantTypes', type: 'json', comment: 'grant_types (RFC 7591 section 2)' },
  { property: 'responseTypes', type: 'json', comment: 'response_types (RFC 7591 section 2)' },
  { property: 'clientName', ...text, comment: 'client_name (RFC 7591 section 2)' },
  { property: 'clientUri', ...text, comment: 'client_uri (RFC 7591 section 2)' },
  { property: 'logoUri', ...text, comment: 'logo_uri (RFC 7591 section 2)' },
  { property: 'scope', ...text, comment: 'scope (RFC 7591 section 2)' },
  { property: 'contacts', ...json, comment: 'contacts (RFC 7591 section 2)' },
  { property: 'tosUri', ...text, comment: 'tos_uri (RFC 7591 section 2)' },
  { property: 'policyUri', ...text, comment: 'policy_uri (RFC 7591 section 2)' },
  { property: 'jwksUri', ...text, comment: 'jwks_uri (RFC 7591 section 2)' },
  { property: 'jwks', ...json, comment: 'jwks (RFC 7591 section 2)' },
  { property: 'softwareId', ...text, comment: 'software_id (RFC 7591 section 2)' },
  { property: 'softwareVersion', ...text, comment: 'software_version (RFC 7591 section 2)' },
  {
    property: 'applicationType',
    type: 'varchar',
    length: 16,
    comment: 'application_type (OpenID Connect Registration section 2)',
  },
  { property: 'additionalMetadata', ...json, comment: 'other and language-tagged metadata, by name' },
];

/** For secrets that are keys of algorithms. */
export const ENCRYPTED_SECRET_COLUMN: ColumnDefinition = {
  property: 'clientSecretEncrypted',
  type: 'varchar',
  length: 512,
  nullable: true,
  comment: 'secret that is the key of an algorithm, encrypted; names its key',
};

/** For what becomes of a client, and for what it was registered with. */
export const LIFE_CYCLE_COLUMNS: readonly ColumnDefinition[] = [
  {
    property: 'tenant',
    type: 'varchar',
    length: 255,
    nullable: true,
    comment: 'in whose part of the server the client lives',
  },
  { property: 'status', type: 'varchar', length: 16, comment: 'pending, active or suspended' },
  { property: 'expiresAt', ...epoch, nullable: true, comment: 'seconds since the epoch, never if null' },
  { property: 'lastUsedAt', ...epoch, nullable: true, comment: 'seconds since the epoch, never used if null' },
  {
    property: 'initialAccessTokenId',
    type: 'varchar',
    length: 255,
    nullable: true,
    comment: 'initial access token it registered with',
  },
  { property: 'bounds', ...json, comment: 'what that token allowed' },
  {
    property: 'previousClientSecretHash',
    type: 'varchar',
    length: 255,
    nullable: true,
    comment: 'secret before the last rotation',
  },
  { property: 'previousClientSecretExpiresAt', ...epoch, nullable: true, comment: 'seconds since the epoch' },
  {
    property: 'previousClientSecretEncrypted',
    type: 'varchar',
    length: 512,
    nullable: true,
    comment: 'secret before the last rotation, encrypted',
  },
  {
    property: 'previousRegistrationAccessTokenHash',
    type: 'varchar',
    length: 64,
    nullable: true,
    comment: 'registration access token before the last rotation',
  },
  {
    property: 'previousRegistrationAccessTokenExpiresAt',
    ...epoch,
    nullable: true,
    comment: 'seconds since the epoch',
  },
  {
    property: 'foldingKey',
    type: 'varchar',
    length: 64,
    nullable: true,
    comment: 'SHA-256 of what identical registrations share',
  },
];

/** The columns that a table has after it was adopted. From the first version on no more: later ones come with a migration of their own. */
export const ADOPTED_CLIENT_COLUMNS: readonly ColumnDefinition[] = [
  ...FIRST_CLIENT_COLUMNS,
  ENCRYPTED_SECRET_COLUMN,
  ...LIFE_CYCLE_COLUMNS,
];
