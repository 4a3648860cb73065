import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { columnName, tableColumn, tableName, type ColumnDefinition } from './table-names.js';

const ENCRYPTED: ColumnDefinition = {
  property: 'clientSecretEncrypted',
  type: 'varchar',
  length: 512,
  nullable: true,
  comment: 'secret that is the key of an algorithm, encrypted; names its key',
};

/** Adds the column of `OAuthClient` for secrets that are keys of algorithms. */
export class AddEncryptedClientSecret1764100000000 implements MigrationInterface {
  readonly name = 'AddEncryptedClientSecret1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    const column = tableColumn(runner, ENCRYPTED);
    if (isSqlite(runner))
      await alterTable(runner, `ADD COLUMN ${escaped(runner, column.name)} varchar(${column.length})`);
    else await runner.addColumn(clients(runner), new TableColumn(column));
  }

  async down(runner: QueryRunner): Promise<void> {
    const name = columnName(runner, ENCRYPTED.property);
    if (isSqlite(runner)) await alterTable(runner, `DROP COLUMN ${escaped(runner, name)}`);
    else await runner.dropColumn(clients(runner), name);
  }
}

/** TypeORM would make the table anew on SQLite: triggers of the host would be gone, and rows that refer to it deleted. */
function isSqlite({ connection }: QueryRunner): boolean {
  return connection.options.type === 'better-sqlite3';
}

async function alterTable(runner: QueryRunner, change: string): Promise<void> {
  await runner.query(`ALTER TABLE ${escaped(runner, clients(runner))} ${change}`);
}

function escaped({ connection }: QueryRunner, name: string): string {
  return connection.driver.escape(name);
}

function clients(runner: QueryRunner): string {
  return tableName(runner, 'OAuthClient', 'oauth_clients');
}
