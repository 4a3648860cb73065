import type { OAuthClientRecord } from '../client/oauth-client.record.js';

/** Whose client the request is about, and the token that proves it (RFC 7592 section 2). */
export interface ConfigurationCredential {
  /** The client as it was when the token was checked. */
  readonly client: OAuthClientRecord;
  /** The token that was presented: an answer repeats it. */
  readonly registrationAccessToken: string;
}
