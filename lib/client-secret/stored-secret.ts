import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { NO_PREVIOUS_SECRET } from '../client/previous-credentials.js';
import { epochNow } from '../token/clock.js';

/** The columns of a client about the secret it was given last. */
export type CurrentSecretColumns = Pick<
  OAuthClientRecord,
  'clientSecretHash' | 'clientSecretExpiresAt' | 'clientSecretEncrypted'
>;

/** The columns of a client about the secret before the last rotation. */
export type PreviousSecretColumns = Pick<
  OAuthClientRecord,
  'previousClientSecretHash' | 'previousClientSecretExpiresAt' | 'previousClientSecretEncrypted'
>;

/** One of the secrets of a client, as it is stored. */
export interface StoredSecret {
  readonly which: 'current' | 'previous';
  readonly hash: string;
  /** `null` for one that is only presented. */
  readonly encrypted: string | null;
}

/** Encrypted secrets of a client by the columns that hold them. */
export type EncryptedSecrets = Partial<
  Record<keyof Pick<OAuthClientRecord, 'clientSecretEncrypted' | 'previousClientSecretEncrypted'>, string>
>;

/** The current secret of a client, whatever its age; undefined for a client without one. */
export function currentSecret(client: CurrentSecretColumns): StoredSecret | undefined {
  const { clientSecretHash: hash, clientSecretEncrypted: encrypted } = client;
  return hash ? { which: 'current', hash, encrypted } : undefined;
}

/** The secret before the last rotation within its grace; undefined afterwards, though the row still has it. */
export function previousSecret(client: PreviousSecretColumns): StoredSecret | undefined {
  const { previousClientSecretHash: hash, previousClientSecretExpiresAt, previousClientSecretEncrypted } = client;
  if (!hash || (previousClientSecretExpiresAt ?? 0) <= epochNow()) return undefined;
  return { which: 'previous', hash, encrypted: previousClientSecretEncrypted };
}

/** Whether the current secret has expired (RFC 7591 section 3.2.1). */
export function isExpiredSecret({ clientSecretExpiresAt }: Pick<OAuthClientRecord, 'clientSecretExpiresAt'>): boolean {
  return !!clientSecretExpiresAt && clientSecretExpiresAt <= epochNow();
}

/**
 * The columns that keep the current secret of a client beside its next one.
 * @param graceSeconds how long, unless it expires before; 0 keeps none
 */
export function retiredSecret(client: CurrentSecretColumns, graceSeconds: number): PreviousSecretColumns {
  const { clientSecretHash, clientSecretExpiresAt, clientSecretEncrypted } = client;
  if (graceSeconds === 0 || !clientSecretHash || isExpiredSecret(client)) return NO_PREVIOUS_SECRET;
  const end = epochNow() + graceSeconds;
  return {
    previousClientSecretHash: clientSecretHash,
    previousClientSecretExpiresAt: clientSecretExpiresAt ? Math.min(end, clientSecretExpiresAt) : end,
    previousClientSecretEncrypted: clientSecretEncrypted,
  };
}
