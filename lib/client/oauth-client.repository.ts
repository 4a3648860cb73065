import { Injectable, type Type } from '@nestjs/common';
import {
  In,
  IsNull,
  LessThanOrEqual,
  MoreThan,
  Not,
  Or,
  type EntityManager,
  type FindOptionsWhere,
  type ObjectLiteral,
} from 'typeorm';
import type { Condition } from '../storage/fixed-condition.js';
import { exactText } from '../storage/exact-text.js';
import { instancesOf } from '../storage/plain-column.js';
import { PostgresInsert } from '../storage/postgres-insert.js';
import { isKey, RegistrationDataSource, type Lookup } from '../storage/registration-data-source.js';
import type { Participant, Write } from '../storage/unit-of-work.js';
import { epochNow } from '../token/clock.js';
import { isWithin, type ClientBoundary } from './client-boundary.js';
import { isIdentified, sameStanding } from './client-conditions.js';
import type { ClientQuota } from './client-quota.js';
import type { ClientSource, ClientState, OAuthClientRecord } from './oauth-client.record.js';

/** Which clients are listed, in the order of their ids. */
export interface ClientPage extends ClientBoundary {
  /** Those that registered themselves, or that were added by hand. */
  readonly source?: ClientSource;
  /** Those that stand there in their life. */
  readonly status?: ClientState;
  /** The id of the last client of the page before. */
  readonly after?: string;
  /** How many at most. */
  readonly limit: number;
}

/** What has to hold for a new client, and what happens with it. */
export interface ClientInsertion {
  /** A write that must match a row, or nothing is stored. */
  readonly condition?: Condition | undefined;
  readonly participant?: Participant | undefined;
  /** What is written with it. */
  readonly others?: readonly Write[];
  /** How many clients there may be before it. */
  readonly quotas?: readonly ClientQuota[];
}

/** Keeps clients. Every conditional write repeats what the caller was judged by: version, or status, and registration access token. */
@Injectable()
export class OAuthClientRepository {
  private readonly instance: (...records: ObjectLiteral[]) => ObjectLiteral;
  private readonly fixedInsert: PostgresInsert | undefined;

  private readonly byClientId: Lookup<OAuthClientRecord>;
  private readonly byRegistrationAccessToken: Lookup<OAuthClientRecord>;
  private readonly byFoldingKey: Lookup<OAuthClientRecord>;

  constructor(private readonly storage: RegistrationDataSource) {
    this.byClientId = storage.lookup('client', 'clientId');
    this.byRegistrationAccessToken = storage.lookup('client', 'clientId', [
      'registrationAccessTokenHash',
      'previousRegistrationAccessTokenHash',
    ]);
    this.byFoldingKey = storage.lookup('client', 'foldingKey');
    this.instance = instancesOf(storage.dataSource, storage.metadataOf('client'));
    this.fixedInsert = PostgresInsert.for(storage, storage.metadataOf('client'));
  }

  /** @returns the client with exactly this id; undefined when there is none within the boundary, and for anything that cannot be an id */
  async findByClientId(clientId: string, within?: ClientBoundary): Promise<OAuthClientRecord | undefined> {
    if (!isKey(clientId)) return undefined;
    const found = await this.byClientId(clientId);
    // Not every database compares text exactly: MariaDB ignores case and trailing spaces.
    return found?.clientId === clientId && isWithin(found, within) ? found : undefined;
  }

  /**
   * @returns the client with this id of which this is the registration access token, or was before the last rotation; undefined for any other pair.
   * One query finds all of it or nothing: a client that exists takes no longer to be refused than one that does not, and a token that becomes
   * the other one meanwhile is not missed
   */
  async findByRegistrationAccessToken(clientId: string, tokenHash: string): Promise<OAuthClientRecord | undefined> {
    if (!isKey(clientId) || !isKey(tokenHash)) return undefined;
    const found = await this.byRegistrationAccessToken(clientId, tokenHash);
    if (found?.clientId !== clientId) return undefined;
    const { registrationAccessTokenHash, previousRegistrationAccessTokenHash } = found;
    return [registrationAccessTokenHash, previousRegistrationAccessTokenHash].includes(tokenHash) ? found : undefined;
  }

