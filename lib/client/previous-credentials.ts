import type { OAuthClientRecord } from './oauth-client.record.js';

/** The columns of a client whose current secret is its only one. */
export const NO_PREVIOUS_SECRET = {
  previousClientSecretHash: null,
  previousClientSecretExpiresAt: null,
  previousClientSecretEncrypted: null,
} as const satisfies Partial<OAuthClientRecord>;

/** The columns of a client whose current registration access token is its only one. */
export const NO_PREVIOUS_TOKEN = {
  previousRegistrationAccessTokenHash: null,
  previousRegistrationAccessTokenExpiresAt: null,
} as const satisfies Partial<OAuthClientRecord>;
