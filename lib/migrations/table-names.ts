import type { ColumnType, QueryRunner, TableColumnOptions } from 'typeorm';

/** A column of one of our tables, by the property of its entity. */
export interface ColumnDefinition {
  readonly property: string;
  readonly type: ColumnType;
  readonly length?: number;
  readonly nullable?: true;
  readonly primary?: true;
  readonly comment: string;
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
