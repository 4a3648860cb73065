import { Injectable, Logger, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { LessThan, type ObjectLiteral } from 'typeorm';
import { LOGGER } from '../errors/logger.js';
import { fail } from '../errors/start-failure.js';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import { checkTable } from '../storage/table.check.js';
import type { Write } from '../storage/unit-of-work.js';
import { epochNow } from '../token/clock.js';
import { UsedClientAssertion } from './used-client-assertion.entity.js';

/** How many uses are stored between two removals of those that have expired. */
const BETWEEN_REMOVALS = 100;

/** The table of what can be used once, by its hash. */
@Injectable()
export class UsedClientAssertionTable implements OnApplicationBootstrap {
  private readonly logger = new Logger(LOGGER);
  private isNeeded = false;
  private sinceRemoval = 0;

  constructor(private readonly storage: RegistrationDataSource) {}

  /**
   * Called at the start of an application that needs it.
   * @param way what else ends the need
   * @throws Error when the data source does not know the entity
   */
  require(way: string): void {
    if (!this.storage.dataSource.hasMetadata(UsedClientAssertion)) {
      fail(
        `UsedClientAssertion is not known to the data source. Add it to its entities, set autoLoadEntities: true, or ${way}`,
      );
    }
    this.isNeeded = true;
  }

  /** As with the other tables: a host may make them until then. */
  async onApplicationBootstrap(): Promise<void> {
    const { dataSource } = this.storage;
    if (this.isNeeded) await checkTable(dataSource, dataSource.getMetadata(UsedClientAssertion));
  }

  /** Takes a use: a DuplicateKeyError when it was taken before. */
  use(hash: string, expiresAt: number): Write {
    return (manager) =>
      manager
        .createQueryBuilder()
        .insert()
        .into(UsedClientAssertion)
        .values(manager.create(UsedClientAssertion, { hash, expiresAt }));
  }

  /** Whether a use was taken. */
  async has(hash: string): Promise<boolean> {
    return this.storage.read((manager) => manager.existsBy(UsedClientAssertion, { hash }));
  }

  /** Removes what has expired, now and then. The answer does not depend on it: what is left over is removed the next time. */
  async removeSometimes(): Promise<void> {
    if (++this.sinceRemoval < BETWEEN_REMOVALS) return;
    this.sinceRemoval = 0;
    const entity: Type<ObjectLiteral> = UsedClientAssertion;
    try {
      await this.storage.unitOfWork.run([
        (manager) =>
          manager
            .createQueryBuilder()
            .delete()
            .from(entity)
            .where({ expiresAt: LessThan(epochNow()) }),
      ]);
    } catch (error) {
      this.logger.warn(
        `expired client assertions were not removed: ${error instanceof Error ? error.message : 'unknown'}`,
      );
    }
  }
}
