import type { MetadataRow } from '../client-metadata/metadata-table.js';
import type { RegistrationConfiguration } from '../registration-configuration.js';
import type { ComponentNames } from './component-names.js';
import { answerField, requestField } from './field.schema.js';
import type { JsonSchema } from '../client-metadata/json-schema.js';

/** What a client says of itself (RFC 7591 section 2). */
export function clientMetadataSchema(config: RegistrationConfiguration, names: ComponentNames): JsonSchema {
  const rows = [...config.metadataTable.values()];
  const required = rows.filter((row) => row.required).map(({ name }) => name);
  return {
    type: 'object',
    description: 'Client metadata. Any other member is ignored, and `null` and the empty string count as omitted.',
    ...(required.length > 0 && { required }),
    ...members(rows, (row) => requestField(row, config, names.schema('Omitted'))),
  };
}

/** Client update request (RFC 7592 section 2.2): all metadata anew, and whose it is. */
export function clientUpdateSchema(names: ComponentNames): JsonSchema {
  const { client_id, client_secret, ...others } = SERVER_MEMBERS;
  return {
    description:
      'Replaces all metadata of the client: what is omitted is removed. `client_secret`, if sent, must be the current one.',
    allOf: [names.schema('ClientMetadata')],
    type: 'object',
    required: ['client_id'],
    properties: {
      client_id,
      client_secret: { anyOf: [client_secret, names.schema('Omitted')] },
      ...Object.fromEntries(Object.keys(others).map((name) => [name, names.schema('Omitted')])),
    },
  };
}

/** Client information response (RFC 7591 section 3.2.1, RFC 7592 section 3). */
export function clientInformationSchema(config: RegistrationConfiguration): JsonSchema {
  const { registration_access_token, registration_client_uri, ...always } = SERVER_MEMBERS;
  const stored = [...config.metadataTable.values()].filter((row) => !row.requestOnly);
  const { properties, patternProperties } = members(stored, (row) => answerField(row, config));
  return {
    type: 'object',
    description: 'The client as it is registered.',
    required: ['client_id', 'client_id_issued_at', ...ALWAYS_REGISTERED],
    dependentRequired: {
      client_secret: ['client_secret_expires_at'],
      ...(config.isManageable && {
        registration_access_token: ['registration_client_uri'],
        registration_client_uri: ['registration_access_token'],
      }),
    },
    properties: {
      ...always,
      ...properties,
      ...(config.isManageable && { registration_access_token, registration_client_uri }),
    },
    patternProperties,
  };
}

/** A member that means nothing. */
export const OMITTED_SCHEMA: JsonSchema = { enum: [null, ''], description: 'Counts as omitted.' };

/** Members of the server, not of the metadata. */
const SERVER_MEMBERS = {
  client_id: { type: 'string', minLength: 1 },
  client_id_issued_at: { type: 'integer', minimum: 0, description: 'Seconds since the epoch.' },
  client_secret: { type: 'string', minLength: 1, description: 'Shown only in the answer that issues it.' },
  client_secret_expires_at: {
    type: 'integer',
    minimum: 0,
    description: 'Seconds since the epoch, 0 for never; present for every client with a secret.',
  },
  registration_access_token: { type: 'string', minLength: 1 },
  registration_client_uri: { type: 'string', format: 'uri' },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** Members every client has, by default if not by request. A host's required field is not among them: older clients may lack it. */
const ALWAYS_REGISTERED = [
  'redirect_uris',
  'token_endpoint_auth_method',
  'grant_types',
  'response_types',
  'application_type',
];

/**
 * Language, script and region, which is how tags are written in practice (RFC 5646 section 2.1). A rarer tag is not described: to describe a
 * malformed one would be wrong, since that makes an unknown member.
 */
const TAG = '[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?';

function members(rows: readonly MetadataRow[], schemaOf: (row: MetadataRow) => JsonSchema) {
  const tagged = rows.filter(({ languageTags }) => languageTags);
  return {
    properties: Object.fromEntries(rows.map((row) => [row.name, schemaOf(row)])),
    patternProperties: Object.fromEntries(
      tagged.map((row) => [`^${literally(row.name)}#${TAG}$`, schemaOf({ ...row, required: false })]),
    ),
  };
}

function literally(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
