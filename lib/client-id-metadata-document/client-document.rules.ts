import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { isJsonObject } from '../client-metadata/text.rules.js';
import { SERVER_MEMBERS } from '../client-registration/server-members.js';

/** What a document that everybody reads has none of. */
const FORBIDDEN = ['client_secret', ...SERVER_MEMBERS] as const;

/**
 * The metadata of a client as if it registered, of the document at its identifier (OAuth Client ID Metadata Document section 4).
 * @returns the rule that the document breaks, in words that follow `the document`
 */
export function registrationRequestOf(document: unknown, clientId: string): Readonly<Record<string, unknown>> | string {
  if (!isJsonObject(document)) return 'must be a JSON object';
  // By simple string comparison: a document speaks for the URL it was read at and for no other one.
  if (document['client_id'] !== clientId) return 'must have its own URL as client_id';
  const forbidden = FORBIDDEN.find((name) => Object.hasOwn(document, name) && document[name] !== null);
  if (forbidden !== undefined) return `must not have ${forbidden}`;
  const method: unknown = document['token_endpoint_auth_method'];
  if (typeof method === 'string' && method.startsWith('client_secret_')) {
    return 'must not have a token_endpoint_auth_method with a shared secret';
  }
  const { client_id: _clientId, ...members } = document;
  // There is no secret that the default of a registration could mean, and from a list the server chooses.
  const isOpen = isOmitted(method) && isOmitted(document['token_endpoint_auth_methods_supported']);
  return isOpen ? { ...members, token_endpoint_auth_method: 'none' } : members;
}
