import type { Type } from '@nestjs/common';
import { CERTIFICATE_SUBJECTS } from './authentication-method.rules.js';
import { ClientMetadata } from './client-metadata.dto.js';
import { KEY_SOURCES } from './key-source.rules.js';
import type { AlgorithmPurpose } from './metadata-field.decorator.js';
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

const NEEDS: Readonly<Record<AlgorithmPurpose, string>> = {
  'signed-by-server': 'with HMAC a client secret',
  'signed-by-client': 'a public key of the client for it, with HMAC a client secret',
  'encrypted-to-client': 'a public key of the client for it, with a symmetric one a client secret',
  'encrypted-to-server': 'with a symmetric one a client secret',
};

function conditionsOf({ name, onlyWith, choiceOf, contentOf, algorithm, required }: MetadataRow): string[] {
  const others = KEY_SOURCES.filter((source) => source !== name).map((source) => `\`${source}\``);
  return [
    ...((KEY_SOURCES as readonly string[]).includes(name) ? [`excludes ${others.join(' and ')}`] : []),
    ...((CERTIFICATE_SUBJECTS as readonly string[]).includes(name) ? ['exactly one of these five'] : []),
    ...(algorithm === undefined ? [] : [`needs ${NEEDS[algorithm]}`]),
    ...(contentOf === undefined ? [] : [`needs \`${contentOf}\``]),
    ...(required ? ['required'] : []),
    ...(onlyWith
      ? [`only with \`${onlyWith.field}\` ${onlyWith.values.map((value) => `\`${value}\``).join(', ')}`]
      : []),
    ...(choiceOf === undefined ? [] : [`the server picks \`${choiceOf}\` from it and returns that`]),
  ];
}
