import { OAuthError } from './oauth.error.js';

/** What a client may send to the token endpoint beside what it authenticates with. */
export interface TokenRequest {
  readonly grantType: string;
  readonly refreshToken: string | undefined;
  readonly scope: string | undefined;
}

/** Reads the form, whatever a body parser made of it: where there is no form there is no parameter. */
export function tokenRequest(body: unknown): TokenRequest {
  const grantType = parameter(body, 'grant_type');
  const refreshToken = parameter(body, 'refresh_token');
  const scope = parameter(body, 'scope');
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is required');
  return { grantType, refreshToken, scope };
}

/** A parameter; one without a value is omitted, and none may be repeated (RFC 6749 section 3.2). */
function parameter(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value: unknown = Reflect.get(body, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new OAuthError('invalid_request', `${name} must not be repeated`);
  return value;
}
