import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';

type Column = EntityMetadata['columns'][number];

/** A column that is a property of its entity and nothing else. */
export interface PlainColumn {
  readonly property: string;
  /** Its name in the database. */
  readonly name: string;
  /** The value of the property for one of the database. */
  read(value: unknown): unknown;
  /** The value for the database of one of the property. */
  write(value: unknown): unknown;
}

/** @returns undefined where one of them is part of an embedded entity */
export function plainColumns(dataSource: DataSource, { columns }: EntityMetadata): readonly PlainColumn[] | undefined {
  if (columns.some(({ embeddedMetadata }) => embeddedMetadata)) return undefined;
  return columns.map((column) => {
    const write = writerOf(dataSource, column);
    // A transformer makes of nothing what it likes; the driver makes nothing of it.
    const isNothing = (value: unknown): value is null => value === null && !column.transformer;
    return {
      property: column.propertyName,
      name: column.databaseName,
      read: (value) => (isNothing(value) ? null : dataSource.driver.prepareHydratedValue(value, column)),
      write: (value) => (isNothing(value) ? null : write(value)),
    };
  });
}

/** Types of PostgreSQL of whose values the driver of TypeORM makes nothing. */
const STORED_AS_IT_IS: ReadonlySet<unknown> = new Set(['bigint', 'boolean', 'integer', 'text', 'uuid', 'varchar']);

/** The driver itself goes through all types there are, with each value, to find what it has to do. */
function writerOf({ driver, options }: DataSource, column: Column): PlainColumn['write'] {
  const isKnown = options.type === 'postgres' && !column.transformer;
  if (isKnown && STORED_AS_IT_IS.has(column.type)) return (value) => value;
  if (isKnown && (column.type === 'json' || column.type === 'jsonb')) return (value) => JSON.stringify(value);
  return (value) => driver.preparePersistentValue(value, column);
}

/**
 * Makes instances of an entity, of the columns that records have: of several that have one, that of the last. TypeORM looks for relations, too,
 * where there can be some.
 */
export function instancesOf(
  dataSource: DataSource,
  metadata: EntityMetadata,
): (...records: ObjectLiteral[]) => ObjectLiteral {
  const columns = metadata.relations.length === 0 ? plainColumns(dataSource, metadata) : undefined;
  const properties = columns && new Set(columns.map(({ property }) => property));
  return (...records) => {
    const entity: ObjectLiteral = properties ? metadata.create() : {};
    for (const record of records) {
      for (const property of Object.keys(record)) {
        const value: unknown = record[property];
        if (value !== undefined && (!properties || properties.has(property))) entity[property] = value;
      }
    }
    return properties ? entity : dataSource.manager.create(metadata.target, entity);
  };
}
