import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OverdueError, withPatience } from '../storage/patience.js';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import type { Participant } from '../storage/unit-of-work.js';
import {
  TransactionalRegistrationListener,
  type RegistrationEvent,
  type RegistrationListener,
} from './registration.listener.js';
import type { TokenEvent } from './token-event.js';
import { LOGGER } from '../errors/logger.js';

/** What listeners are told. */
type Told = RegistrationEvent | TokenEvent;

/** Tells the host's listeners, each where it belongs: within the unit of work or after it. */
@Injectable()
export class RegistrationListeners {
  private readonly logger = new Logger(LOGGER);
  private readonly within: readonly TransactionalRegistrationListener[];
  private readonly after: readonly RegistrationListener[];

  constructor(
    listeners: readonly RegistrationListener[],
    private readonly storage: RegistrationDataSource,
  ) {
    this.within = storage.hasTransactions
      ? listeners.filter((one) => one instanceof TransactionalRegistrationListener)
      : [];
    this.after = listeners.filter((one) => !(this.within as readonly RegistrationListener[]).includes(one));
  }

  /**
   * What takes part in the unit of work; undefined when no listener does, so that no transaction is opened for them.
   * It fails with an OverdueError when a listener takes too long.
   */
  participant(...events: Told[]): Participant | undefined {
    if (this.within.length === 0) return undefined;
    return async (manager) => {
      for (const listener of this.within) {
        const telling = inTurn(events, (event) => told(listener, event, manager));
        await withPatience(telling, `the listener ${nameOf(listener)} did not end in time`);
      }
    };
  }

  /**
   * Tells all of a change that is stored nowhere: those that take part in a unit of work have one of their own.
   * @throws TemporarilyUnavailableError, or what such a listener threw: they have to be told again
   */
  async tellAll(event: RegistrationEvent): Promise<void> {
    const participant = this.participant(event);
    if (participant) await this.storage.unitOfWork.run([], participant);
    await this.tell(event);
  }

  /** Whether none of them keeps an expired client. */
  async mayPurge(client: OAuthClientRecord): Promise<boolean> {
    for (const listener of [...this.within, ...this.after]) {
      const name = nameOf(listener);
      try {
        const answer = (async () => listener.mayPurge(client))();
        if (!(await withPatience(answer, `${name} did not answer in time`))) return false;
      } catch (error) {
        this.logger.error(`the listener ${name} failed to say whether a client may be removed`, detailOf(error));
        return false;
      }
    }
    return true;
  }

  /** Tells the others of what is stored. */
  async tell(...events: Told[]): Promise<void> {
    for (const listener of this.after) await this.tellOne(listener, events);
  }

  /** Tells all of a token that was refused, or let a request in. Nobody waits for it: how long it takes says nothing about the token. */
  tellLater(event: TokenEvent): void {
    for (const listener of [...this.within, ...this.after]) void this.tellOne(listener, [event]);
  }

  private async tellOne(listener: RegistrationListener, events: readonly Told[]): Promise<void> {
    const name = nameOf(listener);
    for (const event of events) {
      try {
        await withPatience(told(listener, event, this.storage.dataSource.manager), `${name} did not end in time`);
      } catch (error) {
        this.logger.error(`the listener ${name} failed after ${subjectOf(event)} was ${event.type}`, detailOf(error));
      }
    }
  }
}

async function inTurn<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  for (const value of values) await work(value);
}

function subjectOf(event: Told): string {
  return isOfToken(event) ? 'a token' : 'a client';
}

function isOfToken(event: Told): event is TokenEvent {
  return 'kind' in event;
}

async function told(listener: RegistrationListener, event: Told, manager: EntityManager): Promise<void> {
  if (isOfToken(event)) await listener.handleToken(event, manager);
  else if (listener instanceof TransactionalRegistrationListener) await listener.handle(event, manager);
  else await listener.handle(event);
}

function nameOf(listener: RegistrationListener): string {
  return listener.constructor.name;
}

function detailOf(error: unknown): string | undefined {
  if (error instanceof OverdueError) return String(error.cause);
  return error instanceof Error ? error.stack : String(error);
}
