import { Injectable, Logger, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { LessThan, type ObjectLiteral } from 'typeorm';
import { LOGGER } from '../errors/logger.js';
import { fail } from '../errors/start-failure.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import { DuplicateKeyError } from '../storage/storage-failure.js';
import { checkTable } from '../storage/table.check.js';
import { epochNow } from '../token/clock.js';
import { tokenHash } from '../token/opaque-token.js';
import { UsedClientAssertion } from './used-client-assertion.entity.js';
import { UsedClientAssertions } from './used-client-assertions.js';

/** How many assertions are accepted between two removals of those that have expired. */
const BETWEEN_REMOVALS = 100;

/** Remembers used client assertions in a table. */
@Injectable()
export class UsedClientAssertionRepository extends UsedClientAssertions implements OnApplicationBootstrap {
  private readonly logger = new Logger(LOGGER);
  private isNeeded = false;
  private sinceRemoval = 0;

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly storage: RegistrationDataSource,
  ) {
    super();
  }

  override check(): void {
    if (!this.storage.dataSource.hasMetadata(UsedClientAssertion)) {
      fail(
        'UsedClientAssertion is not known to the data source. Add it to its entities, set autoLoadEntities: true, or take private_key_jwt and ' +
          'client_secret_jwt out of server.tokenEndpointAuthMethods',
      );
    }
    this.isNeeded = true;
  }

  /** As with the other tables: a host may make them until then. */
  async onApplicationBootstrap(): Promise<void> {
    const { dataSource } = this.storage;
    if (this.isNeeded) await checkTable(dataSource, dataSource.getMetadata(UsedClientAssertion));
  }

  async remember(clientId: string, jti: string, expiresAt: number): Promise<boolean> {
    this.check();
    // Two issuers on one database have clients of their own.
    const hash = tokenHash(JSON.stringify([this.config.issuer, clientId, jti]));
    try {
      await this.storage.unitOfWork.run([
        (manager) =>
          manager
            .createQueryBuilder()
            .insert()
            .into(UsedClientAssertion)
            .values(manager.create(UsedClientAssertion, { hash, expiresAt })),
      ]);
    } catch (error) {
      if (error instanceof DuplicateKeyError) return false;
      throw error;
    }
    if (++this.sinceRemoval >= BETWEEN_REMOVALS) await this.removeExpired();
    return true;
  }

  /** The answer does not depend on it: what is left over is removed the next time. */
  private async removeExpired(): Promise<void> {
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
