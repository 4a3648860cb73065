import type { InitialAccessTokenRecord } from './initial-access-token.record.js';

/**
 * Who registers: what the guard's `authenticate` returned. A host's guard may return any object of its own, such as its user, with the
 * owner among its members.
 */
export interface RegistrationCredential {
  /** Lands on the client. @default none */
  readonly owner?: string | null;
  /** The token of the request, of which a use is taken together with the new client. */
  readonly initialAccessToken?: InitialAccessTokenRecord;
}
