import { Injectable, Logger } from '@nestjs/common';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import type { ClientBoundary } from '../client/client-boundary.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { LOGGER } from '../errors/logger.js';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { ClientActivityRepository, type ExpirableClients, type ExpiredClient } from './client-activity.repository.js';

/** Which expired clients are removed, and how. */
export interface PurgeOptions extends ClientBoundary {
  /** Removes nothing, and tells what would be removed. @default false */
  readonly isDryRun?: boolean;
  /** How many clients are removed at most. @default 1000 */
  readonly limit?: number;
}

/** What became of expired clients. */
export interface PurgedClients {
  /** The ids of those that are removed, or would be. */
  readonly removed: readonly string[];
  /**
   * The ids of those that a listener keeps, since the host has live grants of them or since it failed, and of suspended ones that identical
   * registrations share.
   */
  readonly kept: readonly string[];
}

/** How many clients are removed at most by default. */
export const PURGE_LIMIT = 1000;
/** How many are in memory at a time. */
const PAGE = 100;

/** Removes clients whose time is over. Any number of instances may do so at the same time: each client is removed once, and told once. */
@Injectable()
export class ClientPurgeService {
  private readonly logger = new Logger(LOGGER);

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: ClientActivityRepository,
    private readonly listeners: RegistrationListeners,
  ) {}

  /**
   * Removes expired clients, the longest expired first, each as a deletion with the reason `expired`. One that is used meanwhile, or that a listener
   * keeps, stays. For clients from before `clientLifetime` was set their time begins with the first purge: nobody knows when they were last used.
   * @throws RangeError for a limit that is no positive integer
   * @throws TemporarilyUnavailableError when the database does not answer; what was removed before stays removed
   */
  async purge({ isDryRun = false, limit = PURGE_LIMIT, owner, tenant }: PurgeOptions = {}): Promise<PurgedClients> {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a positive integer');
    if (!isDryRun) await this.beginLifetimes({ owner, tenant });
    return this.purgeOf({ owner, tenant }, limit, isDryRun);
  }

  /**
   * Makes room for clients of strangers: removes some of those that never authenticated and have expired.
   * @returns how many
   * @throws TemporarilyUnavailableError when the database does not answer
   */
  async purgeUnused(limit: number): Promise<number> {
    const unused = { isUnusedByStrangers: true };
    await this.beginLifetimes(unused);
    return (await this.purgeOf(unused, limit, false)).removed.length;
  }

  private async beginLifetimes(of: ExpirableClients): Promise<void> {
    const { untilFirstUseSeconds, sinceLastUseSeconds } = this.config.clientLifetime;
    const now = epochNow();
    if (untilFirstUseSeconds > 0) await this.clients.beginLifetimes('unused', now + untilFirstUseSeconds, of);
    if (sinceLastUseSeconds > 0) await this.clients.beginLifetimes('used', now + sinceLastUseSeconds, of);
  }

  private async purgeOf(of: ExpirableClients, limit: number, isDryRun: boolean): Promise<PurgedClients> {
    const removed: string[] = [];
    const kept: string[] = [];
    const now = epochNow();
    let after: ExpiredClient | undefined;
    do {
      const page = await this.clients.expired(now, PAGE, after, of);
      for (const client of page) {
        if (removed.length === limit) break;
        const outcome = await this.outcomeFor(client, isDryRun);
        if (outcome === 'removed') removed.push(client.clientId);
        else if (outcome === 'kept') kept.push(client.clientId);
      }
      after = page.length < PAGE ? undefined : page.at(-1);
    } while (after && removed.length < limit);
    return { removed, kept };
  }

  /** What a listener fails with must not keep those behind this client. */
  private async outcomeFor(client: OAuthClientRecord, isDryRun: boolean): Promise<'removed' | 'kept' | 'used'> {
    if (isSuspendedForAll(client) || !(await this.listeners.mayPurge(client))) return 'kept';
    if (isDryRun) return 'removed';
    try {
      return (await this.removeExpired(client)) ? 'removed' : 'used';
    } catch (error) {
      if (error instanceof TemporarilyUnavailableError) throw error;
      this.logger.error(
        'a listener failed, and the client is kept',
        error instanceof Error ? error.stack : String(error),
      );
      return 'kept';
    }
  }

  /**
   * Removes a client that has expired, without asking anybody.
   * @returns whether it was still there, and had no other time meanwhile
   * @throws what a listener of the unit of work throws
   */
  async removeExpired(client: OAuthClientRecord): Promise<boolean> {
    const event = { type: 'deleted', reason: 'expired', client, previous: undefined, credential: undefined } as const;
    if (!(await this.clients.deleteExpired(client, this.listeners.participant(event)))) return false;
    await this.listeners.tell(event);
    return true;
  }
}

/** Whether the client stands for all who would register it anew: with it, its suspension would be gone. Another hand may have left it an end. */
function isSuspendedForAll({ foldingKey, status }: OAuthClientRecord): boolean {
  return foldingKey !== null && status === 'suspended';
}
