import { Injectable, Logger } from '@nestjs/common';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import type { Participant } from '../storage/unit-of-work.js';
import {
  TransactionalRegistrationListener,
  type RegistrationEvent,
  type RegistrationListener,
} from './registration.listener.js';
import { LOGGER } from '../errors/logger.js';

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

  /** What takes part in the unit of work; undefined when no listener does, so that no transaction is opened for them. */
  participant(event: RegistrationEvent): Participant | undefined {
    if (this.within.length === 0) return undefined;
    return async (manager) => {
      for (const listener of this.within) await listener.handle(event, manager);
    };
  }

  /** Tells the others of what is stored. */
  async tell(event: RegistrationEvent): Promise<void> {
    for (const listener of this.after) {
      try {
        if (listener instanceof TransactionalRegistrationListener)
          await listener.handle(event, this.storage.dataSource.manager);
        else await listener.handle(event);
      } catch (error) {
        this.logger.error(
          `a listener failed after a client was ${event.type}`,
          error instanceof Error ? error.stack : String(error),
        );
      }
    }
  }
}
