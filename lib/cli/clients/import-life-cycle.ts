import { isOwner, OWNER_RULE } from '../../client/client.rules.js';
import type { OAuthClientRecord } from '../../index.js';
import { RefusedError } from '../command.error.js';
import {
  EPOCH_RULE,
  HASH_RULE,
  isEpoch,
  isHash,
  isSealed,
  isSha256,
  isStatus,
  member,
  SEALED_RULE,
  SHA256_RULE,
  type Members,
} from './import-members.js';

/** What a line may say about the life of its client. */
export const LIFE_CYCLE_MEMBERS = [
  'tenant',
  'status',
  'expires_at',
  'last_used_at',
  'initial_access_token_id',
  'previous_client_secret_hash',
  'previous_client_secret_expires_at',
  'previous_client_secret_encrypted',
  'previous_registration_access_token_hash',
  'previous_registration_access_token_expires_at',
  'folding_key',
] as const;

/**
 * Where a client lives, whether and until when it may be used, and which credentials it had before.
 * @throws RefusedError naming the member and the rule
 */
export function lifeCycleOf(members: Members): Partial<OAuthClientRecord> {
  const status = member(members, 'status', isStatus, 'must be pending, active or suspended') ?? 'active';
  const expiresAt = epoch(members, 'expires_at');
  return {
    tenant: member(members, 'tenant', isOwner, OWNER_RULE) ?? null,
    status,
    // A suspended one has no end, or it could come back as another one.
    expiresAt: status === 'suspended' ? null : expiresAt,
    lastUsedAt: epoch(members, 'last_used_at'),
    initialAccessTokenId: member(members, 'initial_access_token_id', isOwner, OWNER_RULE) ?? null,
    foldingKey: member(members, 'folding_key', isSha256, SHA256_RULE) ?? null,
    ...previousCredentials(members),
  };
}

/** What was replaced, and is good for a while. */
function previousCredentials(members: Members): Partial<OAuthClientRecord> {
  const secretHash = member(members, 'previous_client_secret_hash', isHash, HASH_RULE) ?? null;
  const secretEncrypted = member(members, 'previous_client_secret_encrypted', isSealed, SEALED_RULE) ?? null;
  const secretExpiresAt = epoch(members, 'previous_client_secret_expires_at');
  const tokenHash = member(members, 'previous_registration_access_token_hash', isSha256, SHA256_RULE) ?? null;
  const tokenExpiresAt = epoch(members, 'previous_registration_access_token_expires_at');
  if (secretHash === null && (secretEncrypted !== null || secretExpiresAt !== null))
    throw new RefusedError('previous_client_secret_hash must be there beside what belongs to it');
  if (tokenHash === null && tokenExpiresAt !== null)
    throw new RefusedError('previous_registration_access_token_hash must be there beside its end');
  // Without an end it would be good for ever.
  if (secretHash !== null && secretExpiresAt === null)
    throw new RefusedError(`previous_client_secret_expires_at ${EPOCH_RULE}`);
  return {
    previousClientSecretHash: secretHash,
    previousClientSecretExpiresAt: secretExpiresAt,
    previousClientSecretEncrypted: secretEncrypted,
    previousRegistrationAccessTokenHash: tokenHash,
    previousRegistrationAccessTokenExpiresAt: tokenExpiresAt,
  };
}

function epoch(members: Members, name: string): number | null {
  return member(members, name, isEpoch, EPOCH_RULE) ?? null;
}
