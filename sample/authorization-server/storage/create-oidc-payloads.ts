import { Table, type ColumnType, type MigrationInterface, type QueryRunner } from 'typeorm';

const INDEXED = ['clientId', 'grantId', 'uidHash', 'expiresAt'];

/** Makes the table of `OidcPayload`. */
export class CreateOidcPayloads1764200000001 implements MigrationInterface {
  readonly name = 'CreateOidcPayloads1764200000001';

  async up(runner: QueryRunner): Promise<void> {
    const column = (name: string, type: ColumnType, length?: number, isNullable = false) => ({
      name,
      type: runner.connection.driver.normalizeType({ type }),
      isNullable,
      ...(length !== undefined && { length: String(length) }),
    });
    const columns = [
      { ...column('hash', 'varchar', 64), isPrimary: true },
      column('model', 'varchar', 64),
      column('payload', 'json'),
      column('clientId', 'varchar', 255, true),
      column('grantId', 'varchar', 64, true),
      column('uidHash', 'varchar', 64, true),
      column('consumedAt', 'bigint', undefined, true),
      column('expiresAt', 'bigint'),
    ];
    const indices = INDEXED.map((name) => ({ columnNames: [name] }));
    await runner.createTable(new Table({ name: 'oidc_payloads', columns, indices }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('oidc_payloads');
  }
}
