import type { RegistrationEvent } from '../client-registration/registration.listener.js';
import type { TokenEvent } from '../client-registration/token-event.js';

/** What happened, as it may be written down anywhere: ids and words, no credential, no hash and nothing that a client says of itself. */
export interface AuditRecord {
  /** `client.registered`, `client.updated`, `client.deleted`, `initial-access-token.used` and so on. */
  readonly event: string;
  /** Why: a `RegistrationReason`, or why a token was refused. */
  readonly reason: string | undefined;
  /** What an operator, or the policy that put a client on hold, says about it. */
  readonly note: string | undefined;
  readonly clientId: string | undefined;
  readonly owner: string | undefined;
  readonly tenant: string | undefined;
  /** Of a client: pending, active or suspended. */
  readonly status: string | undefined;
  /** Of a client: how often it was changed, the first time included. */
  readonly version: number | undefined;
  /** Of an initial access token, and of a client that registered with one. */
  readonly initialAccessTokenId: string | undefined;
}

/** An event without anything that is secret. */
export function auditRecord(event: RegistrationEvent | TokenEvent): AuditRecord {
  return 'kind' in event ? ofToken(event) : ofClient(event);
}

function ofClient({ type, reason, note, client }: RegistrationEvent): AuditRecord {
  return {
    event: `client.${type}`,
    reason,
    note,
    clientId: client.clientId,
    owner: client.owner ?? undefined,
    tenant: client.tenant ?? undefined,
    status: client.status,
    version: client.version,
    initialAccessTokenId: client.initialAccessTokenId ?? undefined,
  };
}

function ofToken({ kind, type, reason, token, clientId }: TokenEvent): AuditRecord {
  return {
    event: `${kind}.${type}`,
    reason,
    note: undefined,
    clientId,
    owner: token?.owner ?? undefined,
    tenant: token?.tenant ?? undefined,
    status: undefined,
    version: undefined,
    initialAccessTokenId: token?.id,
  };
}
