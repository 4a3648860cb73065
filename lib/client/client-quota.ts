import type { RegistrationError } from '../errors/registration.error.js';
import type { OAuthClientRecord } from './oauth-client.record.js';

/** How many clients of a kind there may be. */
export interface ClientQuota {
  /** A positive integer. */
  readonly maximum: number;
  /** What the counted clients have in their columns: `{ owner: 'acme' }`; all clients where it is empty. */
  readonly of: Readonly<
    Partial<Pick<OAuthClientRecord, 'owner' | 'tenant' | 'initialAccessTokenId' | 'registeredOpenly' | 'lastUsedAt'>>
  >;
  /** What the caller is told when there are as many. */
  readonly refusal: RegistrationError;
}
