import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columnName, newTable, tableName, type ColumnDefinition } from './table-definition.js';

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
  { property: 'issuedAt', type: 'bigint', comment: 'seconds since the epoch' },
  { property: 'expiresAt', type: 'bigint', nullable: true, comment: 'seconds since the epoch, never if null' },
  { property: 'maxUses', type: 'int', nullable: true, comment: 'how many clients may register, any number if null' },
  { property: 'uses', type: 'int', comment: 'how many clients have registered' },
  { property: 'revokedAt', type: 'bigint', nullable: true, comment: 'seconds since the epoch' },
];

/** What came later: the tenant of the clients, and what they may be. */
export const BOUNDS_COLUMNS: readonly ColumnDefinition[] = [
  {
    property: 'tenant',
    type: 'varchar',
    length: 255,
    nullable: true,
    comment: 'tenant of the clients that register with it',
  },
  { property: 'bounds', type: 'json', nullable: true, comment: 'what these clients may be' },
];

/**
 * Makes the table of `InitialAccessToken`.
 * @param later columns that a migration after the first one adds elsewhere
 */
export async function createInitialAccessTokens(
  runner: QueryRunner,
  later: readonly ColumnDefinition[] = [],
): Promise<void> {
  const columns = [...INITIAL_ACCESS_TOKENS, ...later];
  const table = newTable(runner, 'InitialAccessToken', 'initial_access_tokens', columns);
  table.addIndex(new TableIndex({ columnNames: [columnName(runner, 'tokenHash')], isUnique: true }));
  await runner.createTable(table);
}

/** Drops it. */
export async function dropInitialAccessTokens(runner: QueryRunner): Promise<void> {
  await runner.dropTable(tableName(runner, 'InitialAccessToken', 'initial_access_tokens'));
}

/**
 * Makes the table of `InitialAccessToken` alone, for a host whose clients are in a table of its own. It is not one of
 * `dynamicRegistrationMigrations`, which make both tables.
 */
export class CreateInitialAccessTokens1764000000001 implements MigrationInterface {
  readonly name = 'CreateInitialAccessTokens1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await createInitialAccessTokens(runner, BOUNDS_COLUMNS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropInitialAccessTokens(runner);
  }
}
