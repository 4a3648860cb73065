import type { JsonSchema } from '../client-metadata/json-schema.js';

const WORDS: JsonSchema = { type: 'array', items: { type: 'string' } };

/** The document of RFC 8414 section 2; the host may add members. */
export const SERVER_METADATA_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['issuer', 'response_types_supported'],
  properties: {
    issuer: { type: 'string', format: 'uri' },
    registration_endpoint: { type: 'string', format: 'uri' },
    scopes_supported: WORDS,
    response_types_supported: WORDS,
    grant_types_supported: WORDS,
    token_endpoint_auth_methods_supported: WORDS,
    token_endpoint_auth_signing_alg_values_supported: WORDS,
  },
};
