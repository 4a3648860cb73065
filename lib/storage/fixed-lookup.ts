import type { DataSource, EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';

/** A property that has to have a value, or several of which one has to. */
export type LookupKey = string | readonly string[];

/**
 * A look-up by some of an entity's columns whose text is made once from what TypeORM knows of the entity: half of what a look-up of TypeORM's
 * costs is building its text anew.
 */
export class FixedLookup {
  private readonly text: string;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    private readonly keys: readonly LookupKey[],
  ) {
    const { driver } = dataSource;
    const columns = metadata.columns.map((column) => driver.escape(column.databaseName)).join(', ');
    let parameters = 0;
    const equation = (property: string) => {
      const name = metadata.findColumnWithPropertyName(property)?.databaseName ?? property;
      return `${driver.escape(name)} = ${driver.createParameter(property, parameters++)}`;
    };
    const conditions = keys.map((key) =>
      typeof key === 'string' ? equation(key) : `(${key.map(equation).join(' OR ')})`,
    );
    this.text = `SELECT ${columns} FROM ${escapedTable(dataSource, metadata)} WHERE ${conditions.join(' AND ')}`;
  }

  /** @returns undefined where TypeORM would do more than read the row's own columns */
  static for(dataSource: DataSource, metadata: EntityMetadata, keys: readonly LookupKey[]): FixedLookup | undefined {
    const isPossible =
      metadata.listeners.length === 0 &&
      metadata.eagerRelations.length === 0 &&
      !metadata.discriminatorColumn &&
      !metadata.deleteDateColumn &&
      metadata.columns.every(
        (column) => column.isSelect && !column.isVirtual && !column.isVirtualProperty && !column.embeddedMetadata,
      );
    return isPossible ? new FixedLookup(dataSource, metadata, keys) : undefined;
  }

  /** Whether nobody else has a say in what is read; subscribers may come at any time. */
  get isAlone(): boolean {
    return this.dataSource.subscribers.every((subscriber) => subscriber.afterLoad === undefined);
  }

  /** @returns the first row */
  async find(runner: QueryRunner, values: readonly string[]): Promise<ObjectLiteral | undefined> {
    // Where one of several has to have a value, the statement asks for it as often.
    const parameters = this.keys.flatMap((key, i) => [key].flat().map(() => values[i]));
    const [row]: ObjectLiteral[] = await runner.query(this.text, parameters);
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