  /** @returns the client that registrations with this key share; undefined when there is none */
  async findByFoldingKey(foldingKey: string): Promise<OAuthClientRecord | undefined> {
    if (!isKey(foldingKey)) return undefined;
    const found = await this.byFoldingKey(foldingKey);
    return found?.foldingKey === foldingKey ? found : undefined;
  }

  /** The clients of a page; none for what cannot be an owner, a source, a status or an id. */
  async list({ owner, tenant, source, status, after, limit }: ClientPage): Promise<OAuthClientRecord[]> {
    if ([owner, tenant, source, status, after].some((key) => key !== undefined && !isKey(key))) return [];
    const where: FindOptionsWhere<OAuthClientRecord> = {
      ...(owner !== undefined && { owner: exactText(this.storage.dataSource, owner) }),
      ...(tenant !== undefined && { tenant: exactText(this.storage.dataSource, tenant) }),
      ...(source !== undefined && { source }),
      ...(status !== undefined && inState(status)),
      ...(after !== undefined && { clientId: MoreThan(after) }),
    };
    return this.storage.read((manager) =>
      manager.find(this.storage.entities.client, { where, order: { clientId: 'ASC' }, take: limit }),
    );
  }

  /** Those of the ids that are taken, as the database compares them: MariaDB ignores case and trailing spaces. */
  async taken(clientIds: readonly string[]): Promise<string[]> {
    const clientId = In(clientIds.filter((id) => isKey(id)));
    const found = await this.storage.read((manager) =>
      manager.find(this.storage.entities.client, { where: { clientId }, select: { clientId: true } }),
    );
    return found.map((client) => client.clientId);
  }

  /** How many clients have this in their columns. */
  async count(of: ClientQuota['of']): Promise<number> {
    const found = await this.storage.read((manager) => this.counting(of)(manager).getRawOne<{ clients: unknown }>());
    return Number(found?.clients);
  }

  /** How many other clients of its tenant have the name of this one, as the database compares text. */
  async countOthersNamed({ clientId, clientName, tenant }: OAuthClientRecord): Promise<number> {
    if (!isKey(clientId) || !isKey(clientName)) return 0;
    const where = { clientName, clientId: Not(clientId), tenant: this.equal(tenant) } as ObjectLiteral;
    return this.storage.read((manager) => manager.count(this.entity, { where }));
  }

  /** An instance of the host's entity class, with the columns of these. */
  create(...records: Partial<OAuthClientRecord>[]): OAuthClientRecord {
    return this.instance(...records) as OAuthClientRecord;
  }

  /**
   * Stores a new client, together with what has to happen with it.
   * @returns whether the condition matched, and so the client is stored
   * @throws RegistrationError of a quota when there are as many clients
   * @throws DuplicateKeyError when its id is taken, or something of the others
   * @throws TypeError for a client that could never be found again
   */
  async insert(client: OAuthClientRecord, insertion: ClientInsertion = {}): Promise<boolean> {
    const { condition, participant, others = [], quotas = [] } = insertion;
    if (!isKey(client.clientId)) throw new TypeError('a client needs a clientId that is a non-empty string');
    const isAlone = !participant && others.length === 0 && quotas.length === 0;
    if (isAlone && this.fixedInsert?.accepts(client)) return this.fixedInsert.run(client, condition);
    const insert: Write = (manager) => manager.createQueryBuilder().insert().into(this.entity).values(client);
    const counts = quotas.map((quota) => this.isBelow(quota));
    const writes = [...counts, ...(condition ? [condition.write] : []), ...others, insert];
    const refused = await this.storage.unitOfWork.run(writes, participant, unique(quotas.map(lockOf)));
    const refusing = refused === undefined ? undefined : quotas[refused];
    if (refusing) throw refusing.refusal;
    return refused === undefined;
  }

  /**
   * Stores new clients, all of them or none.
   * @throws DuplicateKeyError when an id of them is taken
   * @throws TypeError for a client that could never be found again
   */
  async insertAll(clients: readonly OAuthClientRecord[]): Promise<void> {
    if (clients.length > 0) await this.storage.unitOfWork.run([this.insertOf(clients)]);
  }

