import { Injectable } from '@nestjs/common';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import type { ClientBoundary } from '../client/client-boundary.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { epochNow } from '../token/clock.js';
import { ClientActivityRepository, type ExpiredClient, type ExpiredClients } from './client-activity.repository.js';

/** Which expired clients are removed, and how. */
export interface PurgeOptions extends ClientBoundary {
  /** Removes nothing, and tells what would be removed. @default false */
  readonly isDryRun?: boolean;
  /** How many clients are looked at. @default 1000 */
  readonly limit?: number;
}

/** What became of the clients that were looked at. */
export interface PurgedClients {
  /** The ids of those that are removed, or would be. */
  readonly removed: readonly string[];
  /** The ids of those that a listener keeps, since the host has live grants of them, and of suspended ones that identical registrations share. */
  readonly kept: readonly string[];
}

/** How many clients are looked at by default. */
export const PURGE_LIMIT = 1000;
/** How many are in memory at a time. */
const PAGE = 100;

/** Removes clients whose time is over. Any number of instances may do so at the same time: each client is removed once, and told once. */
@Injectable()
export class ClientPurgeService {
  constructor(
    private readonly clients: ClientActivityRepository,
    private readonly listeners: RegistrationListeners,
  ) {}

  /**
   * Removes expired clients, the longest expired first, each as a deletion with the reason `expired`. One that is used meanwhile, or that a listener
   * keeps, stays.
   * @throws RangeError for a limit that is no positive integer
   * @throws TemporarilyUnavailableError when the database does not answer; what was removed before stays removed
   */
  async purge({ isDryRun = false, limit = PURGE_LIMIT, owner, tenant }: PurgeOptions = {}): Promise<PurgedClients> {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a positive integer');
    return this.purgeOf({ owner, tenant }, limit, isDryRun);
  }

  /** Makes room for clients of strangers: removes some of those that never authenticated and have expired. */
  async purgeUnused(limit: number): Promise<number> {
    const { removed } = await this.purgeOf({ isUnusedByStrangers: true }, limit, false);
    return removed.length;
  }

  private async purgeOf(of: ExpiredClients, limit: number, isDryRun: boolean): Promise<PurgedClients> {
    const removed: string[] = [];
    const kept: string[] = [];
    const now = epochNow();
    let after: ExpiredClient | undefined;
    for (let left = limit; left > 0; left -= PAGE) {
      const page = await this.clients.expired(now, Math.min(PAGE, left), after, of);
      for (const client of page) {
        if (isSuspendedForAll(client) || !(await this.listeners.mayPurge(client))) kept.push(client.clientId);
        else if (isDryRun || (await this.removeExpired(client))) removed.push(client.clientId);
      }
      after = page.at(-1);
      if (page.length < PAGE) break;
    }
    return { removed, kept };
  }

  /**
   * Removes a client that has expired, without asking anybody.
   * @returns whether it was still there, and had no other time meanwhile
   */
  async removeExpired(client: OAuthClientRecord): Promise<boolean> {
    const event = { type: 'deleted', reason: 'expired', client, previous: undefined, credential: undefined } as const;
    if (!(await this.clients.deleteExpired(client, this.listeners.participant(event)))) return false;
    await this.listeners.tell(event);
    return true;
  }
}

/** Whether the client stands for all who would register it anew: with it, its suspension would be gone. */
function isSuspendedForAll({ foldingKey, status }: OAuthClientRecord): boolean {
  return foldingKey !== null && status === 'suspended';
}
