import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { LOGGER } from '../errors/logger.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { ClientActivityRepository } from './client-activity.repository.js';
import { expiryAfterUse } from './client-lifetime.rules.js';

/** How exactly it is known when a client was last used, where its lifetime is long enough. */
const INTERVAL_SECONDS = 3600;
/** How many uses there are at least within the time that a client has between two. */
const USES_PER_LIFETIME = 10;
/** What is written together is written so often, and at the end of the application. */
const FLUSH_MS = 5_000;
const MOST_AT_ONCE = 500;
/** A client with less time left than this is written at once: it must not be removed meanwhile. */
const MARGIN_SECONDS = 60;

/**
 * Notes when clients are used. Client authentication of this module does so by itself; a host with a token endpoint of its own calls `touch` for a
 * client that has proved who it is.
 */
@Injectable()
export class ClientActivityService implements OnApplicationShutdown {
  private readonly logger = new Logger(LOGGER);
  private readonly noted = new Map<string, OAuthClientRecord>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: ClientActivityRepository,
  ) {}

  /**
   * Notes that a client has authenticated, within an hour of it; the first time, and shortly before its time is over, at once.
   * @returns whether it is still there and may be used; what is written later counts as such
   * @throws TemporarilyUnavailableError when that cannot be told now
   */
  async touch(client: OAuthClientRecord): Promise<boolean> {
    if (client.source === 'document') return true;
    const now = epochNow();
    const isUrgent = client.expiresAt !== null && client.expiresAt - now <= MARGIN_SECONDS;
    if (client.lastUsedAt === null || isUrgent) {
      return this.clients.touch([client.clientId], now, this.expiryOf(client, now));
    }
    if (now - client.lastUsedAt < this.intervalSeconds) return true;
    this.noted.set(client.clientId, client);
    if (this.noted.size >= MOST_AT_ONCE) await this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
    return true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** What is lost here is noted with the next use of the client. */
  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const noted = [...this.noted.values()];
    this.noted.clear();
    const now = epochNow();
    try {
      // Those that expire, and those that do not.
      for (const expiresAt of new Set(noted.map((client) => this.expiryOf(client, now)))) {
        const together = noted.filter((client) => this.expiryOf(client, now) === expiresAt);
        await this.clients.touch(
          together.map(({ clientId }) => clientId),
          now,
          expiresAt,
        );
      }
    } catch (error) {
      this.logger.warn(`uses of clients were not noted: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  private expiryOf(client: OAuthClientRecord, now: number): number | null {
    return expiryAfterUse(client, this.config.clientLifetime, now);
  }

  private get intervalSeconds(): number {
    const { sinceLastUseSeconds } = this.config.clientLifetime;
    return sinceLastUseSeconds === 0
      ? INTERVAL_SECONDS
      : Math.min(INTERVAL_SECONDS, sinceLastUseSeconds / USES_PER_LIFETIME);
  }
}
