import {
  DEFAULT_OPTIONS,
  DEFAULT_OUTBOUND_REQUESTS,
  type DynamicRegistrationOptions,
} from '../dynamic-registration.options.js';
import { fail } from '../errors/start-failure.js';
import type { ServerCapabilities } from '../server.capabilities.js';
import { defined } from '../server.options.js';
import { count, flag, hosts, members, must, orBoolean, seconds, type Check } from './value.checks.js';

/** The option `clientIdMetadataDocuments`. */
export const clientIdMetadataDocuments: Check = orBoolean(members({ hosts }, 'must be true, false or { hosts }'));

/** The option `outboundRequests`, member by member. */
export const outboundRequests: Check = members({
  timeoutSeconds: must(
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 60,
    'must be a whole number of seconds from 1 to 60',
  ),
  concurrent: count,
  concurrentPerOrigin: count,
  cachedDocuments: count,
  minimumCacheSeconds: seconds,
  maximumCacheSeconds: count,
  allowLoopback,
});

/**
 * Checks what the members of `outboundRequests` mean together.
 * @throws Error naming the option and the way out
 */
export function checkOutboundRequests({ outboundRequests: option }: DynamicRegistrationOptions): void {
  const { minimumCacheSeconds, maximumCacheSeconds } = defined(DEFAULT_OUTBOUND_REQUESTS, option);
  if (minimumCacheSeconds > maximumCacheSeconds) {
    fail('"outboundRequests.minimumCacheSeconds" must not be greater than "outboundRequests.maximumCacheSeconds"');
  }
}

/**
 * Checks that a client of a document can be one: it has no secret, and what callers without a token may have.
 * @throws Error naming the option and the way out
 */
export function checkClientDocuments(
  { clientIdMetadataDocuments: documents = false, openGrantTypes }: DynamicRegistrationOptions,
  { tokenEndpointAuthMethods, grantTypes: offered }: ServerCapabilities,
): void {
  if (documents === false) return;
  if (tokenEndpointAuthMethods.every((method) => method.startsWith('client_secret_'))) {
    fail('"clientIdMetadataDocuments" needs none or private_key_jwt in "server.tokenEndpointAuthMethods"');
  }
  if (!(openGrantTypes ?? DEFAULT_OPTIONS.openGrantTypes).some((grantType) => offered.includes(grantType))) {
    fail('"clientIdMetadataDocuments" needs a grant type of "openGrantTypes" in "server.grantTypes"');
  }
}

/** On a production machine there is much to reach by a loopback address. */
function allowLoopback(value: unknown, name: string): string | undefined {
  return value === true && process.env['NODE_ENV'] === 'production'
    ? `"${name}" is for development: take it out, or start with another NODE_ENV than production`
    : flag(value, name);
}
