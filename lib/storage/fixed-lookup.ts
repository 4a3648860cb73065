import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import { epochSeconds } from './epoch-seconds.js';
import { plainColumns, type PlainColumn } from './plain-column.js';

/** A property that has to have a value, or several of which one has to. */
export type LookupKey = string | readonly string[];

/**
 * A look-up by some of an entity's columns whose text is made once from what TypeORM knows of the entity: half of what a look-up of TypeORM's
 * costs is building its text anew.
 */
export class FixedLookup {
  readonly text: string;
  /** Whether a row comes as one column: of so many the driver reads a description with every answer, which costs more than what they hold. */
  private readonly isJson: boolean;

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
    const text = `SELECT ${names} FROM ${escapedTable(dataSource, metadata)} WHERE ${conditions.join(' AND ')}`;
    this.isJson = isSameAsJson(dataSource, metadata);
    this.text = this.isJson ? `SELECT row_to_json("found") AS "found" FROM (${text}) AS "found"` : text;
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
  entityOf(found: ObjectLiteral | undefined): ObjectLiteral | undefined {
    if (!found) return undefined;
    const row = this.isJson ? objectOf(found['found']) : found;
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

/** Types that are in JSON what the driver makes of them. */
const IN_JSON: ReadonlySet<string> = new Set([
  'boolean',
  'character varying',
  'integer',
  'json',
  'jsonb',
  'text',
  'uuid',
]);

/** PostgreSQL, with columns of such types alone; of `bigint` those that are numbers afterwards. */
function isSameAsJson({ options, driver }: DataSource, { columns }: EntityMetadata): boolean {
  return (
    options.type === 'postgres' &&
    columns.every(
      (column) => !column.isArray && (IN_JSON.has(driver.normalizeType(column)) || column.transformer === epochSeconds),
    )
  );
}

/** The host may have taken the parser of JSON from the driver. */
function objectOf(json: unknown): ObjectLiteral {
  return (typeof json === 'string' ? JSON.parse(json) : json) as ObjectLiteral;
}
