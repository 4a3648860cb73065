import { Table, type ColumnType, type QueryRunner, type TableColumnOptions } from 'typeorm';

/** A column of one of our tables, by the property of its entity. */
export interface ColumnDefinition {
  readonly property: string;
  readonly type: ColumnType;
  readonly length?: number;
  readonly nullable?: true;
  readonly primary?: true;
  readonly comment: string;
}

/** A column of a client in a table of the host's. */
export interface NamedColumn {
  readonly definition: ColumnDefinition;
  readonly name: string;
}

/** A column as the naming strategy and the database of the host have it. */
export function tableColumn(
  runner: QueryRunner,
  { property, type, length, nullable, primary, comment }: ColumnDefinition,
): TableColumnOptions {
  return {
    name: columnName(runner, property),
    type: runner.connection.driver.normalizeType({ type }),
    ...(length === undefined ? {} : { length: String(length) }),
    isNullable: nullable ?? false,
    isPrimary: primary ?? false,
    comment,
  };
}

/** The name of the table of an entity under the naming strategy of the host. */
export function tableName({ connection }: QueryRunner, entity: string, given: string): string {
  const { entityPrefix } = connection.options;
  const name = connection.namingStrategy.tableName(entity, given);
  return entityPrefix ? connection.namingStrategy.prefixTableName(entityPrefix, name) : name;
}

/** The name of the column of a property under the naming strategy of the host. */
export function columnName({ connection }: QueryRunner, property: string): string {
  return connection.namingStrategy.columnName(property, '', []);
}

/** The table of an entity that is not there yet. */
export function newTable(
  runner: QueryRunner,
  entity: string,
  given: string,
  columns: readonly ColumnDefinition[],
): Table {
  return new Table({
    name: tableName(runner, entity, given),
    columns: columns.map((column) => tableColumn(runner, column)),
  });
}

/** TypeORM would make a table anew to change it on SQLite: triggers of the host would be gone, and rows that refer to it deleted. */
export function isSqlite({ connection }: QueryRunner): boolean {
  return connection.options.type === 'better-sqlite3';
}

/** Changes a table of SQLite by a statement of its own. */
export async function alterTable(runner: QueryRunner, table: string, change: string): Promise<void> {
  await runner.query(`ALTER TABLE ${escapedPath(runner, table)} ${change}`);
}

/** A table as it stands in a statement, with its schema: the one of the data source, if it names none. */
export function escapedPath(runner: QueryRunner, table: string): string {
  const { options } = runner.connection;
  const schema = options.type === 'postgres' && !table.includes('.') ? options.schema : undefined;
  return (schema === undefined ? table : `${schema}.${table}`)
    .split('.')
    .map((part) => escaped(runner, part))
    .join('.');
}

/** A name as it stands in a statement. */
export function escaped({ connection }: QueryRunner, name: string): string {
  return connection.driver.escape(name);
}
