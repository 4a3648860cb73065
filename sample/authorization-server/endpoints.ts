import { environment } from './environment.js';

/** The path of the issuer, under which everything is; empty for most. */
export const ISSUER_PATH = new URL(environment.issuer).pathname.replace(/\/$/, '');

/** Where the endpoints of the provider are, below the issuer. */
export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  revocation: '/revoke',
  introspection: '/introspect',
  pushed_authorization_request: '/par',
  end_session: '/logout',
} as const;

/** The page where a person logs in and consents, below the issuer. */
export const INTERACTION = '/interaction';

/** The absolute URL of a path below the issuer. */
export function urlOf(path: string): string {
  return environment.issuer.replace(/\/$/, '') + path;
}
