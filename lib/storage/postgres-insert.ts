import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { Condition } from './fixed-condition.js';
import { escapedTable } from './fixed-lookup.js';
import { plainColumns, type PlainColumn } from './plain-column.js';
import type { Answer } from './prepared-statements.js';
import type { RegistrationDataSource } from './registration-data-source.js';
import { storageFailure } from './storage-failure.js';

/**
 * PostgreSQL: an insert, and the conditional write it depends on, in one statement and so in one round trip. Its text is made once from what
 * TypeORM knows of the entity.
 */
export class PostgresInsert {
  private readonly into: string;
  private readonly plain: string;
  /** The texts with a condition, by that of the condition. */
  private readonly conditional = new Map<string, string>();

  private constructor(
    private readonly storage: RegistrationDataSource,
    private readonly metadata: EntityMetadata,
    private readonly columns: readonly PlainColumn[],
  ) {
    const { driver } = storage.dataSource;
    const table = escapedTable(storage.dataSource, metadata);
    this.into = `INSERT INTO ${table} (${columns.map(({ name }) => driver.escape(name)).join(', ')})`;
    this.plain = `${this.into} VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`;
  }

  /** @returns undefined where an insert of TypeORM's would do more: run hooks of the entity, or leave columns to the database */
  static for(storage: RegistrationDataSource, metadata: EntityMetadata): PostgresInsert | undefined {
    const { dataSource } = storage;
    const columns = plainColumns(dataSource, metadata);
    const isPossible =
      dataSource.options.type === 'postgres' &&
      metadata.listeners.length === 0 &&
      metadata.columns.every((column) => isPlain(dataSource, column));
    return columns && isPossible ? new PostgresInsert(storage, metadata, columns) : undefined;
  }

  /** Whether nobody else has a say: no subscriber, which may come at any time, and no default of the table for a column without a value. */
  accepts(entity: ObjectLiteral): boolean {
    return (
      this.storage.dataSource.subscribers.length === 0 &&
      this.columns.every(({ property }) => entity[property] !== undefined)
    );
  }

  /** @returns whether the condition, if there is one, matched a row, and so the entity is stored */
  async run(entity: ObjectLiteral, condition?: Condition): Promise<boolean> {
    const values = this.columns.map((column) => column.write(entity[column.property]));
    try {
      const stored = condition ? await this.runAfter(condition, values) : await this.storage.query(this.plain, values);
      return stored.rowCount !== 0;
    } catch (error) {
      throw storageFailure(error);
    }
  }

  private runAfter(condition: Condition, values: readonly unknown[]): Promise<Answer> {
    const { text, parameters } = condition.statement();
    let whole = this.conditional.get(text);
    if (whole === undefined) {
      const selected = this.placeholders(parameters.length);
      whole = `WITH condition AS (${text}) ${this.into} SELECT ${selected} FROM condition`;
      this.conditional.set(text, whole);
    }
    return this.storage.query(whole, [...parameters, ...values]);
  }

  /** A parameter that is selected has no type of its own. */
  private placeholders(offset: number): string {
    const { driver } = this.storage.dataSource;
    return this.metadata.columns.map((column, i) => `$${offset + i + 1}::${driver.normalizeType(column)}`).join(', ');
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
