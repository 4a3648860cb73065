import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UsedClientAssertionTable } from '../client-authentication/used-client-assertion.table.js';
import { InvalidSoftwareStatementError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { DuplicateKeyError } from '../storage/storage-failure.js';
import type { Write } from '../storage/unit-of-work.js';
import { tokenHash } from '../token/opaque-token.js';
import type { SoftwareStatement } from './software-statement.js';
import type { SoftwareStatementIssuer } from './software-statement.options.js';
import { rememberedUntil } from './statement-claims.rules.js';
import { STATEMENT_MEMBER } from './statement-members.rules.js';

/** Takes statements that register one client: their `jti` is stored with the client, or neither is. */
@Injectable()
export class UsedSoftwareStatements implements OnModuleInit {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly table: UsedClientAssertionTable,
  ) {}

  /** @throws Error naming the line to add, where a statement has to be remembered */
  onModuleInit(): void {
    const { mode, issuers } = this.config.softwareStatements;
    if (mode !== 'ignored' && [...issuers.values()].some(({ requireJti }) => requireJti)) {
      this.table.require('take requireJti out of softwareStatements.issuers');
    }
  }

  /**
   * Stores something together with the use of a statement.
   * @param store given the writes that belong into its unit of work
   * @throws InvalidSoftwareStatementError when the statement was used before, on whatever instance; nothing is stored then
   */
  take<T>(statement: SoftwareStatement | undefined, store: (uses: readonly Write[]) => Promise<T>): Promise<T> {
    const issuer = statement && this.config.softwareStatements.issuers.get(statement.issuer);
    return statement && issuer?.requireJti ? this.takeOnce(statement, issuer, store) : store([]);
  }

  private async takeOnce<T>(
    statement: SoftwareStatement,
    issuer: SoftwareStatementIssuer,
    store: (uses: readonly Write[]) => Promise<T>,
  ): Promise<T> {
    const { claims } = statement;
    // Two authorization servers on one database have clients of their own.
    const hash = tokenHash(JSON.stringify([STATEMENT_MEMBER, this.config.issuer, statement.issuer, claims['jti']]));
    try {
      const stored = await store([this.table.use(hash, rememberedUntil(claims, issuer.maximumAgeSeconds))]);
      await this.table.removeSometimes();
      return stored;
    } catch (error) {
      // The client itself may be what is there already.
      if (error instanceof DuplicateKeyError && (await this.table.has(hash))) {
        throw new InvalidSoftwareStatementError(`${STATEMENT_MEMBER} was used before`);
      }
      throw error;
    }
  }
}
