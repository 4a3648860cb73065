import { Injectable, type Type } from '@nestjs/common';
import { IsNull, type ObjectLiteral } from 'typeorm';
import { PostgresInsert } from '../storage/postgres-insert.js';
import { isKey, RegistrationDataSource, type Lookup } from '../storage/registration-data-source.js';
import type { Participant, Write } from '../storage/unit-of-work.js';
import type { OAuthClientRecord } from './oauth-client.record.js';

/** Keeps clients. Every conditional write repeats what the caller was judged by: version and registration access token. */
@Injectable()
export class OAuthClientRepository {
  private readonly fixedInsert: PostgresInsert | undefined;

  private readonly byClientId: Lookup<OAuthClientRecord>;
  private readonly byRegistrationAccessToken: Lookup<OAuthClientRecord>;

  constructor(private readonly storage: RegistrationDataSource) {
    this.byClientId = storage.lookup('client', 'clientId');
    this.byRegistrationAccessToken = storage.lookup('client', 'clientId', 'registrationAccessTokenHash');
    this.fixedInsert = PostgresInsert.for(storage.dataSource, storage.metadataOf('client'));
  }

  /** @returns the client with exactly this id; undefined when there is none, and for anything that cannot be an id */
  async findByClientId(clientId: string): Promise<OAuthClientRecord | undefined> {
    if (!isKey(clientId)) return undefined;
    const found = await this.byClientId(clientId);
    // Not every database compares text exactly: MariaDB ignores case and trailing spaces.
    return found?.clientId === clientId ? found : undefined;
  }

  /**
   * @returns the client with this id and this registration access token; undefined for any other pair. One query finds both or nothing, so
   * that a client that exists takes no longer to be refused than one that does not
   */
  async findByRegistrationAccessToken(clientId: string, tokenHash: string): Promise<OAuthClientRecord | undefined> {
    if (!isKey(clientId) || !isKey(tokenHash)) return undefined;
    const found = await this.byRegistrationAccessToken(clientId, tokenHash);
    return found?.clientId === clientId ? found : undefined;
  }

  /** An instance of the host's entity class. */
  create(record: Partial<OAuthClientRecord>): OAuthClientRecord {
    return this.storage.dataSource.manager.create(this.storage.entities.client, record);
  }

  /**
   * Stores a new client, together with what has to happen with it.
   * @param condition a write that must match a row, or nothing is stored
   * @returns whether the client is stored
   * @throws DuplicateKeyError when its id is taken
   * @throws TypeError for a client that could never be found again
   */
  async insert(client: OAuthClientRecord, condition?: Write, participant?: Participant): Promise<boolean> {
    if (!isKey(client.clientId)) throw new TypeError('a client needs a clientId that is a non-empty string');
    if (!participant && this.fixedInsert?.accepts(client)) return this.fixedInsert.run(client, condition);
    const insert: Write = (manager) => manager.createQueryBuilder().insert().into(this.entity).values(client);
    const refused = await this.storage.unitOfWork.run(condition ? [condition, insert] : [insert], participant);
    return refused === undefined;
  }

  /**
   * Replaces the columns given, if the client is still the one that was read.
   * @returns whether it was; its version is one higher now
   */
  async update(
    current: OAuthClientRecord,
    columns: Partial<OAuthClientRecord>,
    participant?: Participant,
  ): Promise<boolean> {
    if (!isIdentified(current) || !Number.isSafeInteger(current.version)) return false;
    const update: Write = (manager) =>
      manager.createQueryBuilder().update(this.entity).set(columns).where(unchanged(current));
    return (await this.storage.unitOfWork.run([update], participant)) === undefined;
  }

  /**
   * Deletes the client, whatever has been updated meanwhile, if its registration access token is still the one that was read.
   * @returns whether it was
   */
  async delete(current: OAuthClientRecord, participant?: Participant): Promise<boolean> {
    if (!isIdentified(current)) return false;
    const remove: Write = (manager) =>
      manager.createQueryBuilder().delete().from(this.entity).where(sameToken(current));
    return (await this.storage.unitOfWork.run([remove], participant)) === undefined;
  }

  /** The entity class without its columns: TypeORM's types of partial entities do not know JSON values. */
  private get entity(): Type<ObjectLiteral> {
    return this.storage.entities.client;
  }
}

/** Whether the conditions of a write would be there, and compare text with text. */
function isIdentified({ clientId, registrationAccessTokenHash: hash }: OAuthClientRecord): boolean {
  return isKey(clientId) && (hash === null || isKey(hash));
}

function unchanged(client: OAuthClientRecord) {
  return { ...sameToken(client), version: client.version };
}

function sameToken({ clientId, registrationAccessTokenHash }: OAuthClientRecord) {
  return { clientId, registrationAccessTokenHash: registrationAccessTokenHash ?? IsNull() };
}
