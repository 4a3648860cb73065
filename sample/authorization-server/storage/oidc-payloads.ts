import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Repository, type FindOptionsWhere } from 'typeorm';
import { OidcPayload } from './oidc-payload.entity.js';
import { hashOf, now, rowOf, type Payload } from './oidc-payload.row.js';

/** Rows that are written between two removals of those that have expired. */
const BETWEEN_REMOVALS = 100;

/** Keeps what the provider keeps. */
@Injectable()
export class OidcPayloads {
  private written = 0;

  constructor(@InjectRepository(OidcPayload) private readonly rows: Repository<OidcPayload>) {}

  async find(model: string, id: string): Promise<Payload | undefined> {
    return this.read({ hash: hashOf(model, id) });
  }

  async findByUid(model: string, uid: string): Promise<Payload | undefined> {
    return this.read({ uidHash: hashOf(model, uid) });
  }

  /** Writes a row, or writes it anew. */
  async upsert(model: string, id: string, payload: Payload, expiresIn: number): Promise<void> {
    await this.rows.upsert(rowOf(model, id, payload, expiresIn), ['hash']);
    await this.removeExpired();
  }

  /** @returns whether it is the first one of this identifier */
  async insert(model: string, id: string, payload: Payload, expiresIn: number): Promise<boolean> {
    const row = rowOf(model, id, payload, expiresIn);
    try {
      await this.rows.insert(row);
    } catch (error) {
      if (await this.rows.existsBy({ hash: row.hash })) return false;
      throw error;
    }
    await this.removeExpired();
    return true;
  }

  /** @returns whether it was there and nobody has consumed it before: of several requests at the same time one is told so */
  async consume(model: string, id: string): Promise<boolean> {
    const unused = { hash: hashOf(model, id), consumedAt: IsNull() };
    return (await this.rows.update(unused, { consumedAt: now() })).affected === 1;
  }

  async remove(model: string, id: string): Promise<void> {
    await this.rows.delete({ hash: hashOf(model, id) });
  }

  async removeGrant(grantId: string): Promise<void> {
    await this.rows.delete({ grantId });
  }

  private async read(where: FindOptionsWhere<OidcPayload>): Promise<Payload | undefined> {
    const row = await this.rows.findOneBy(where);
    if (!row || row.expiresAt <= now()) return undefined;
    return { ...row.payload, ...(row.consumedAt !== null && { consumed: row.consumedAt }) };
  }

  private async removeExpired(): Promise<void> {
    if (++this.written % BETWEEN_REMOVALS === 0) await this.rows.delete({ expiresAt: LessThan(now()) });
  }
}
