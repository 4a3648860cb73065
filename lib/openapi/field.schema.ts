import type { MetadataRow } from '../client-metadata/metadata-table.js';
import type { LimitOptions } from '../dynamic-registration.options.js';
import type { RegistrationConfiguration } from '../registration-configuration.js';
import { defaultInWords } from '../client-metadata/metadata-table.js';
import { configuredValues } from './configured-values.js';
import { conjunction, refined, type JsonSchema } from '../client-metadata/json-schema.js';

/** A member of a request: what the server refuses, as far as JSON Schema can say it, and never more. */
export function requestField(row: MetadataRow, config: RegistrationConfiguration, omitted: JsonSchema): JsonSchema {
  const { request, sentence } = configuredValues(row, config);
  const value = refined(refined(valueSchema(row, config), request), limitSchema(row, config));
  const description = sentences(
    row.spec,
    `Default: ${defaultInWords(row)}`,
    sentence,
    limitInWords(row, config.limits),
  );
  const schema = row.required ? refused(value) : { anyOf: [value, omitted] };
  return { ...schema, ...(description && { description }) };
}

/** A member of an answer. Without the bounds: a client may be older than their present values. */
export function answerField(row: MetadataRow, config: RegistrationConfiguration): JsonSchema {
  const description = sentences(row.spec);
  return {
    ...refined(valueSchema(row, config), configuredValues(row, config).answer),
    ...(description && { description }),
  };
}

/** A value that is present: what its rules say, or else the type of the property. */
function valueSchema(row: MetadataRow, config: RegistrationConfiguration): JsonSchema {
  const said = [...row.ruleSchemas, ...(row.schema ? [row.schema] : [])];
  if (said.length > 0) return conjunction(said);
  const type: unknown = Reflect.getMetadata('design:type', config.metadata.prototype, row.name);
  return TYPES.get(type) ?? {};
}

/** `Object` stands for interfaces, unions and `unknown` too, and so says nothing. */
const TYPES: ReadonlyMap<unknown, JsonSchema> = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Array, { type: 'array' }],
]);

/** The empty value of a field that must be there. */
function refused(value: JsonSchema): JsonSchema {
  if (value['type'] === 'array') return { ...value, minItems: 1 };
  return value['type'] === 'string' ? { ...value, minLength: 1 } : value;
}

/** The bounds are bytes and `maxLength` counts characters, of which a string never has more than bytes. */
function limitSchema(row: MetadataRow, config: RegistrationConfiguration): JsonSchema {
  const { bytes, entries } = row.limits ?? {};
  const { type } = valueSchema(row, config);
  const maxLength = bytes && { maxLength: config.limits[bytes] };
  return {
    ...(entries && { maxItems: config.limits[entries] }),
    ...(type === 'array' ? maxLength && { items: maxLength } : type === 'string' && maxLength),
  };
}

function limitInWords({ limits: { bytes, entries } = {} }: MetadataRow, limits: Required<LimitOptions>): string {
  const size = bytes && `${limits[bytes]} bytes`;
  if (!entries) return size ? `At most ${size}` : '';
  return `At most ${limits[entries]} entries${size ? `, each of at most ${size}` : ''}`;
}

function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.flatMap((part) => (part ? [part.endsWith('.') ? part : `${part}.`] : [])).join(' ');
}
