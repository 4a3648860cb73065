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
export function configuredValues(name: string, config: RegistrationConfiguration): ConfiguredValues {
  const { server, unsupportedMetadata } = config;
  switch (name) {
    case 'token_endpoint_auth_method': {
      const { tokenEndpointAuthMethods: methods } = server;
      return { request: { enum: methods }, answer: { examples: methods } };
    }
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
      return NOTHING;
  }
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
