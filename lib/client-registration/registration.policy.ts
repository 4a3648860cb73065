import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { ClientQuota } from '../client/client-quota.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import type { RegistrationBounds } from '../initial-access-token/registration-bounds.js';
import type { SoftwareStatement } from '../software-statement/software-statement.js';

/** The circumstances of a registration or an update, as the one who asks for a judgement knows them. */
export interface RegistrationCircumstances {
  /**
   * What is asked for: a registration, an update (by the client itself, or without a credential by an administrator), a client added by hand, or one
   * that is known by its metadata document.
   */
  readonly operation: 'register' | 'update' | 'create' | 'document';
  /** What the guard's `authenticate` returned; undefined in open registration and by hand. */
  readonly credential: object | undefined;
  /** Whose client it is, or will be. */
  readonly owner: string | null;
  /** In whose part of the server it lives, or will live. */
  readonly tenant: string | null;
  /** What the initial access token of the client allows; `null` for whatever the server does. */
  readonly bounds: RegistrationBounds | null;
  /** The client as it is, on update; as it was when its document was last read. */
  readonly client: OAuthClientRecord | undefined;
  /** The verified software statement of the request; without a new one that of the client. Absent where there is none (RFC 7591 section 3.1.1). */
  readonly softwareStatement?: SoftwareStatement;
  /** The members of the request that the statement has replaced by something else, or taken away. */
  readonly overridden?: readonly string[];
}

/** The circumstances, and what a policy may decide beside the metadata. */
export interface RegistrationContext extends RegistrationCircumstances {
  /**
   * Puts the client on hold: it is stored as `pending`, and cannot be used or changed before an operator approves it. Of several reasons the first is
   * told to listeners. It holds for registrations, updates by the client and clients added by hand; a client that is known by its metadata document is
   * refused instead, and one whose scope an administrator sets is not held.
   * @param reason for the operator; the caller is not told
   */
  hold(reason: string): void;
  /**
   * Lets a new client be stored only while there are fewer clients than this, however many are registered at the same time. An update and a metadata
   * document add none.
   */
  limit(quota: ClientQuota): void;
}

/**
 * Decides about a proposed registration or update, with every default applied. The class is also the injection token: extend it and list
 * the subclass in `policies`. Policies run in their order, each on what the one before returned. The services of this module need the policies: one
 * that needs a service takes it from `ModuleRef` when it runs, and not in its constructor.
 */
export abstract class RegistrationPolicy {
  /**
   * @returns the state to register, which may be narrower than the proposed one; it is judged again by every rule
   * @throws RegistrationError to refuse
   */
  abstract review(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata | Promise<ClientMetadata>;
}
