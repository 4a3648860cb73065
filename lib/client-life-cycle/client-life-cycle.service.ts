import { Injectable } from '@nestjs/common';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import type { ClientBoundary } from '../client/client-boundary.js';
import { contendedChange } from '../client/contended-change.js';
import { isExpiredClient, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { NO_PREVIOUS_SECRET, NO_PREVIOUS_TOKEN } from '../client/previous-credentials.js';
import { ConflictError, InvalidRequestError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { epochNow } from '../token/clock.js';
import { expiryAfterResumption } from './client-lifetime.rules.js';

/** Why an operator does something. */
export interface LifeCycleOptions extends ClientBoundary {
  /** What listeners are told about it. */
  readonly note?: string | undefined;
}

/** What an operator has looked at before it approves. */
export interface ApprovalOptions extends LifeCycleOptions {
  /** The `version` of the client as it was seen. */
  readonly version: number;
}

type Reason = 'approved' | 'suspended' | 'resumed';

/** What a client has beside its credentials, and loses when it is stopped: nothing that was replaced is good any longer. */
const STOPPED = {
  status: 'suspended',
  expiresAt: null,
  ...NO_PREVIOUS_SECRET,
  ...NO_PREVIOUS_TOKEN,
} as const satisfies Partial<OAuthClientRecord>;

/**
 * Whether a client may be used, as operators decide it. Each change is one event; what is so already changes nothing, and tells nobody. Of a
 * client that has expired, nothing is decided any more: it registers again.
 */
@Injectable()
export class ClientLifeCycleService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: OAuthClientRepository,
    private readonly listeners: RegistrationListeners,
  ) {}

  /**
   * Lets a client be used that a policy has put on hold. Its time until the first use begins now.
   * @returns the client as it is now; undefined when there is none with exactly this id
   * @throws ConflictError when it has changed since it was seen
   * @throws InvalidRequestError for one that was suspended, or has expired
   */
  async approve(
    clientId: string,
    { version, note, ...within }: ApprovalOptions,
  ): Promise<OAuthClientRecord | undefined> {
    return this.change(clientId, within, 'approved', note, (client) => {
      if (client.status === 'active') return undefined;
      if (client.status === 'suspended') {
        throw new InvalidRequestError('the client is suspended and does not wait for an approval: resume it');
      }
      if (client.version !== version) {
        throw new ConflictError('the client is not at the version that was seen: look at it again, and approve that');
      }
      const expiresAt = expiryAfterResumption(client, this.config.clientLifetime, epochNow());
      // Without a lifetime, as on a command line that knows no options, it keeps the end that it has.
      return { status: 'active', expiresAt: expiresAt ?? client.expiresAt };
    });
  }

  /**
   * Stops a client at once, whatever it was. It can be read and nothing else, credentials before the last rotation are void, and it does not expire.
   * @returns the client as it is now; undefined when there is none with exactly this id
   * @throws InvalidRequestError for one that has expired
   */
  async suspend(clientId: string, { note, ...within }: LifeCycleOptions = {}): Promise<OAuthClientRecord | undefined> {
    return this.change(clientId, within, 'suspended', note, ({ status }) =>
      status === 'suspended' ? undefined : STOPPED,
    );
  }

  /**
   * Lets a suspended client be used again, one that was never approved too. Its time begins anew.
   * @returns the client as it is now; undefined when there is none with exactly this id
   * @throws InvalidRequestError for one that waits for an approval, or has expired
   */
  async resume(clientId: string, { note, ...within }: LifeCycleOptions = {}): Promise<OAuthClientRecord | undefined> {
    return this.change(clientId, within, 'resumed', note, (client) => {
      if (client.status === 'active') return undefined;
      if (client.status === 'pending') {
        throw new InvalidRequestError('the client was not suspended, it waits for an approval: approve it');
      }
      return { status: 'active', expiresAt: expiryAfterResumption(client, this.config.clientLifetime, epochNow()) };
    });
  }

  /** @param decide judges the client as it is in that moment; undefined where there is nothing to change */
  private async change(
    clientId: string,
    within: ClientBoundary,
    reason: Reason,
    note: string | undefined,
    decide: (client: OAuthClientRecord) => Partial<OAuthClientRecord> | undefined,
  ): Promise<OAuthClientRecord | undefined> {
    const changed = await contendedChange(async () => {
      const previous = await this.clients.findByClientId(clientId, within);
      if (!previous) return null;
      if (isExpiredClient(previous, epochNow())) {
        throw new InvalidRequestError('the client has expired: it has to register again');
      }
      const columns = decide(previous);
      if (!columns) return previous;
      const client = this.clients.create({ ...previous, ...columns, version: previous.version + 1 });
      const event = { type: 'updated', reason, note, client, previous, credential: undefined } as const;
      if (!(await this.clients.update(previous, columns, this.listeners.participant(event)))) return undefined;
      await this.listeners.tell(event);
      return client;
    });
    return changed ?? undefined;
  }
}
