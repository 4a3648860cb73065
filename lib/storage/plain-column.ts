import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';

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
export function plainColumns({ driver }: DataSource, { columns }: EntityMetadata): readonly PlainColumn[] | undefined {
  if (columns.some(({ embeddedMetadata }) => embeddedMetadata)) return undefined;
  return columns.map((column) => {
    // A transformer makes of nothing what it likes; the driver makes nothing of it.
    const isNothing = (value: unknown): value is null => value === null && !column.transformer;
    return {
      property: column.propertyName,
      name: column.databaseName,
      read: (value) => (isNothing(value) ? null : driver.prepareHydratedValue(value, column)),
      write: (value) => (isNothing(value) ? null : driver.preparePersistentValue(value, column)),
    };
  });
}

/** Makes instances of an entity, of the columns that a record has. TypeORM looks for relations, too, where there can be some. */
export function instancesOf(
  dataSource: DataSource,
  metadata: EntityMetadata,
): (record: ObjectLiteral) => ObjectLiteral {
  const columns = metadata.relations.length === 0 ? plainColumns(dataSource, metadata) : undefined;
  if (!columns) return (record) => dataSource.manager.create(metadata.target, record);
  return (record) => {
    const entity: ObjectLiteral = metadata.create();
    for (const { property } of columns) if (record[property] !== undefined) entity[property] = record[property];
    return entity;
  };
}
