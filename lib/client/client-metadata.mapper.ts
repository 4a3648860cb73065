import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { taggedName } from '../client-metadata/language-tag.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import type { MetadataRow } from '../client-metadata/metadata-table.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import { isClientMetadataColumn } from './client-metadata-column.decorator.js';
import { METADATA_COLUMNS, type OAuthClientRecord } from './oauth-client.record.js';

const STANDARD_COLUMNS: ReadonlySet<string> = new Set(METADATA_COLUMNS);

/** Between metadata on the wire and the columns of a client: a column of its own for a known property, else the JSON column. */
@Injectable()
export class ClientMetadataMapper {
  private readonly withColumn: readonly MetadataRow[];
  /** The names of the others, and those that may have a language tag. */
  private readonly additional: ReadonlySet<string>;
  private readonly tagged: ReadonlySet<string>;

  constructor(config: RegistrationConfiguration, storage: RegistrationDataSource) {
    const rows = [...config.metadataTable.values()].filter((row) => !row.requestOnly);
    const hasColumn = ({ property }: MetadataRow) =>
      STANDARD_COLUMNS.has(property) || isClientMetadataColumn(storage.entities.client, property);
    this.withColumn = rows.filter(hasColumn);
    this.additional = new Set(rows.filter((row) => !hasColumn(row)).map(({ name }) => name));
    this.tagged = new Set(rows.filter((row) => row.languageTags).map(({ name }) => name));
  }

  /** The columns for this metadata, those of absent fields included: an update replaces all of them (RFC 7592 section 2.2). */
  toColumns(metadata: ClientMetadata): Partial<OAuthClientRecord> {
    const columns: Record<string, unknown> = {};
    for (const { name, property } of this.withColumn) columns[property] = Reflect.get(metadata, name) ?? null;
    const additional = Object.entries(metadata).filter(
      ([name, value]) => value !== undefined && this.isAdditional(name),
    );
    columns['additionalMetadata'] = additional.length > 0 ? Object.fromEntries(additional) : null;
    return columns;
  }

  /** The metadata of a client as it is answered: no member is `null` or empty (RFC 7591 section 3.2.1). */
  toMetadata(client: OAuthClientRecord): Readonly<Record<string, unknown>> {
    const metadata: Record<string, unknown> = {};
    for (const { name, property, mayBeEmpty } of this.withColumn) {
      const value: unknown = Reflect.get(client, property);
      // A list of grant types that is left out would mean the authorization code grant (RFC 7591 section 2).
      if (mayBeEmpty || name === 'grant_types') metadata[name] = value ?? [];
      else if (isShown(value)) metadata[name] = value;
    }
    for (const [name, value] of Object.entries(client.additionalMetadata ?? {})) {
      if (isShown(value) && this.isAdditional(name)) metadata[name] = value;
    }
    return metadata;
  }

  /** Whether a known member has no column of its own. */
  private isAdditional(name: string): boolean {
    return this.additional.has(name) || this.tagged.has(taggedName(name)?.base ?? '');
  }
}

function isShown(value: unknown): boolean {
  return !isOmitted(value) && !(Array.isArray(value) && value.length === 0);
}
