import { Injectable } from '@nestjs/common';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import { DuplicateKeyError } from '../storage/storage-failure.js';
import { tokenHash } from '../token/opaque-token.js';
import { UsedClientAssertionTable } from './used-client-assertion.table.js';
import { UsedClientAssertions } from './used-client-assertions.js';

/** Remembers used client assertions in a table. */
@Injectable()
export class UsedClientAssertionRepository extends UsedClientAssertions {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly storage: RegistrationDataSource,
    private readonly table: UsedClientAssertionTable,
  ) {
    super();
  }

  override check(): void {
    this.table.require('take private_key_jwt and client_secret_jwt out of server.tokenEndpointAuthMethods');
  }

  async remember(clientId: string, jti: string, expiresAt: number): Promise<boolean> {
    this.check();
    // Two issuers on one database have clients of their own.
    const hash = tokenHash(JSON.stringify([this.config.issuer, clientId, jti]));
    try {
      await this.storage.unitOfWork.run([this.table.use(hash, expiresAt)]);
    } catch (error) {
      if (error instanceof DuplicateKeyError) return false;
      throw error;
    }
    await this.table.removeSometimes();
    return true;
  }
}
