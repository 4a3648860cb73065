import { allowInsecureRequests, dynamicClientRegistration, type Configuration } from 'openid-client';
import { environment } from './environment.js';

const DELETION_MILLISECONDS = 5000;

/** Registers this server as a client (RFC 7591 section 3.1), where the metadata of the authorization server says (RFC 8414). */
export async function register(): Promise<Configuration> {
  const { issuer, initialAccessToken, redirectUri } = environment;
  const metadata = { client_name: 'Tide tables, an MCP server', redirect_uris: [redirectUri] };
  return dynamicClientRegistration(new URL(issuer), metadata, undefined, {
    algorithm: 'oauth2',
    ...(initialAccessToken !== undefined && { initialAccessToken }),
    execute: issuer.startsWith('http:') ? [allowInsecureRequests] : [],
  });
}

/** Deletes this client (RFC 7592 section 2.3). */
export async function unregister(registration: Configuration): Promise<void> {
  const { registration_client_uri: uri, registration_access_token: token } = registration.clientMetadata();
  if (typeof uri !== 'string' || typeof token !== 'string') return;
  const signal = AbortSignal.timeout(DELETION_MILLISECONDS);
  await fetch(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` }, signal });
}
