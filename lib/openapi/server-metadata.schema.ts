import type { JsonSchema } from '../client-metadata/json-schema.js';
import { COMPUTED_MEMBERS } from '../discovery/server-metadata.members.js';

const KINDS: Readonly<Record<'uri' | 'words' | 'flag', JsonSchema>> = {
  uri: { type: 'string', format: 'uri' },
  words: { type: 'array', items: { type: 'string' } },
  flag: { type: 'boolean' },
};

/** The document of RFC 8414 section 2; the host may add members. */
export const SERVER_METADATA_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['issuer', 'response_types_supported'],
  properties: Object.fromEntries(Object.entries(COMPUTED_MEMBERS).map(([member, { kind }]) => [member, KINDS[kind]])),
};
