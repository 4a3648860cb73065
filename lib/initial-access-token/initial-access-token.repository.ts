import { Injectable, type Type } from '@nestjs/common';
import { IsNull, MoreThan, Raw, type ObjectLiteral } from 'typeorm';
import { isBoundary, isWithin, type ClientBoundary } from '../client/client-boundary.js';
import type { InitialAccessTokenRecord } from './initial-access-token.record.js';
import { FixedCondition, type Condition } from '../storage/fixed-condition.js';
import { isKey, RegistrationDataSource, type Lookup } from '../storage/registration-data-source.js';
import type { Participant, Write } from '../storage/unit-of-work.js';

/** Keeps initial access tokens. */
@Injectable()
export class InitialAccessTokenRepository {
  private readonly byHash: Lookup<InitialAccessTokenRecord>;
  private readonly unlimitedUse: FixedCondition<TokenUse>;
  private readonly limitedUse: FixedCondition<TokenUse>;

  constructor(private readonly storage: RegistrationDataSource) {
    const entity: Type<ObjectLiteral> = storage.entities.initialAccessToken;
    this.byHash = storage.lookup('initialAccessToken', 'tokenHash');
    this.unlimitedUse = new FixedCondition(
      storage.dataSource,
      (use) => (manager) =>
        manager
          .createQueryBuilder(entity, 'token')
          .select('1', 'usable')
          .where({ ...seen(use), maxUses: IsNull() })
          .andWhere(alive(use)),
    );
    this.limitedUse = new FixedCondition(
      storage.dataSource,
      (use) => (manager) =>
        manager
          .createQueryBuilder()
          .update(entity)
          .set({ uses: () => `${this.column('uses')} + 1` })
          .where({ ...seen(use), maxUses: Raw((column) => `${column} > ${this.column('uses')}`) })
          .andWhere(alive(use)),
    );
  }

  /** @throws TypeError for a token that could never be found again */
  async insert(token: InitialAccessTokenRecord, participant?: Participant): Promise<void> {
    if (!isKey(token.id) || !isKey(token.tokenHash)) throw new TypeError('a token needs an id and a tokenHash');
    const { initialAccessToken } = this.storage.entities;
    const insert: Write = (manager) =>
      manager.createQueryBuilder().insert().into(initialAccessToken).values(manager.create(initialAccessToken, token));
    await this.storage.unitOfWork.run([insert], participant);
  }

  /** @returns the token with this hash; undefined when there is none */
  async findByHash(tokenHash: string): Promise<InitialAccessTokenRecord | undefined> {
    if (!isKey(tokenHash)) return undefined;
    const found = await this.byHash(tokenHash);
    // Not every database compares text exactly: MariaDB ignores case and trailing spaces.
    return found?.tokenHash === tokenHash ? found : undefined;
  }

  /** All tokens within the boundary, the newest first. */
  async list(within: ClientBoundary): Promise<InitialAccessTokenRecord[]> {
    if (!isBoundary(within)) return [];
    const where = Object.fromEntries(Object.entries(within).filter(([, name]) => name !== undefined));
    const found = await this.storage.read((manager) =>
      manager.find(this.storage.entities.initialAccessToken, { where, order: { issuedAt: 'DESC', id: 'DESC' } }),
    );
    // Not every database compares text exactly.
    return found.filter((token) => isWithin(token, within));
  }

  /** @returns the token with exactly this id; undefined when there is none */
  async findById(id: string): Promise<InitialAccessTokenRecord | undefined> {
    if (!isKey(id)) return undefined;
    const { initialAccessToken } = this.storage.entities;
    const found = await this.storage.read((manager) => manager.findOneBy(initialAccessToken, { id }));
    return found?.id === id ? found : undefined;
  }

  /** @returns whether it was not revoked before */
  async revoke({ id }: InitialAccessTokenRecord, now: number, participant?: Participant): Promise<boolean> {
    if (!isKey(id)) return false;
    const revoke: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.storage.entities.initialAccessToken)
        .set({ revokedAt: now })
        .where({ id, revokedAt: IsNull() });
    return (await this.storage.unitOfWork.run([revoke], participant)) === undefined;
  }

  /**
   * Takes one use, if the token is still what the guard saw: part of the unit of work that stores the client. A token without a maximum is
   * looked at and not counted: a count would make all registrations with it wait for one row.
   * @throws TypeError for what is no record of a token: without its keys the write would match them all
   */
  use(token: InitialAccessTokenRecord, now: number): Condition {
    const { id, tokenHash, maxUses } = token;
    if (!isKey(id) || !isKey(tokenHash)) throw new TypeError('initialAccessToken must be the record of a token');
    return (maxUses === null ? this.unlimitedUse : this.limitedUse).with({ id, tokenHash, now });
  }

  /** The column of a property under the host's naming strategy. */
  private column(property: keyof InitialAccessTokenRecord): string {
    const column = this.storage.metadataOf('initialAccessToken').findColumnWithPropertyName(property);
    return this.storage.dataSource.driver.escape(column?.databaseName ?? property);
  }
}

/** A use of a token, at a time in seconds since the epoch. */
type TokenUse = { readonly id: string; readonly tokenHash: string; readonly now: number };

function seen({ id, tokenHash }: TokenUse) {
  return { id, tokenHash, revokedAt: IsNull() };
}

function alive({ now }: TokenUse) {
  return [{ expiresAt: IsNull() }, { expiresAt: MoreThan(now) }];
}
