import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columnName, tableColumn, tableName, type ColumnDefinition } from './table-names.js';

const text = { type: 'text', nullable: true } as const;
const json = { type: 'json', nullable: true } as const;
const epoch = { type: 'bigint' } as const;

const CLIENTS: readonly ColumnDefinition[] = [
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

const INITIAL_ACCESS_TOKENS: readonly ColumnDefinition[] = [
  {
    property: 'id',
    type: 'varchar',
    length: 36,
    primary: true,
    comment: 'names the token in lists and for revocation',
  },
  { property: 'tokenHash', type: 'varchar', length: 64, comment: 'SHA-256 of the token' },
  {
    property: 'owner',
    type: 'varchar',
    length: 255,
    nullable: true,
    comment: 'owner of the clients that register with it',
  },
  { property: 'issuedAt', ...epoch, comment: 'seconds since the epoch' },
  { property: 'expiresAt', ...epoch, nullable: true, comment: 'seconds since the epoch, never if null' },
  { property: 'maxUses', type: 'int', nullable: true, comment: 'how many clients may register, any number if null' },
  { property: 'uses', type: 'int', comment: 'how many clients have registered' },
  { property: 'revokedAt', ...epoch, nullable: true, comment: 'seconds since the epoch' },
];

/**
 * Makes the tables of `OAuthClient` and `InitialAccessToken` under the naming strategy of the host's data source. List it in the
 * `migrations` of that data source; a host with entity classes of its own generates migrations for them instead.
 */
export class CreateDynamicRegistrationTables1764000000000 implements MigrationInterface {
  readonly name = 'CreateDynamicRegistrationTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(table(runner, 'OAuthClient', 'oauth_clients', CLIENTS));
    const tokens = table(runner, 'InitialAccessToken', 'initial_access_tokens', INITIAL_ACCESS_TOKENS);
    tokens.addIndex(new TableIndex({ columnNames: [columnName(runner, 'tokenHash')], isUnique: true }));
    await runner.createTable(tokens);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(tableName(runner, 'InitialAccessToken', 'initial_access_tokens'));
    await runner.dropTable(tableName(runner, 'OAuthClient', 'oauth_clients'));
  }
}

function table(runner: QueryRunner, entity: string, given: string, columns: readonly ColumnDefinition[]): Table {
  return new Table({
    name: tableName(runner, entity, given),
    columns: columns.map((column) => tableColumn(runner, column)),
  });
}
