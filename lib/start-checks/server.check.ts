import type { ServerOptions } from '../dynamic-registration.options.js';
import { knownWords, members, must, some, words } from './value.checks.js';
import { nearestName } from './nearest-name.js';
import { fail } from '../errors/start-failure.js';

const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'none',
  'private_key_jwt',
  'self_signed_tls_client_auth',
];

/** The grant types of RFC 6749, and the URIs of the others that are registered. */
const GRANT_TYPES = [
  'authorization_code',
  'implicit',
  'password',
  'client_credentials',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:saml2-bearer',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:uma-ticket',
  'urn:ietf:params:oauth:grant-type:pre-authorized_code',
  'urn:openid:params:grant-type:ciba',
];

const scopes = must(
  (value) =>
    Array.isArray(value) &&
    value.every((scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)),
  'must be a list of scope tokens (RFC 6749 section 3.3), each without spaces',
);

/** Grant types (RFC 7591 section 2). */
export const grantTypes = knownWords(
  'Other ones are absolute URIs (RFC 6749 section 4.5); known are',
  GRANT_TYPES,
  isExtensionGrant,
);

/** What the authorization server supports. */
export const server = members({
  scopes,
  defaultScopes: scopes,
  baselineScopes: scopes,
  grantTypes: some(grantTypes),
  responseTypes: words,
  tokenEndpointAuthMethods: some(knownWords('Available are', AUTH_METHODS, () => false)),
});

/**
 * What the defaults promise must be offered too.
 * @throws Error naming the option and the way out
 */
export function checkServerScopes(server: ServerOptions): void {
  for (const name of ['defaultScopes', 'baselineScopes'] as const) {
    const unknown = server[name]?.find((scope) => !server.scopes?.includes(scope));
    if (unknown !== undefined)
      fail(`"server.${name}" contains ${unknown}, which "server.scopes" does not. Add it there`);
  }
}

/** Extension grants are absolute URIs; one that almost is a known one is a slip. */
function isExtensionGrant(grant: string): boolean {
  return /^[a-z][a-z0-9+.-]*:./i.test(grant) && nearestName(grant, GRANT_TYPES) === undefined;
}
