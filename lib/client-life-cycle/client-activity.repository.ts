import { Injectable, type Type } from '@nestjs/common';
import {
  And,
  In,
  IsNull,
  LessThanOrEqual,
  MoreThan,
  Not,
  type DataSource,
  type FindOptionsWhere,
  type ObjectLiteral,
} from 'typeorm';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { exactText } from '../storage/exact-text.js';
import { isKey, RegistrationDataSource } from '../storage/registration-data-source.js';
import type { Participant, Write } from '../storage/unit-of-work.js';

/** A client and when its time is over; a page of expired ones begins behind it. */
export type ExpiredClient = Pick<OAuthClientRecord, 'clientId' | 'expiresAt'>;

/** Which of the clients whose time is over, or begins, are meant. */
export interface ExpirableClients {
  /** Those of one owner. */
  readonly owner?: string | undefined;
  /** Those of one tenant. */
  readonly tenant?: string | undefined;
  /** Those that registered without a token and never authenticated. */
  readonly isUnusedByStrangers?: boolean;
}

/** Keeps when clients were used, and finds those whose time is over. */
@Injectable()
export class ClientActivityRepository {
  constructor(private readonly storage: RegistrationDataSource) {}

  /**
   * Notes that active clients were used. It is no change of a client: its version stays.
   * @param now seconds since the epoch
   * @param expiresAt when they are no longer there, in seconds since the epoch; `null` for never
   * @returns whether one of them is still there and active
   */
  async touch(clientIds: readonly string[], now: number, expiresAt: number | null): Promise<boolean> {
    const ids = clientIds.filter((id) => isKey(id));
    if (ids.length === 0) return false;
    const touch: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ lastUsedAt: now, expiresAt, ...this.storage.sameVersion() })
        .where({ clientId: In(ids), status: 'active' })
        .andWhere([{ expiresAt: IsNull() }, { expiresAt: MoreThan(now) }]);
    return (await this.storage.unitOfWork.run([touch])) === undefined;
  }

  /**
   * Gives clients that have no end one: active or pending ones that registered themselves. It is no change of a client: its version stays.
   * @param expiresAt seconds since the epoch
   */
  async beginLifetimes(which: 'used' | 'unused', expiresAt: number, of: ExpirableClients): Promise<void> {
    const where = whereOf(this.storage.dataSource, of);
    if (!where) return;
    const update: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ expiresAt, ...this.storage.sameVersion() })
        .where({ expiresAt: IsNull(), source: 'dynamic', status: Not('suspended'), ...where })
        .andWhere({ lastUsedAt: which === 'used' ? Not(IsNull()) : IsNull() });
    await this.storage.unitOfWork.run([update]);
  }

  /**
   * Clients whose time is over, the longest first.
   * @param now seconds since the epoch
   * @param limit how many at most
   * @param after the last one of the page before
   */
  async expired(
    now: number,
    limit: number,
    after: ExpiredClient | undefined,
    of: ExpirableClients = {},
  ): Promise<OAuthClientRecord[]> {
    const those = whereOf(this.storage.dataSource, of);
    if (!those) return [];
    const where =
      after === undefined
        ? { ...those, expiresAt: LessThanOrEqual(now) }
        : [
            { ...those, expiresAt: And(MoreThan(Number(after.expiresAt)), LessThanOrEqual(now)) },
            { ...those, expiresAt: Number(after.expiresAt), clientId: MoreThan(after.clientId) },
          ];
    return this.storage.read((manager) =>
      manager.find(this.storage.entities.client, {
        where,
        order: { expiresAt: 'ASC', clientId: 'ASC' },
        take: limit,
      }),
    );
  }

  /**
   * Gives a client another time, if it still has the one that was read: it was neither used nor stopped meanwhile. It is no change of a client: its
   * version stays.
   * @param until seconds since the epoch; `null` for ever
   */
  async postponeExpiry({ clientId, expiresAt }: ExpiredClient, until: number | null): Promise<void> {
    const isTime = until === null || Number.isSafeInteger(until);
    if (!isKey(clientId) || !Number.isSafeInteger(expiresAt) || !isTime) return;
    const update: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ expiresAt: until, ...this.storage.sameVersion() })
        .where({ clientId, expiresAt });
    await this.storage.unitOfWork.run([update]);
  }

  /**
   * Deletes a client whose time is over, if it still is.
   * @returns whether it was
   */
  async deleteExpired({ clientId, expiresAt }: ExpiredClient, participant?: Participant): Promise<boolean> {
    if (!isKey(clientId) || !Number.isSafeInteger(expiresAt)) return false;
    const remove: Write = (manager) =>
      manager.createQueryBuilder().delete().from(this.entity).where({ clientId, expiresAt });
    return (await this.storage.unitOfWork.run([remove], participant)) === undefined;
  }

  /** The entity class without its columns: TypeORM's types of partial entities do not know JSON values. */
  private get entity(): Type<ObjectLiteral> {
    return this.storage.entities.client;
  }
}

/** @returns undefined for what cannot be an owner or a tenant: nobody is one's */
function whereOf(dataSource: DataSource, { owner, tenant, isUnusedByStrangers = false }: ExpirableClients) {
  if ([owner, tenant].some((key) => key !== undefined && !isKey(key))) return undefined;
  return {
    ...(owner !== undefined && { owner: exactText(dataSource, owner) }),
    ...(tenant !== undefined && { tenant: exactText(dataSource, tenant) }),
    ...(isUnusedByStrangers && { registeredOpenly: true, lastUsedAt: IsNull() }),
  } satisfies FindOptionsWhere<OAuthClientRecord>;
}
