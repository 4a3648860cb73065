import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { ENCRYPTED_SECRET_COLUMN } from './oauth-client.columns.js';
import { alterTable, columnName, escaped, isSqlite, tableColumn, tableName } from './table-definition.js';

/** Adds the column of `OAuthClient` for secrets that are keys of algorithms. */
export class AddEncryptedClientSecret1764100000000 implements MigrationInterface {
  readonly name = 'AddEncryptedClientSecret1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    const column = tableColumn(runner, ENCRYPTED_SECRET_COLUMN);
    if (isSqlite(runner)) {
      await alterTable(runner, clients(runner), `ADD COLUMN ${escaped(runner, column.name)} varchar(${column.length})`);
    } else await runner.addColumn(clients(runner), new TableColumn(column));
  }

  async down(runner: QueryRunner): Promise<void> {
    const name = columnName(runner, ENCRYPTED_SECRET_COLUMN.property);
    if (isSqlite(runner)) await alterTable(runner, clients(runner), `DROP COLUMN ${escaped(runner, name)}`);
    else await runner.dropColumn(clients(runner), name);
  }
}

function clients(runner: QueryRunner): string {
  return tableName(runner, 'OAuthClient', 'oauth_clients');
}
