import type { Type } from '@nestjs/common';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import type { ServerCapabilities } from '../server.capabilities.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import type { JsonSchema } from './json-schema.js';
import { metadataRowParts, type MetadataFieldOptions } from './metadata-field.decorator.js';
import type { MetadataRule } from './metadata-rule.js';

/** One known field: everything the decorators of a metadata class and its parents said about it. */
export interface MetadataRow extends MetadataFieldOptions {
  /** The member on the wire. */
  readonly name: string;
  /** The property of the client record that may hold it: the name in camelCase. */
  readonly property: string;
  readonly error: NonNullable<MetadataFieldOptions['error']>;
  /** All rules, those of the parents first: a subclass adds rules and never removes one. */
  readonly rules: readonly MetadataRule[];
  /** What they say as JSON Schema. */
  readonly ruleSchemas: readonly JsonSchema[];
  /** What they say in words. */
  readonly ruleWords: readonly string[];
}

/** The known fields of a metadata class by their name on the wire, in the order of their declaration, parents first. */
export type MetadataTable = ReadonlyMap<string, MetadataRow>;

const tables = new WeakMap<object, MetadataTable>();

/** The table of a metadata class, collected along its prototype chain. */
export function metadataTable(type: Type<ClientMetadata>): MetadataTable {
  let table = tables.get(type);
  if (!table) tables.set(type, (table = collect(type)));
  return table;
}

/** The fields a server knows: those of features it does not offer are unknown to it. */
export function offeredFields(table: MetadataTable, server: ServerCapabilities): MetadataTable {
  const isOffered = (row: MetadataRow): boolean => {
    const chosen = row.choiceOf === undefined ? undefined : table.get(row.choiceOf);
    if (chosen) return isOffered(chosen);
    return row.offered?.(server) ?? (row.supported === undefined || row.supported(server).length > 0);
  };
  return new Map([...table].filter(([, row]) => isOffered(row)));
}

/** What a client has that does not send a field, in Markdown. */
export function defaultInWords({ default: words, prefers, contentOf, defaultValue }: MetadataRow): string {
  if (words !== undefined) return words;
  if (prefers !== undefined) {
    const value = `\`${prefers}\`, else what the server prefers`;
    return contentOf === undefined ? value : `with \`${contentOf}\`: ${value}`;
  }
  return defaultValue === undefined ? 'omitted' : `\`${JSON.stringify(defaultValue)}\``;
}

/** `redirect_uris` as the property of a record: `redirectUris`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function collect(type: Type<ClientMetadata>): MetadataTable {
  const table = new Map<string, MetadataRow>();
  for (const prototype of prototypes(type)) {
    for (const [name, part] of metadataRowParts(prototype)) {
      const inherited = table.get(name);
      if (!inherited && !part.declared) continue;
      const {
        name: _name,
        property: _property,
        rules = [],
        ruleSchemas = [],
        ruleWords = [],
        limits,
        ...options
      } = inherited ?? {};
      table.set(name, {
        error: InvalidClientMetadataError,
        ...options,
        ...part.options,
        // A bound can be another one, not none.
        limits: { ...limits, ...part.options.limits },
        name,
        property: camelCase(name),
        rules: [...rules, ...part.rules],
        ruleSchemas: [...ruleSchemas, ...part.ruleSchemas],
        ruleWords: [...ruleWords, ...part.ruleWords],
      });
    }
  }
  return table;
}

function prototypes(type: Type<ClientMetadata>): object[] {
  const chain: object[] = [];
  for (let p: object | null = type.prototype; p && p !== Object.prototype; p = Object.getPrototypeOf(p))
    chain.unshift(p);
  return chain;
}
