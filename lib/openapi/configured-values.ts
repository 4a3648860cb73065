import type { MetadataRow } from '../client-metadata/metadata-table.js';
import type { RegistrationConfiguration } from '../registration-configuration.js';
import type { JsonSchema } from '../client-metadata/json-schema.js';

/** What the configuration says about a field, in a request and in an answer. */
export interface ConfiguredValues {
  readonly request: JsonSchema;
  /** Never an `enum`: a client may have been registered when the server supported more. */
  readonly answer: JsonSchema;
  readonly sentence?: string;
}

const NOTHING: ConfiguredValues = { request: {}, answer: {} };

/** The values the server supports, as an `enum` only where any other one is refused (RFC 7591 section 3.2.1). */
export function configuredValues(row: MetadataRow, config: RegistrationConfiguration): ConfiguredValues {
  const { server, unsupportedMetadata } = config;
  switch (row.name) {
    case 'grant_types': {
      const answer = { items: { examples: server.grantTypes } };
      const request = unsupportedMetadata === 'reject' ? { items: { enum: server.grantTypes } } : answer;
      return { request, answer, sentence: grantTypesInWords(config) };
    }
    case 'response_types': {
      // The words of one are a set, so that each has more spellings than an `enum` would list.
      const answer = { items: { examples: server.responseTypes } };
      return { request: answer, answer, sentence: `Supported: ${inWords(server.responseTypes)}.` };
    }
    case 'scope': {
      const answer = server.scopes.length > 0 ? { examples: [server.scopes.join(' ')] } : {};
      return { request: answer, answer, sentence: `Supported: ${inWords(server.scopes)}.` };
    }
    default:
      return row.supported ? supportedValues(row, row.supported(server), config) : NOTHING;
  }
}

function supportedValues(
  row: MetadataRow,
  supported: readonly string[],
  { metadataTable, unsupportedMetadata }: RegistrationConfiguration,
): ConfiguredValues {
  const sentence = `Supported: ${inWords(supported)}.`;
  if (row.ruleSchemas.some(({ type }) => type === 'array')) {
    const answer = { items: { examples: supported } };
    return { request: unsupportedMetadata === 'reject' ? { items: { enum: supported } } : answer, answer, sentence };
  }
  const answer = { examples: supported };
  // Beside a list to choose from, and where the field means nothing, another value is no error.
  const isAlwaysJudged = !row.onlyWith && ![...metadataTable.values()].some(({ choiceOf }) => choiceOf === row.name);
  return { request: isAlwaysJudged ? { enum: supported } : answer, answer, sentence };
}

function grantTypesInWords({ access, openGrantTypes, server }: RegistrationConfiguration): string {
  const supported = `Supported: ${inWords(server.grantTypes)}.`;
  if (access !== 'open' && typeof access !== 'function') return supported;
  const open = server.grantTypes.filter((grant) => openGrantTypes.includes(grant));
  return `${supported} Without an initial access token: ${inWords(open)}.`;
}

function inWords(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ') || 'none';
}
