import type { DataSource, EntityMetadata } from 'typeorm';
import { UsedClientAssertion } from '../client-authentication/used-client-assertion.entity.js';
import { OAuthClient } from '../client/oauth-client.entity.js';
import { fail } from '../errors/start-failure.js';
import { InitialAccessToken } from '../initial-access-token/initial-access-token.entity.js';
import { escapedTable } from './fixed-lookup.js';
import { onPrimary } from './primary-connection.js';
import type { RegistrationDataSource } from './registration-data-source.js';

/** The entities our migrations make tables for. */
const OWN_ENTITIES: ReadonlySet<unknown> = new Set([OAuthClient, InitialAccessToken, UsedClientAssertion]);

/** How each database says that a table, or a column, is not there; SQLite has no code for it. */
const NO_TABLE = { codes: ['42P01', 'ER_NO_SUCH_TABLE'], words: /\bno such table\b/ } as const;
const NO_COLUMN = { codes: ['42703', 'ER_BAD_FIELD_ERROR'], words: /\bno such column\b/ } as const;

/**
 * Checks that the tables are there with every column, by a statement for each that reads no row.
 * @throws Error naming the table, the columns and the line to add; for any other reason the words of the database, with its error as the cause
 */
export async function checkTables(storage: RegistrationDataSource): Promise<void> {
  for (const entity of ['client', 'initialAccessToken'] as const) {
    await checkTable(storage.dataSource, storage.metadataOf(entity));
  }
}

/** @throws as checkTables */
export async function checkTable(dataSource: DataSource, metadata: EntityMetadata): Promise<void> {
  const columns = metadata.columns.filter((column) => !column.isVirtualProperty).map((column) => column.databaseName);
  const cause = await failureOf(dataSource, metadata, columns);
  if (cause === undefined) return;
  const table = metadata.tablePath;
  if (says(cause, NO_TABLE)) fail(`the table ${table} is missing. ${wayOut(metadata)}`, { cause });
  if (says(cause, NO_COLUMN)) {
    const missing = await missingColumns(dataSource, metadata, columns);
    fail(`the table ${table} is of another version, without ${missing.join(', ')}. ${wayOut(metadata)}`, { cause });
  }
  fail(`the table ${table} cannot be read: ${wordsOf(cause)}`, { cause });
}

/** A database names one column at most, and not in every language. */
async function missingColumns(
  dataSource: DataSource,
  metadata: EntityMetadata,
  columns: readonly string[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const column of columns) {
    if (says(await failureOf(dataSource, metadata, [column]), NO_COLUMN)) missing.push(column);
  }
  return missing;
}

/** @returns what the database says against reading these columns; undefined when it says nothing */
async function failureOf(
  dataSource: DataSource,
  metadata: EntityMetadata,
  columns: readonly string[],
): Promise<unknown> {
  // SQLite takes a quoted name that is no column for a string, unless it is one of a table.
  const { driver } = dataSource;
  const alias = driver.escape('stored');
  const list = columns.map((column) => `${alias}.${driver.escape(column)}`).join(', ');
  const statement = `SELECT ${list} FROM ${escapedTable(dataSource, metadata)} ${alias} WHERE 1 = 0`;
  try {
    await onPrimary(dataSource, (runner) => runner.query(statement));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Our migrations make the tables of our own entities; `dcr migrate` does so under our own names alone. */
function wayOut(metadata: EntityMetadata): string {
  if (!OWN_ENTITIES.has(metadata.target)) {
    return `Generate a migration for ${metadata.name} with the command line of TypeORM (typeorm migration:generate), and run it`;
  }
  const hasOwnNames =
    metadata.tablePath === metadata.givenTableName &&
    metadata.columns.every((column) => column.databaseName === column.propertyName);
  const lines = 'Add migrations: [...dynamicRegistrationMigrations], migrationsRun: true to the data source';
  return hasOwnNames ? `${lines}, or run npx dcr migrate` : lines;
}

function says(error: unknown, { codes, words }: typeof NO_TABLE | typeof NO_COLUMN): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = Reflect.get(error, 'code');
  return (codes as readonly unknown[]).includes(code) || words.test(error.message);
}

/** The words of the database; our own errors keep them apart from what a caller is told. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return typeof error.cause === 'string' ? error.cause : error.message || String(Reflect.get(error, 'code'));
}
