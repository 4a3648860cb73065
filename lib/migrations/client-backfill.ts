import type { QueryRunner, Table } from 'typeorm';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { epochNow } from '../token/clock.js';
import { escaped, escapedPath, isSqlite, type NamedColumn } from './table-definition.js';

/** A row that was there before the module. */
export interface AdoptedRow {
  /** All its columns by their names, as the driver reads them. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** When it was made, in seconds since the epoch: as its column for that says, else now. */
  readonly createdAt: number;
  /** Its redirect URI; `null` when it has none. */
  readonly callbackUrl: string | null;
  /** Whether it has the hash of a secret. */
  readonly hasSecret: boolean;
}

/** What a row is given; what is not named is null. */
export type AdoptedValues = Partial<Omit<OAuthClientRecord, 'clientId' | 'registrationAccessTokenHash'>>;

interface BackfillOptions {
  /** The name of the table as the host gives it. */
  readonly table: string;
  readonly existing: readonly NamedColumn[];
  readonly added: readonly NamedColumn[];
  readonly createdAt: string | undefined;
  readonly callbackUrl: string | undefined;
  valuesOf(row: AdoptedRow): AdoptedValues;
}

/** Rows that are in memory at a time. */
const PAGE = 500;
/** The column of a page that holds the time in seconds: a driver reads times in zones of its own. */
const EPOCH = 'dcr_created_at';

/** Fills the columns of a client in rows that were there before, page by page. */
export class ClientBackfill {
  private readonly key: string;
  /** Columns that the database sets when a row is changed, unless the statement does. */
  private readonly kept: readonly string[];

  constructor(
    private readonly runner: QueryRunner,
    table: Table,
    private readonly options: BackfillOptions,
  ) {
    this.key = nameOf(options.existing, 'clientId');
    this.kept = table.columns.filter(({ onUpdate }) => onUpdate !== undefined).map(({ name }) => name);
  }

  async run(): Promise<void> {
    for (let after: unknown; ;) {
      const rows = await this.page(after);
      for (const row of rows) await this.fill(row);
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.[this.key];
    }
  }

  private async page(after: unknown): Promise<Record<string, unknown>[]> {
    const key = escaped(this.runner, this.key);
    const where = after === undefined ? '' : ` WHERE ${key} > ${this.parameter(0)}`;
    const epoch = this.options.createdAt === undefined ? '' : `, ${this.epochOf(this.options.createdAt)} AS ${EPOCH}`;
    return this.runner.query(
      `SELECT adopted.*${epoch} FROM ${this.path} adopted${where} ORDER BY ${key} LIMIT ${PAGE}`,
      after === undefined ? [] : [after],
    );
  }

  private async fill({ [EPOCH]: epoch, ...columns }: Record<string, unknown>): Promise<void> {
    const { existing, added, createdAt, callbackUrl } = this.options;
    if (epoch === null && createdAt !== undefined && columns[createdAt] !== null) {
      throw new Error(
        `${createdAt} holds what is no time of this database: leave createdAt out, and read it in valuesOf`,
      );
    }
    const secret = existing.find(({ definition }) => definition.property === 'clientSecretHash');
    const values: Readonly<Record<string, unknown>> = this.options.valuesOf({
      columns,
      createdAt: epoch === undefined || epoch === null ? epochNow() : Number(epoch),
      callbackUrl: textIn(columns, callbackUrl) ?? null,
      hasSecret: isGiven(secret && columns[secret.name]),
    });
    const wanting = existing.filter(({ definition, name }) => !definition.nullable && columns[name] === null);
    const filled = [...added, ...wanting];
    const set = [
      ...filled.map(({ name }, i) => `${escaped(this.runner, name)} = ${this.parameter(i)}`),
      ...this.kept.map((name) => `${escaped(this.runner, name)} = ${escaped(this.runner, name)}`),
    ].join(', ');
    const condition = `${escaped(this.runner, this.key)} = ${this.parameter(filled.length)}`;
    await this.runner.query(`UPDATE ${this.path} SET ${set} WHERE ${condition}`, [
      ...filled.map((column) => this.stored(column, values)),
      columns[this.key],
    ]);
  }

  private stored({ definition }: NamedColumn, values: Readonly<Record<string, unknown>>): unknown {
    const value = values[definition.property] ?? null;
    if (value === null) return null;
    if (definition.type === 'json') return JSON.stringify(value);
    return typeof value === 'boolean' && this.runner.connection.options.type !== 'postgres' ? Number(value) : value;
  }

  private epochOf(column: string): string {
    const name = escaped(this.runner, column);
    if (isSqlite(this.runner)) return `CAST(strftime('%s', ${name}) AS INTEGER)`;
    if (this.runner.connection.options.type === 'postgres') return `FLOOR(EXTRACT(EPOCH FROM ${name}))`;
    return `FLOOR(UNIX_TIMESTAMP(${name}))`;
  }

  private get path(): string {
    return escapedPath(this.runner, this.options.table);
  }

  private parameter(index: number): string {
    return this.runner.connection.driver.createParameter('value', index);
  }
}

function textIn(columns: Readonly<Record<string, unknown>>, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : columns[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The column of a hash may be of octets. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function nameOf(columns: readonly NamedColumn[], property: string): string {
  const column = columns.find(({ definition }) => definition.property === property);
  if (!column) throw new TypeError(`existing must name the column of ${property}`);
  return column.name;
}