  /**
   * Does the same and undoes it, so that nothing is stored and every objection of the database is known.
   * @throws as insertAll
   */
  async rehearseInsert(clients: readonly OAuthClientRecord[]): Promise<void> {
    // What matches no row undoes what was written before.
    const nothing: Write = (manager) => manager.createQueryBuilder(this.entity, 'client').select('1').where('1 = 0');
    if (clients.length > 0) await this.storage.unitOfWork.run([this.insertOf(clients), nothing]);
  }

  /**
   * Replaces the columns given, if the client is still the one that was read.
   * @param others what is written with it
   * @returns whether it was; its version is one higher now
   */
  async update(
    current: OAuthClientRecord,
    columns: Partial<OAuthClientRecord>,
    participant?: Participant,
    others: readonly Write[] = [],
  ): Promise<boolean> {
    if (!isIdentified(current) || !Number.isSafeInteger(current.version)) return false;
    // What moves to the place of the previous secret may be hashed or encrypted anew meanwhile, which leaves the version.
    const isMoving = isKey(columns.previousClientSecretHash);
    const where = { ...unchanged(current), ...(isMoving && sameSecret(current)) };
    const update: Write = (manager) => manager.createQueryBuilder().update(this.entity).set(columns).where(where);
    return (await this.storage.unitOfWork.run([update, ...others], participant)) === undefined;
  }

  /**
   * Deletes the client, whatever has been updated meanwhile, if its registration access token and its status are still those that were read.
   * @returns whether it was
   */
  async delete(current: OAuthClientRecord, participant?: Participant): Promise<boolean> {
    return isIdentified(current) && this.deleteWhere(sameStanding(current), participant);
  }

  /**
   * Deletes the client, if it is still the one that was read.
   * @returns whether it was
   */
  async deleteVersion(current: OAuthClientRecord, participant?: Participant): Promise<boolean> {
    if (!isIdentified(current) || !Number.isSafeInteger(current.version)) return false;
    return this.deleteWhere(unchanged(current), participant);
  }

  private async deleteWhere(where: ObjectLiteral, participant: Participant | undefined): Promise<boolean> {
    const remove: Write = (manager) => manager.createQueryBuilder().delete().from(this.entity).where(where);
    return (await this.storage.unitOfWork.run([remove], participant)) === undefined;
  }

  /** A row while there are fewer clients than the quota allows. */
  private isBelow({ of, maximum }: ClientQuota): Write {
    const counting = this.counting(of);
    return (manager) => counting(manager).having('COUNT(*) < :maximum', { maximum });
  }

  private counting(of: ClientQuota['of']) {
    const where = Object.fromEntries(Object.entries(of).map(([name, value]) => [name, this.equal(value)]));
    return (manager: EntityManager) =>
      manager.createQueryBuilder(this.entity, 'client').select('COUNT(*)', 'clients').where(where);
  }

  private equal(value: unknown): unknown {
    if (value === null) return IsNull();
    return typeof value === 'string' ? exactText(this.storage.dataSource, value) : value;
  }

  private insertOf(clients: readonly OAuthClientRecord[]): Write {
    if (!clients.every((client) => isKey(client.clientId))) throw new TypeError('a client needs a clientId');
    return (manager) =>
      manager
        .createQueryBuilder()
        .insert()
        .into(this.entity)
        .values([...clients]);
  }

  /** The entity class without its columns: TypeORM's types of partial entities do not know JSON values. */
  private get entity(): Type<ObjectLiteral> {
    return this.storage.entities.client;
  }
}

function inState(state: ClientState): FindOptionsWhere<OAuthClientRecord> {
  const now = epochNow();
  return state === 'expired'
    ? { expiresAt: LessThanOrEqual(now) }
    : { status: state, expiresAt: Or(IsNull(), MoreThan(now)) };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Those that count the same clients wait for each other. */
function lockOf({ of }: ClientQuota): string {
  return JSON.stringify(Object.entries(of).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function unchanged(client: OAuthClientRecord) {
  return { ...sameStanding(client), version: client.version };
}

function sameSecret({ clientSecretHash, clientSecretEncrypted }: OAuthClientRecord) {
  return {
    clientSecretHash: clientSecretHash ?? IsNull(),
    clientSecretEncrypted: clientSecretEncrypted ?? IsNull(),
  };
}
