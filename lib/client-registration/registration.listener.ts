import type { EntityManager } from 'typeorm';
import type { TokenEvent } from './token-event.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';

/**
 * Why something happened to a client: whoever holds its credentials asked for it, an operator did it (`administered`, or what the others name), its
 * time was over (`expired`), or its metadata document says so now.
 */
export type RegistrationReason =
  | 'requested'
  | 'administered'
  | 'approved'
  | 'suspended'
  | 'resumed'
  | 'secret-rotated'
  | 'token-reset'
  | 'expired'
  | 'document';

/** What happened to a client. */
export interface RegistrationEvent {
  readonly type: 'registered' | 'updated' | 'deleted';
  readonly reason: RegistrationReason;
  /** What an operator, or the policy that put the client on hold, says about it. */
  readonly note?: string | undefined;
  /** The client as it is now; as it last was, when it was deleted. */
  readonly client: OAuthClientRecord;
  /** The client as it was before an update. */
  readonly previous: OAuthClientRecord | undefined;
  /** What the guard's `authenticate` returned; undefined in open registration and by hand. */
  readonly credential: object | undefined;
}

/**
 * Is told of every registration, update and deletion after it is stored. An error is logged and changes nothing, and so is
 * that it does not end within 5 seconds: the request is answered then, and nobody waits for it any more. Extend it and list the subclass
 * in `listeners`.
 */
export abstract class RegistrationListener {
  abstract handle(event: RegistrationEvent, manager?: EntityManager): void | Promise<void>;

  /**
   * Is told of tokens: of initial access tokens that are issued, used and revoked where `handle` is told of clients, of those that are refused and of
   * registration access tokens without anybody waiting for it. Anyone can have a token refused as often as he likes: count such events, or bound what you write.
   */
  handleToken(_event: TokenEvent, _manager?: EntityManager): void | Promise<void> {}

  /**
   * Whether an expired client may be removed: override it to answer false while the host has live grants of it. An error, and no answer within 5
   * seconds, keep the client.
   * @returns true
   */
  mayPurge(_client: OAuthClientRecord): boolean | Promise<boolean> {
    return true;
  }
}

/**
 * Takes part in the unit of work that stores the client, on PostgreSQL, MariaDB and MySQL: it must write through the manager it is given, and
 * its error undoes everything and refuses the request. One that does not end within 5 seconds undoes everything too, the request is answered
 * with 503, and its manager is of no use any more. SQLite has one connection for the whole application: there it runs after the
 * client is stored, like any other listener.
 */
export abstract class TransactionalRegistrationListener extends RegistrationListener {
  abstract override handle(event: RegistrationEvent, manager: EntityManager): void | Promise<void>;

  override handleToken(_event: TokenEvent, _manager: EntityManager): void | Promise<void> {}
}
