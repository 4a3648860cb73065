import { SelectQueryBuilder, type DataSource, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import { escapedTable } from './fixed-lookup.js';
import { onPrimary } from './primary-connection.js';
import { storageFailure } from './storage-failure.js';
import type { Write } from './unit-of-work.js';

/**
 * PostgreSQL: an insert, and the conditional write it depends on, in one statement and so in one round trip. Its text is made once from what
 * TypeORM knows of the entity.
 */
export class PostgresInsert {
  private readonly into: string;
  private readonly plain: string;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
  ) {
    const { driver } = dataSource;
    const table = escapedTable(dataSource, metadata);
    const columns = metadata.columns.map((column) => driver.escape(column.databaseName)).join(', ');
    this.into = `INSERT INTO ${table} (${columns})`;
    this.plain = `${this.into} VALUES (${metadata.columns.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING 1`;
  }

  /** @returns undefined where an insert of TypeORM's would do more: run hooks of the entity, or leave columns to the database */
  static for(dataSource: DataSource, metadata: EntityMetadata): PostgresInsert | undefined {
    const isPossible =
      dataSource.options.type === 'postgres' &&
      metadata.listeners.length === 0 &&
      metadata.columns.every((column) => isPlain(dataSource, column));
    return isPossible ? new PostgresInsert(dataSource, metadata) : undefined;
  }

  /** Whether nobody else has a say: no subscriber, which may come at any time, and no default of the table for a column without a value. */
  accepts(entity: ObjectLiteral): boolean {
    return (
      this.dataSource.subscribers.length === 0 &&
      this.metadata.columns.every((column) => column.getEntityValue(entity) !== undefined)
    );
  }

  /** @returns whether the condition, if there is one, matched a row, and so the entity is stored */
  async run(entity: ObjectLiteral, condition?: Write): Promise<boolean> {
    try {
      return await onPrimary(this.dataSource, async (runner) => {
        const [text, parameters] = condition ? this.conditional(condition(runner.manager)) : [this.plain, []];
        const stored: unknown[] = await runner.query(text, [...parameters, ...this.values(entity)]);
        return stored.length > 0;
      });
    } catch (error) {
      throw storageFailure(error);
    }
  }

  private conditional(query: ReturnType<Write>): [string, unknown[]] {
    const [sql, parameters] = query.getQueryAndParameters();
    const matched = query instanceof SelectQueryBuilder ? sql : `${sql} RETURNING 1`;
    const selected = this.placeholders(parameters.length);
    return [`WITH condition AS (${matched}) ${this.into} SELECT ${selected} FROM condition RETURNING 1`, parameters];
  }

  /** A parameter that is selected has no type of its own. */
  private placeholders(offset: number): string {
    const { driver } = this.dataSource;
    return this.metadata.columns.map((column, i) => `$${offset + i + 1}::${driver.normalizeType(column)}`).join(', ');
  }

  private values(entity: ObjectLiteral): unknown[] {
    const { driver } = this.dataSource;
    return this.metadata.columns.map((column): unknown =>
      driver.preparePersistentValue(column.getEntityValue(entity), column),
    );
  }
}

/** Types that a cast to the bare type leaves as they are: `char` without its length, for one, would cut. */
const CASTABLE: ReadonlySet<string> = new Set([
  'bigint',
  'boolean',
  'character varying',
  'integer',
  'json',
  'jsonb',
  'text',
  'uuid',
]);

function isPlain(dataSource: DataSource, column: EntityMetadata['columns'][number]): boolean {
  return (
    CASTABLE.has(dataSource.driver.normalizeType(column)) &&
    column.isInsert &&
    !column.isGenerated &&
    !column.asExpression &&
    !column.isCreateDate &&
    !column.isUpdateDate &&
    !column.enum &&
    !column.isDiscriminator &&
    !column.isArray &&
    !column.relationMetadata &&
    !column.embeddedMetadata
  );
}
