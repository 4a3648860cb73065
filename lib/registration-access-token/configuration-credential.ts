import type { OAuthClientRecord } from '../client/oauth-client.record.js';

/** Whose client the request is about, and the token that proves it (RFC 7592 section 2). */
export interface ConfigurationCredential {
  /** The client as it was when the token was checked. */
  readonly client: OAuthClientRecord;
  /** The token that was presented, which an answer repeats; undefined where a guard of the host asks for another proof. */
  readonly registrationAccessToken?: string;
}
