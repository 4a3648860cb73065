import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { BOUNDS_COLUMNS } from './create-initial-access-tokens.js';
import { LIFE_CYCLE_COLUMNS } from './oauth-client.columns.js';
import {
  alterTable,
  columnName,
  escaped,
  escapedPath,
  isSqlite,
  tableColumn,
  tableName,
  type ColumnDefinition,
} from './table-definition.js';

/** What clients are counted, listed and removed by. */
const INDEXED = ['owner', 'tenant', 'expiresAt', 'lastUsedAt', 'initialAccessTokenId', 'foldingKey'] as const;

/** Adds the columns for the life of a client to the table of `OAuthClient`, with their indexes, and those for bounds to that of `InitialAccessToken`. */
export class AddClientLifeCycle1764300000000 implements MigrationInterface {
  readonly name = 'AddClientLifeCycle1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    const clients = tableName(runner, 'OAuthClient', 'oauth_clients');
    for (const column of LIFE_CYCLE_COLUMNS) await add(runner, clients, column);
    for (const property of INDEXED) await runner.createIndex(clients, indexOf(runner, property));
    await takeForUsed(runner, clients);
    const tokens = tableName(runner, 'InitialAccessToken', 'initial_access_tokens');
    for (const column of BOUNDS_COLUMNS) await add(runner, tokens, column);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tokens = tableName(runner, 'InitialAccessToken', 'initial_access_tokens');
    for (const { property } of BOUNDS_COLUMNS.toReversed()) await drop(runner, tokens, property);
    const clients = tableName(runner, 'OAuthClient', 'oauth_clients');
    for (const property of INDEXED) await runner.dropIndex(clients, indexOf(runner, property));
    for (const { property } of LIFE_CYCLE_COLUMNS.toReversed()) await drop(runner, clients, property);
  }
}

/** Nobody knows which of the clients that are there were used: none shall count against those that register from now on. */
async function takeForUsed(runner: QueryRunner, table: string): Promise<void> {
  const [lastUsedAt, issuedAt, registeredOpenly] = (
    ['lastUsedAt', 'clientIdIssuedAt', 'registeredOpenly'] as const
  ).map((property) => escaped(runner, columnName(runner, property)));
  await runner.query(`UPDATE ${escapedPath(runner, table)} SET ${lastUsedAt} = ${issuedAt} WHERE ${registeredOpenly}`);
}

function indexOf(runner: QueryRunner, property: (typeof INDEXED)[number]): TableIndex {
  return new TableIndex({ columnNames: [columnName(runner, property)], isUnique: property === 'foldingKey' });
}

/** What is required has a default, which the rows that are there take. */
async function add(runner: QueryRunner, table: string, definition: ColumnDefinition): Promise<void> {
  const column = tableColumn(runner, definition);
  const value = definition.nullable ? undefined : "'active'";
  if (!isSqlite(runner)) {
    return runner.addColumn(table, new TableColumn({ ...column, ...(value !== undefined && { default: value }) }));
  }
  const length = column.length === undefined ? '' : `(${column.length})`;
  const required = value === undefined ? '' : ` NOT NULL DEFAULT (${value})`;
  return alterTable(runner, table, `ADD COLUMN ${escaped(runner, column.name)} ${column.type}${length}${required}`);
}

async function drop(runner: QueryRunner, table: string, property: string): Promise<void> {
  const name = columnName(runner, property);
  if (isSqlite(runner)) await alterTable(runner, table, `DROP COLUMN ${escaped(runner, name)}`);
  else await runner.dropColumn(table, name);
}
