import { InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { DataSource, type DataSourceOptions, type EntityMetadata, type ObjectLiteral } from 'typeorm';
import type { HostProfile } from './host-profile.js';

/** Whether a host stores in another way than a plain one. */
export function isStoredDifferently({ typeorm, options }: HostProfile): boolean {
  return typeorm !== undefined || options?.entities !== undefined;
}

/**
 * The tables of a host that has classes, hooks or names of its own, as tests written for a plain host read them: a data source of its own
 * with the entities of the module, no hooks, and columns by the names of their properties.
 */
export async function plainView({ typeorm }: HostProfile, connection: DataSourceOptions): Promise<DataSource> {
  const dataSource = await new DataSource({
    ...connection,
    entities: [OAuthClient, InitialAccessToken],
    ...(typeorm?.namingStrategy && { namingStrategy: typeorm.namingStrategy }),
  }).initialize();
  const query = async (...parameters: Parameters<DataSource['query']>): Promise<unknown> => {
    const rows: unknown = await dataSource.query(...parameters);
    return Array.isArray(rows) ? rows.map((row: ObjectLiteral) => byProperty(row, dataSource)) : rows;
  };
  const getMetadata = (...parameters: Parameters<DataSource['getMetadata']>) =>
    named(dataSource.getMetadata(...parameters));
  // TypeORM itself goes on with the names of the tables.
  return Object.create(dataSource, { query: { value: query }, getMetadata: { value: getMetadata } }) as DataSource;
}

function byProperty(row: ObjectLiteral, { entityMetadatas }: DataSource): ObjectLiteral {
  const columns = entityMetadatas.flatMap((metadata) => metadata.columns);
  const names = new Map(columns.map(({ databaseName, propertyName }) => [databaseName, propertyName]));
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [names.get(name) ?? name, value]));
}

function named(metadata: EntityMetadata): EntityMetadata {
  const columns = metadata.columns.map(({ propertyName }) => ({ propertyName, databaseName: propertyName }));
  return Object.create(metadata, { columns: { value: columns } }) as EntityMetadata;
}
