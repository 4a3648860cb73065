import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createInitialAccessTokens, dropInitialAccessTokens } from './create-initial-access-tokens.js';
import { FIRST_CLIENT_COLUMNS } from './oauth-client.columns.js';
import { newTable, tableName } from './table-definition.js';

/**
 * Makes the tables of `OAuthClient` and `InitialAccessToken` under the naming strategy of the host's data source. List it in the
 * `migrations` of that data source; a host with entity classes of its own generates migrations for them instead.
 */
export class CreateDynamicRegistrationTables1764000000000 implements MigrationInterface {
  readonly name = 'CreateDynamicRegistrationTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(newTable(runner, 'OAuthClient', 'oauth_clients', FIRST_CLIENT_COLUMNS));
    await createInitialAccessTokens(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropInitialAccessTokens(runner);
    await runner.dropTable(tableName(runner, 'OAuthClient', 'oauth_clients'));
  }
}
