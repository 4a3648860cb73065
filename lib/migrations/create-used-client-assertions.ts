import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columnName, newTable, tableName, type ColumnDefinition } from './table-definition.js';

const USED_CLIENT_ASSERTIONS: readonly ColumnDefinition[] = [
  { property: 'hash', type: 'varchar', length: 64, primary: true, comment: 'SHA-256 of issuer, client_id and jti' },
  { property: 'expiresAt', type: 'bigint', comment: 'seconds since the epoch' },
];

/** Makes the table of `UsedClientAssertion`, which client authentication by assertions needs. */
export class CreateUsedClientAssertions1764200000000 implements MigrationInterface {
  readonly name = 'CreateUsedClientAssertions1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    const table = newTable(runner, 'UsedClientAssertion', 'used_client_assertions', USED_CLIENT_ASSERTIONS);
    table.addIndex(new TableIndex({ columnNames: [columnName(runner, 'expiresAt')] }));
    await runner.createTable(table);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(tableName(runner, 'UsedClientAssertion', 'used_client_assertions'));
  }
}
