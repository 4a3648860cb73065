import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { LOGGER } from '../../errors/logger.js';
import { fittingMetadata, protectingMembers, refusedMembers } from './fitting-metadata.js';
import type { ClientLike, ClientPayload, ProviderLike } from './oidc-provider.types.js';

/** To find out what fits takes some 20 ms for the worst of clients, which a stranger may have registered and may name in any request. */
const REMEMBERED = 1000;

/** What one provider accepts of clients that it does not accept as they are. */
export class FittingClients {
  private readonly logger = new Logger(LOGGER);
  /** By the text of the client; the one that was asked for last is the last. */
  private readonly fitted = new Map<string, ClientPayload | undefined>();
  /** Strangers register clients, and a log is not to be filled by them. */
  private readonly told = new Set<string>();

  constructor(private readonly Client: ProviderLike['Client']) {}

  /** @returns undefined for a client that the provider cannot have at all */
  of(payload: ClientPayload): ClientPayload | undefined {
    const key = createHash('sha256').update(JSON.stringify(payload)).digest('base64url');
    const fitting = this.fitted.has(key) ? this.fitted.get(key) : this.find(payload);
    this.fitted.delete(key);
    this.fitted.set(key, fitting);
    const [oldest] = this.fitted.keys();
    if (this.fitted.size > REMEMBERED && oldest !== undefined) this.fitted.delete(oldest);
    return fitting;
  }

  private find(payload: ClientPayload): ClientPayload | undefined {
    const fitting = fittingMetadata(payload, (candidate) => this.accepts(candidate));
    this.tell(payload, fitting);
    return fitting;
  }

  private accepts(payload: ClientPayload): boolean {
    try {
      const client: unknown = Reflect.construct(this.Client, [payload]);
      if (!isClient(client)) return false;
      // Members of features that are off are dropped without a word.
      const metadata = client.metadata();
      return protectingMembers(payload).every((name) => metadata[name] === payload[name]);
    } catch (error) {
      // How it says no; anything else is a defect of one of the two.
      if (error instanceof Error && Reflect.get(error, 'statusCode') === 400) return false;
      throw error;
    }
  }

  /** The two are configured differently, which only who runs them can change. */
  private tell(payload: ClientPayload, fitting: ClientPayload | undefined): void {
    const what =
      fitting === undefined
        ? refusedMembers(payload, (candidate) => this.accepts(candidate)).map(
            (name) => `${name}, so that the client is unknown there`,
          )
        : Object.keys(payload).filter((name) => JSON.stringify(fitting[name]) !== JSON.stringify(payload[name]));
    for (const one of what.filter((text) => !this.told.has(text))) {
      this.told.add(one);
      this.logger.warn(`oidc-provider does not accept what a client has registered as ${one}`);
    }
  }
}

function isClient(value: unknown): value is ClientLike {
  return typeof value === 'object' && value !== null && 'metadata' in value;
}
