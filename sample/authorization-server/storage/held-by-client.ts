import { redirectUriMatches, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import type { AdapterPayload } from 'oidc-provider';
import { narrowedConsent, narrowedScope } from './narrowed-consent.js';
import { paramsOf } from './oidc-payload.row.js';

/**
 * What a client has, as far as the client is still what it was: whoever has changed it, in whatever process, and whatever was written at the
 * same moment.
 * @returns undefined for what is gone with it
 */
export function heldByClient(
  model: string,
  payload: AdapterPayload,
  client: OAuthClientRecord | undefined,
): AdapterPayload | undefined {
  if (!client) return undefined;
  switch (model) {
    case 'Grant':
      return narrowedConsent(payload, client.scope);
    case 'AccessToken':
    case 'ClientCredentials':
      return { ...payload, scope: narrowedScope(payload.scope, client.scope) };
    case 'AuthorizationCode':
      return redirectUriMatches(client, String(payload.redirectUri)) ? payload : undefined;
    case 'Interaction':
      return redirectUriMatches(client, String(paramsOf(payload)['redirect_uri'])) ? payload : undefined;
    default:
      return payload;
  }
}
