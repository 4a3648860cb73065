import { SelectQueryBuilder, type DataSource } from 'typeorm';
import type { Write } from './unit-of-work.js';

/** A write that must match a row, for what depends on it. */
export interface Condition {
  readonly write: Write;
  /** On PostgreSQL, what answers a row where it matches one, and its parameters. */
  statement(): { readonly text: string; readonly parameters: readonly unknown[] };
}

type Values = Readonly<Record<string, string | number>>;

/** Conditions that differ by their values alone, so that TypeORM makes the text of them once. */
export class FixedCondition<V extends Values> {
  private made: { readonly text: string; readonly names: readonly string[] } | undefined;

  /** @param make has each of the values in its parameters as it is */
  constructor(
    private readonly dataSource: DataSource,
    private readonly make: (values: V) => Write,
  ) {}

  with(values: V): Condition {
    return {
      write: this.make(values),
      statement: () => {
        const { text, names } = (this.made ??= this.madeOf(values));
        return { text, parameters: names.map((name) => values[name]) };
      },
    };
  }

  /** The text, and which values its parameters are: they are told by values that no two of them have. */
  private madeOf(values: V) {
    const marks = Object.entries(values).map(([name, value], i): [string, string | number] => [
      name,
      typeof value === 'number' ? Number.MAX_SAFE_INTEGER - i : `mark ${i}`,
    ]);
    const query = this.make(Object.fromEntries(marks) as V)(this.dataSource.manager);
    const [text, parameters] = query.getQueryAndParameters();
    const names = parameters.map((parameter) => {
      const [name] = marks.find(([, mark]) => String(mark) === String(parameter)) ?? [];
      if (name === undefined) throw new Error('a condition has a parameter that is none of its values');
      return name;
    });
    return { text: query instanceof SelectQueryBuilder ? text : `${text} RETURNING 1`, names };
  }
}
