import type { IntrospectionResponse } from 'openid-client';
import { environment } from './environment.js';

/** Whether a bearer of this token may use this server, whatever its scope: it is alive, and for this server (RFC 8707). */
export function isForUs({ active, aud, exp, cnf }: IntrospectionResponse): boolean {
  return (
    active &&
    [aud].flat().includes(environment.resource) &&
    (exp === undefined || exp > Date.now() / 1000) &&
    // Such a token is worth nothing without a proof, which this server does not ask for (RFC 9449 section 7.2).
    cnf === undefined
  );
}
