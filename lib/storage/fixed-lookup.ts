import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';

/**
 * A look-up by some of an entity's columns whose text is made once from what TypeORM knows of the entity: half of what a look-up of TypeORM's
 * costs is building its text anew.
 */
export class FixedLookup {
  private readonly text: string;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    properties: readonly string[],
  ) {
    const { driver } = dataSource;
    const columns = metadata.columns.map((column) => driver.escape(column.databaseName)).join(', ');
    const conditions = properties.map((property, i) => {
      const name = metadata.findColumnWithPropertyName(property)?.databaseName ?? property;
      return `${driver.escape(name)} = ${driver.createParameter(property, i)}`;
    });
    this.text = `SELECT ${columns} FROM ${escapedTable(dataSource, metadata)} WHERE ${conditions.join(' AND ')}`;
  }

  /** @returns undefined where TypeORM would do more than read the row's own columns */
  static for(dataSource: DataSource, metadata: EntityMetadata, properties: readonly string[]): FixedLookup | undefined {
    const isPossible =
      metadata.listeners.length === 0 &&
      metadata.eagerRelations.length === 0 &&
      !metadata.discriminatorColumn &&
      !metadata.deleteDateColumn &&
      metadata.columns.every(
        (column) => column.isSelect && !column.isVirtual && !column.isVirtualProperty && !column.embeddedMetadata,
      );
    return isPossible ? new FixedLookup(dataSource, metadata, properties) : undefined;
  }

  /** Whether nobody else has a say in what is read; subscribers may come at any time. */
  get isAlone(): boolean {
    return this.dataSource.subscribers.every((subscriber) => subscriber.afterLoad === undefined);
  }

  /** @returns the first row */
  async find(runner: QueryRunner, values: readonly string[]): Promise<ObjectLiteral | undefined> {
    const [row]: ObjectLiteral[] = await runner.query(this.text, [...values]);
    return row && this.entity(row);
  }

  private entity(row: ObjectLiteral): ObjectLiteral {
    const { driver } = this.dataSource;
    const entity: ObjectLiteral = this.metadata.create();
    for (const column of this.metadata.columns) {
      column.setEntityValue(entity, driver.prepareHydratedValue(row[column.databaseName], column));
    }
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
