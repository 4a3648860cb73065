import type { InitialAccessTokenRecord } from './initial-access-token.record.js';
import type { RegistrationBounds } from './registration-bounds.js';

/**
 * Who registers: what the guard's `authenticate` returned. A host's guard may return any object of its own, such as its user, with the
 * owner among its members.
 */
export interface RegistrationCredential {
  /** Lands on the client. @default none */
  readonly owner?: string | null;
  /** Lands on the client. @default none */
  readonly tenant?: string | null;
  /** What the client may be, now and after every update. @default whatever the server allows */
  readonly bounds?: RegistrationBounds | null;
  /** The token of the request, of which a use is taken together with the new client. */
  readonly initialAccessToken?: InitialAccessTokenRecord;
}
