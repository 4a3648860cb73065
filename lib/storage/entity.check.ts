import { getMetadataArgsStorage, type DataSource, type EntityMetadata } from 'typeorm';
import { isClientMetadataColumn } from '../client/client-metadata-column.decorator.js';
import { METADATA_COLUMNS, SERVER_COLUMNS } from '../client/oauth-client.record.js';
import type { MetadataTable } from '../client-metadata/metadata-table.js';
import type { LimitOptions } from '../dynamic-registration.options.js';
import { fail } from '../errors/start-failure.js';
import { INITIAL_ACCESS_TOKEN_COLUMNS } from '../initial-access-token/initial-access-token.record.js';
import type { RegistrationEntities } from './registration-data-source.js';

/** What a column of type `text` holds on MariaDB and MySQL. */
const TEXT_BYTES = 65_535;

const SUPPORTED = ['postgres', 'mysql', 'mariadb', 'better-sqlite3'];

/**
 * Checks what the module stands on: a database it knows, and entities with every column it needs.
 * @throws Error naming what is missing and the line to add
 */
export function checkEntities(
  dataSource: DataSource,
  entities: RegistrationEntities,
  table: MetadataTable,
  limits: Required<LimitOptions>,
): void {
  const { type } = dataSource.options;
  if (!SUPPORTED.includes(type)) fail(`the data source is of type ${type}. Supported are ${SUPPORTED.join(', ')}`);
  if (!dataSource.isInitialized) {
    fail(
      'the data source is not initialized yet. Leave manualInitialization out, or initialize it before this module starts',
    );
  }
  for (const entity of [entities.client, entities.initialAccessToken]) {
    if (!dataSource.hasMetadata(entity)) {
      if (!getMetadataArgsStorage().tables.some(({ target }) => target === entity)) {
        fail(`${entity.name} is no entity. Put @Entity() on the class, where it extends another entity, too`);
      }
      fail(
        `${entity.name} is not known to the data source. Add ${entities.client.name} and ${entities.initialAccessToken.name} to its ` +
          'entities, or set autoLoadEntities: true',
      );
    }
  }
  checkClient(dataSource.getMetadata(entities.client), table);
  if (type === 'mysql' || type === 'mariadb') checkTextColumns(dataSource.getMetadata(entities.client), table, limits);
  requireColumns(dataSource.getMetadata(entities.initialAccessToken), INITIAL_ACCESS_TOKEN_COLUMNS);
}

/**
 * Checks what identical registrations are found by: two of them at the same time must not be two rows.
 * @throws Error naming the line to add
 */
export function checkFoldingKey(client: EntityMetadata): void {
  if (isUnique(client, 'foldingKey')) return;
  fail(
    `${client.name}.foldingKey must be unique with "openRegistration.foldIdentical". Add @Index({ unique: true }) to it`,
  );
}

function checkClient(client: EntityMetadata, table: MetadataTable): void {
  requireColumns(client, [...SERVER_COLUMNS, ...METADATA_COLUMNS]);
  if (!isUnique(client, 'clientId'))
    fail(
      `${client.name}.clientId must be unique on its own. Make it the primary column, or add @Index({ unique: true })`,
    );
  if (client.versionColumn?.propertyName !== 'version') fail(`${client.name}.version must be the @VersionColumn()`);
  const own = new Set<string>([...SERVER_COLUMNS, ...METADATA_COLUMNS]);
  for (const { name, property } of table.values()) {
    if (own.has(property)) continue;
    const column = client.findColumnWithPropertyName(property);
    const marked = typeof client.target === 'function' && isClientMetadataColumn(client.target, property);
    if (column && !marked) {
      fail(
        `${client.name}.${property} has the name of the metadata field ${name}. Add @ClientMetadataColumn() if clients may write it, else rename it`,
      );
    }
    if (marked && !column) {
      fail(`${client.name}.${property} is marked with @ClientMetadataColumn() and is no column. Add @Column()`);
    }
  }
}

/** MariaDB and MySQL refuse what is longer, and a caller could send it. */
function checkTextColumns(client: EntityMetadata, table: MetadataTable, limits: Required<LimitOptions>): void {
  for (const { property, limits: { bytes } = {} } of table.values()) {
    const column = client.findColumnWithPropertyName(property);
    if (bytes && column?.type === 'text' && limits[bytes] > TEXT_BYTES) {
      fail(`"limits.${bytes}" must be at most ${TEXT_BYTES}. The column of ${client.name}.${property} holds no more`);
    }
  }
}

function requireColumns(metadata: EntityMetadata, properties: readonly string[]): void {
  const missing = properties.filter((property) => !metadata.findColumnWithPropertyName(property));
  if (missing.length > 0)
    fail(`${metadata.name} has no column ${missing.join(', ')}. Every property of its record interface needs one`);
}

function isUnique(metadata: EntityMetadata, property: string): boolean {
  const alone = (columns: readonly { propertyName: string }[]) =>
    columns.length === 1 && columns[0]?.propertyName === property;
  return (
    alone(metadata.primaryColumns) ||
    metadata.uniques.some(({ columns }) => alone(columns)) ||
    metadata.indices.some(({ columns, isUnique }) => isUnique && alone(columns))
  );
}
