import { Injectable, type Type } from '@nestjs/common';
import type { ObjectLiteral } from 'typeorm';
import type { EncryptedSecrets } from '../client-secret/stored-secret.js';
import { isKey, RegistrationDataSource } from '../storage/registration-data-source.js';
import type { Write } from '../storage/unit-of-work.js';
import { isIdentified, sameStanding } from './client-conditions.js';
import type { OAuthClientRecord } from './oauth-client.record.js';
import { NO_PREVIOUS_TOKEN } from './previous-credentials.js';

/** Keeps what clients prove themselves with, where that changes without a change of the client. */
@Injectable()
export class ClientCredentialsRepository {
  constructor(private readonly storage: RegistrationDataSource) {}

  /**
   * Makes one of a client's two registration access tokens its only one, if both are still those that were read. The version stays: nothing has
   * changed that an answer shows.
   * @returns whether they were
   */
  async settleRegistrationAccessToken(client: OAuthClientRecord, tokenHash: string): Promise<boolean> {
    const { previousRegistrationAccessTokenHash } = client;
    if (!isIdentified(client) || !isKey(previousRegistrationAccessTokenHash) || !isKey(tokenHash)) return false;
    const columns = { registrationAccessTokenHash: tokenHash, ...NO_PREVIOUS_TOKEN, ...this.storage.sameVersion() };
    const update: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set(columns)
        .where({ ...sameStanding(client), previousRegistrationAccessTokenHash });
    return (await this.storage.unitOfWork.run([update])) === undefined;
  }

  /**
   * Replaces the hash of one of a client's secrets by another one of the same secret, if it is still the one that was read. The version stays:
   * nothing has changed that an answer shows.
   */
  async replaceSecretHash(client: OAuthClientRecord, hash: string, which: 'current' | 'previous'): Promise<void> {
    const column = which === 'current' ? 'clientSecretHash' : 'previousClientSecretHash';
    const { clientId, [column]: replaced } = client;
    if (!isKey(clientId) || !isKey(replaced)) return;
    const update: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ [column]: hash, ...this.storage.sameVersion() })
        .where({ clientId, [column]: replaced });
    await this.storage.unitOfWork.run([update]);
  }

  /**
   * Replaces encrypted secrets of a client by others of the same secrets, if they are still those that were read.
   * @returns whether they were
   */
  async replaceEncryptedSecrets(client: OAuthClientRecord, columns: EncryptedSecrets): Promise<boolean> {
    const { clientId, clientSecretEncrypted, previousClientSecretEncrypted } = client;
    const replaced = {
      ...(columns.clientSecretEncrypted !== undefined && { clientSecretEncrypted }),
      ...(columns.previousClientSecretEncrypted !== undefined && { previousClientSecretEncrypted }),
    };
    const isReplacing = Object.keys(replaced).length > 0;
    if (!isKey(clientId) || !isReplacing || !Object.values(replaced).every(isKey)) return false;
    const update: Write = (manager) =>
      manager
        .createQueryBuilder()
        .update(this.entity)
        .set({ ...columns, ...this.storage.sameVersion() })
        .where({ clientId, ...replaced });
    return (await this.storage.unitOfWork.run([update])) === undefined;
  }

  /** The entity class without its columns: TypeORM's types of partial entities do not know JSON values. */
  private get entity(): Type<ObjectLiteral> {
    return this.storage.entities.client;
  }
}
