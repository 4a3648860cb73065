import type { ResourceServer } from 'oidc-provider';
import { errors } from './oidc-provider.package.js';

const SCOPE = 'api:read api:write';
export const ACCESS_TOKEN_SECONDS = 900;

/**
 * What there is to know of the resource that a token is asked for (RFC 8707). Any may be named, an MCP server on this machine for example: the
 * token is for that one alone, and opaque, so that it ends when its client does.
 */
export function resourceServer(resource: string): ResourceServer {
  if (!/^https?:\/\/[^/?]/i.test(resource)) throw new errors.InvalidTarget('a resource must be an http or https URL');
  return {
    scope: SCOPE,
    audience: resource,
    accessTokenFormat: 'opaque',
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
  };
}
