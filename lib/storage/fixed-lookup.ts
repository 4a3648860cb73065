import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import { plainColumns, type PlainColumn } from './plain-column.js';

/** A property that has to have a value, or several of which one has to. */
export type LookupKey = string | readonly string[];

/**
 * A look-up by some of an entity's columns whose text is made once from what TypeORM knows of the entity: half of what a look-up of TypeORM's
 * costs is building its text anew.
 */
export class FixedLookup {
  readonly text: string;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    private readonly keys: readonly LookupKey[],
    private readonly columns: readonly PlainColumn[],
  ) {
    const { driver } = dataSource;
    const names = columns.map(({ name }) => driver.escape(name)).join(', ');
    let parameters = 0;
    const equation = (property: string) => {
      const name = metadata.findColumnWithPropertyName(property)?.databaseName ?? property;
      return `${driver.escape(name)} = ${driver.createParameter(property, parameters++)}`;
    };
    const conditions = keys.map((key) =>
      typeof key === 'string' ? equation(key) : `(${key.map(equation).join(' OR ')})`,
    );
    this.text = `SELECT ${names} FROM ${escapedTable(dataSource, metadata)} WHERE ${conditions.join(' AND ')}`;
  }

  /** @returns undefined where TypeORM would do more than read the row's own columns */
  static for(dataSource: DataSource, metadata: EntityMetadata, keys: readonly LookupKey[]): FixedLookup | undefined {
    const columns = plainColumns(dataSource, metadata);
    const isPossible =
      metadata.listeners.length === 0 &&
      metadata.eagerRelations.length === 0 &&
      !metadata.discriminatorColumn &&
      !metadata.deleteDateColumn &&
      metadata.columns.every((column) => column.isSelect && !column.isVirtual && !column.isVirtualProperty);
    return columns && isPossible ? new FixedLookup(dataSource, metadata, keys, columns) : undefined;
  }

  /** Whether nobody else has a say in what is read; subscribers may come at any time. */
  get isAlone(): boolean {
    return this.dataSource.subscribers.every((subscriber) => subscriber.afterLoad === undefined);
  }

  /** The parameters of the statement: where one of several has to have a value, it asks for it as often. */
  parametersOf(values: readonly string[]): (string | undefined)[] {
    return this.keys.flatMap((key, i) => [key].flat().map(() => values[i]));
  }

  /** The entity of a row. */
  entityOf(row: ObjectLiteral | undefined): ObjectLiteral | undefined {
    if (!row) return undefined;
    const entity: ObjectLiteral = this.metadata.create();
    for (const column of this.columns) entity[column.property] = column.read(row[column.name]);
    return entity;
  }
}

/** The table of an entity with its schema, as it stands in a statement. */
export function escapedTable({ driver }: DataSource, { tablePath }: EntityMetadata): string {
  return tablePath
    .split('.')
    .map((part) => driver.escape(part))
    .join('.');
}
