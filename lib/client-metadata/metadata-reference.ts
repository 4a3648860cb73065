import type { Type } from '@nestjs/common';
import { ClientMetadata } from './client-metadata.dto.js';
import { defaultInWords, metadataTable, type MetadataRow } from './metadata-table.js';

/**
 * The fields of a metadata class as a Markdown table: name, type, rule, default, language tags and section, a row each.
 * @param type a subclass shows the fields of the host beside ours
 */
export function metadataReference(type: Type<ClientMetadata> = ClientMetadata): string {
  return referenceTable(metadataTable(type).values());
}

/** These rows as a Markdown table. */
export function referenceTable(rows: Iterable<MetadataRow>): string {
  return [
    '| Field | Type | Rule | Default | Language tags | Section |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...rows].map((row) => `| ${cells(row).join(' | ')} |`),
    '',
  ].join('\n');
}

function cells(row: MetadataRow): string[] {
  return [
    `\`${row.name}\``,
    typeOf(row),
    [...row.ruleWords, ...limitsOf(row), ...conditionsOf(row)].join('; ').replaceAll('|', String.raw`\|`),
    defaultInWords(row),
    row.languageTags ? 'yes' : 'no',
    row.spec ?? '',
  ];
}

function typeOf({ ruleSchemas, schema = {} }: MetadataRow): string {
  const type = [...ruleSchemas, schema].map((one) => one['type']).find((one) => typeof one === 'string');
  return type === 'array' ? 'list' : (type ?? 'any');
}

function limitsOf({ limits }: MetadataRow): string[] {
  return [
    ...(limits?.entries ? [`at most \`${limits.entries}\` entries`] : []),
    ...(limits?.bytes ? [`at most \`${limits.bytes}\``] : []),
  ];
}

function conditionsOf({ onlyWith, choiceOf, required }: MetadataRow): string[] {
  return [
    ...(required ? ['required'] : []),
    ...(onlyWith
      ? [`only with \`${onlyWith.field}\` ${onlyWith.values.map((value) => `\`${value}\``).join(', ')}`]
      : []),
    ...(choiceOf === undefined ? [] : [`the server picks \`${choiceOf}\` from it and returns that`]),
  ];
}
