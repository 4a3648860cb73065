import { Injectable, Logger } from '@nestjs/common';
import type { ClientQuota } from '../client/client-quota.js';
import { ClientPurgeService } from '../client-life-cycle/client-purge.service.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { LOGGER } from '../errors/logger.js';
import { TooManyRequestsError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { OverdueError, withPatience } from '../storage/patience.js';
import { Turns } from '../storage/turns.js';

/** Whom the cap counts: clients that registered without a credential and never authenticated. */
const UNUSED = { registeredOpenly: true, lastUsedAt: null } as const;

/** From this part of the cap on, each registration counts for itself. */
const NEAR = 0.9;
/** For how many instances a count is enough, as far as others register at the same time as this one. */
const INSTANCES = 10;
/** How long a count is believed, in milliseconds, and how many times longer than it took: a large table is counted less often. */
const BELIEVED_MS = 1_000;
const BELIEVED_PER_MS = 50;

/** How long nobody is let in after it was full, in milliseconds: a flood then costs no query each. */
const FULL_MS = 1_000;
const LOGGED_MS = 60_000;
/** How many of them are removed to make room, where they have expired. */
const PURGED_AT_ONCE = 100;
/** What is told a caller: clients are used, or expire, in minutes at the earliest. */
const RETRY_AFTER_SECONDS = 60;

/** Bounds how many clients there are that registered without a credential and were never used (`openRegistration.maximumUnusedClients`). */
@Injectable()
export class UnusedClientsCap {
  private readonly logger = new Logger(LOGGER);
  private readonly maximum: number;
  private readonly turns = new Turns();

  /** What the last count said, until when that is believed, and how many were let in since it began. */
  private counted = 0;
  private believedUntil = 0;
  private since = 0;
  private counting: Promise<void> | undefined;
  private purging: Promise<number> | undefined;

  /** What was let in and may not be stored yet. */
  private readonly storing = new Set<Promise<unknown>>();
  private fullUntil = 0;
  private quietUntil = 0;

  constructor(
    config: RegistrationConfiguration,
    private readonly clients: OAuthClientRepository,
    private readonly purge: ClientPurgeService,
  ) {
    this.maximum = config.openRegistration.maximumUnusedClients;
  }

  /**
   * Stores a client if there is room for it.
   * @param store given what has to hold in its unit of work
   * @throws TooManyRequestsError when there is not
   */
  async admit<T>(store: (quotas: readonly ClientQuota[]) => Promise<T>): Promise<T> {
    if (this.maximum === 0) return store([]);
    this.refuseWhileFull();
    if (this.isUnknown) await (this.counting ??= this.count());
    this.refuseWhileFull();
    return this.isFar ? this.letIn(store([])) : this.turns.take([''], () => this.countingExactly(store));
  }

  /** Nothing is asked as long as this is false, or each asks for itself. */
  private get isUnknown(): boolean {
    return performance.now() >= this.believedUntil || (this.counted < NEAR * this.maximum && !this.isFar);
  }

  /** Whether there is room, even if others let in as many as this instance since the last count. */
  private get isFar(): boolean {
    return this.counted + INSTANCES * this.since < NEAR * this.maximum;
  }

  /** Once for all who wait for it. */
  private async count(): Promise<void> {
    try {
      const started = performance.now();
      // The count may see these or not.
      const underWay = this.storing.size;
      const before = this.since;
      const found = await this.clients.count(UNUSED);
      const took = performance.now() - started;
      this.counted = found < this.maximum ? found : found - (await this.makeRoom());
      this.since += underWay - before;
      this.believedUntil = performance.now() + Math.max(BELIEVED_MS, BELIEVED_PER_MS * took);
      if (this.counted >= this.maximum) this.close();
    } finally {
      this.counting = undefined;
    }
  }

  /** How many are removed in time: listeners are asked about each. What takes longer goes on, once. */
  private async makeRoom(): Promise<number> {
    this.purging ??= this.purge.purgeUnused(PURGED_AT_ONCE).finally(() => (this.purging = undefined));
    try {
      return await withPatience(this.purging, 'clients were not removed in time');
    } catch (error) {
      if (error instanceof OverdueError) return 0;
      throw error;
    }
  }

  /** Near the cap, on whatever instance: one at a time, and each after a count of its own. */
  private async countingExactly<T>(store: (quotas: readonly ClientQuota[]) => Promise<T>): Promise<T> {
    await Promise.allSettled(this.storing);
    // Others may have found it full while this one waited.
    this.refuseWhileFull();
    const refusal = refused();
    try {
      return await this.letIn(store([{ maximum: this.maximum, of: UNUSED, refusal }]));
    } catch (error) {
      if (error === refusal) this.close();
      throw error;
    }
  }

  private async letIn<T>(stored: Promise<T>): Promise<T> {
    this.since++;
    this.storing.add(stored);
    try {
      return await stored;
    } finally {
      this.storing.delete(stored);
    }
  }

  private refuseWhileFull(): void {
    if (performance.now() < this.fullUntil) throw refused();
  }

  private close(): void {
    const now = performance.now();
    this.fullUntil = now + FULL_MS;
    if (now < this.quietUntil) return;
    this.quietUntil = now + LOGGED_MS;
    this.logger.warn(
      `${this.maximum} clients registered without a token and were never used, and no others can do so: set clientLifetime.untilFirstUseSeconds and ` +
        'remove those that have expired (dcr clients purge), raise openRegistration.maximumUnusedClients, or put a rate limit in front',
    );
  }
}

function refused(): TooManyRequestsError {
  return new TooManyRequestsError('too many clients are registered and not used yet', RETRY_AFTER_SECONDS);
}
