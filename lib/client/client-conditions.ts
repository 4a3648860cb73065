import { IsNull } from 'typeorm';
import { isKey } from '../storage/registration-data-source.js';
import type { OAuthClientRecord } from './oauth-client.record.js';

/** Whether the conditions of a write would be there, and compare text with text. */
export function isIdentified({ clientId, registrationAccessTokenHash: hash, status }: OAuthClientRecord): boolean {
  return isKey(clientId) && isKey(status) && (hash === null || isKey(hash));
}

/** The condition that a client is the one that was read, as far as an operator changes it to stop somebody. */
export function sameStanding({ clientId, registrationAccessTokenHash, status }: OAuthClientRecord) {
  return { clientId, registrationAccessTokenHash: registrationAccessTokenHash ?? IsNull(), status };
}
