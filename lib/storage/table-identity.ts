import { randomUUID } from 'node:crypto';
import type { DataSource, EntityMetadata } from 'typeorm';
import { escapedTable } from './fixed-lookup.js';
import { onPrimary } from './primary-connection.js';

/**
 * Which table an entity is stored in, as the database itself tells: options of two data sources may differ and mean one server, or name one
 * database and mean two schemas of it.
 * @returns the same text for the same table, whichever data source asks
 * @throws the error of the database, also when there is no such table
 */
export async function tableIdentity(dataSource: DataSource, metadata: EntityMetadata): Promise<string> {
  const { type } = dataSource.options;
  if (type === 'postgres') return ofPostgres(dataSource, metadata);
  return type === 'better-sqlite3' ? ofSqlite(dataSource, metadata) : ofMysql(dataSource, metadata);
}

/** The microsecond in which it was started tells a server from all others; everybody may ask for it, on any of its addresses. */
async function ofPostgres(dataSource: DataSource, metadata: EntityMetadata): Promise<string> {
  const rows = await ask(
    dataSource,
    `SELECT extract(epoch FROM pg_postmaster_start_time())::text AS server, current_database() AS name, $1::regclass::oid AS id`,
    escapedTable(dataSource, metadata),
  );
  return JSON.stringify(rows);
}

/** None of these is there on all versions and enough alone; one that is not there is no error in such a list. */
const SERVER = `'hostname', 'port', 'datadir', 'server_id', 'server_uid', 'server_uuid'`;

async function ofMysql(dataSource: DataSource, metadata: EntityMetadata): Promise<string> {
  const server = await ask(dataSource, `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${SERVER})`);
  const [current] = await ask(dataSource, 'SELECT DATABASE() AS name, @@lower_case_table_names AS ignoresCase');
  const [table, database = current?.['name']] = metadata.tablePath.split('.').toReversed();
  const path = JSON.stringify([database, table]);
  return JSON.stringify([server, Number(current?.['ignoresCase']) === 0 ? path : path.toLowerCase()]);
}

async function ofSqlite(dataSource: DataSource, metadata: EntityMetadata): Promise<string> {
  const [table, database = 'main'] = metadata.tablePath.split('.').toReversed();
  const databases = await ask(dataSource, 'PRAGMA database_list');
  const file = databases.find(({ name }) => name === database)?.['file'];
  return JSON.stringify([file || [inMemory(dataSource), database], table?.toLowerCase()]);
}

const memories = new WeakMap<DataSource, string>();

/** A database without a file belongs to its data source. */
function inMemory(dataSource: DataSource): string {
  const memory = memories.get(dataSource) ?? randomUUID();
  memories.set(dataSource, memory);
  return memory;
}

async function ask(
  dataSource: DataSource,
  statement: string,
  ...parameters: string[]
): Promise<Record<string, unknown>[]> {
  return onPrimary(dataSource, (runner) => runner.query(statement, parameters));
}
