import { DataSource, MigrationExecutor, type MigrationInterface } from 'typeorm';
import {
  AdoptClientTable,
  CreateInitialAccessTokens1764000000001,
  dynamicRegistrationMigrations,
} from '../../index.js';
import { RefusedError } from '../command.error.js';
import type { Connection } from '../connection/connection.js';
import { dataSourceOptions } from '../connection/data-source-options.js';
import { databaseFailure } from '../connection/database-failure.js';
import { loadHostDataSource } from '../connection/host-data-source.js';

/** A migration of the module, or of a host's data source, and whether it has run on a database. */
export interface MigrationState {
  readonly name: string;
  readonly applied: boolean;
}

/**
 * Runs the migrations that have not run yet, those of a host's data source in their order; a SQLite file that is not there is made.
 * @returns the names of those that ran
 */
export async function runMigrations(connection: Connection): Promise<string[]> {
  return withDataSource(connection, true, async (dataSource) => {
    const executor = new MigrationExecutor(dataSource);
    // Asked first, so that a database with nothing to do is not written to.
    if ((await executor.getPendingMigrations()).length === 0) return [];
    return (await executor.executePendingMigrations()).map(({ name }) => name);
  });
}

/** Every migration of the module, or of the host's data source, the oldest first. */
export async function listMigrations(connection: Connection): Promise<MigrationState[]> {
  return withDataSource(connection, false, async (dataSource) => {
    const applied = new Set((await new MigrationExecutor(dataSource).getExecutedMigrations()).map(({ name }) => name));
    return namesOf(dataSource.migrations).map((name) => ({ name, applied: applied.has(name) }));
  });
}

/**
 * Undoes the migration that ran last.
 * @returns its name; undefined when none of the module's has run
 * @throws RefusedError when the last one is the host's: what stands on our tables goes first
 */
export async function revertMigration(connection: Connection): Promise<string | undefined> {
  return withDataSource(connection, false, async (dataSource) => {
    const executor = new MigrationExecutor(dataSource);
    const own = new Set(namesOf(dataSource.migrations.filter(isOwn)));
    const executed = await executor.getExecutedMigrations();
    if (!executed.some(({ name }) => own.has(name))) return undefined;
    const [last] = executed;
    if (!last || !own.has(last.name)) {
      throw new RefusedError(
        `the last migration of this database is ${last?.name ?? 'unknown'}, which is not of this module: revert it first, where it comes from`,
      );
    }
    await executor.undoLastMigration();
    return last.name;
  });
}

async function withDataSource<T>(
  connection: Connection,
  create: boolean,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  try {
    const dataSource = await withMigrations(connection, create);
    if (!dataSource.isInitialized) await dataSource.initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  } catch (error) {
    throw databaseFailure(error, connection);
  }
}

/** A data source with the migrations of the module; that of a host with those it has. */
async function withMigrations(connection: Connection, create: boolean): Promise<DataSource> {
  if (connection.kind === 'data-source') return (await loadHostDataSource(connection)).dataSource;
  return new DataSource({
    ...(await dataSourceOptions(connection, create)),
    migrations: dynamicRegistrationMigrations,
  });
}

/** Whether a migration is of the module, or of a host that adopts a table with it. */
function isOwn(migration: MigrationInterface): boolean {
  return OWN.some((type) => migration instanceof type);
}

const OWN = [...dynamicRegistrationMigrations, CreateInitialAccessTokens1764000000001, AdoptClientTable];

/** The names TypeORM keeps in its table. */
function namesOf(migrations: readonly MigrationInterface[]): string[] {
  return migrations.map((migration) => migration.name ?? migration.constructor.name);
}
