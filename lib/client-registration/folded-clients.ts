import { Injectable } from '@nestjs/common';
import type { RegistrableMetadata } from '../client-metadata/client-metadata.settlement.js';
import { ClientActivityRepository } from '../client-life-cycle/client-activity.repository.js';
import { expiryAfterResumption, firstExpiry } from '../client-life-cycle/client-lifetime.rules.js';
import { ClientPurgeService } from '../client-life-cycle/client-purge.service.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import { isExpiredClient, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { STATEMENT_MEMBER } from '../software-statement/statement-members.rules.js';
import { epochNow } from '../token/clock.js';
import { foldedRedirectUris, foldingKeyOf } from './folding.rules.js';
import { RegistrationListeners } from './registration-listeners.js';

/** How often the time until the first use is begun anew at most, while it passes once. */
const POSTPONED_AT_MOST = 100;

/** A registration that identical ones share the client of. */
export interface FoldedRegistration {
  /** What all of them have. */
  readonly metadata: RegistrableMetadata;
  readonly foldingKey: string;
}

/**
 * Identical registrations of public clients without a credential are one client (`openRegistration.foldIdentical`). Nobody has a registration access
 * token for it, the first registrant included: it would be one for the clients of all others.
 */
@Injectable()
export class FoldedClients {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly mapper: ClientMetadataMapper,
    private readonly clients: OAuthClientRepository,
    private readonly activity: ClientActivityRepository,
    private readonly listeners: RegistrationListeners,
    private readonly purge: ClientPurgeService,
  ) {}

  /** @returns undefined for a client that can prove who it is, and for one with a software statement, which is weighed for each request */
  fold(metadata: RegistrableMetadata): FoldedRegistration | undefined {
    const isPublic = metadata.token_endpoint_auth_method === 'none';
    if (!this.config.openRegistration.foldIdentical || !isPublic || STATEMENT_MEMBER in metadata) return undefined;
    const folded = Object.assign({}, metadata, { redirect_uris: foldedRedirectUris(metadata.redirect_uris) });
    // As it would be answered: what is asked for and not stored makes no difference.
    const client = this.clients.create(this.mapper.toColumns(folded));
    return { metadata: folded, foldingKey: foldingKeyOf(this.mapper.toMetadata(client)) };
  }

  /**
   * The client that registrations with this key share, whether it may be used or not: nobody gets around a suspension by registering again. Its time
   * until it is used first begins anew. One that has expired is removed; where a listener keeps it, its time begins anew, too: an answer must not name a
   * client that can never be used.
   * @returns undefined when there is none, or none any more
   */
  async find(foldingKey: string): Promise<OAuthClientRecord | undefined> {
    const client = await this.clients.findByFoldingKey(foldingKey);
    if (!client) return undefined;
    const now = epochNow();
    if (isExpiredClient(client, now)) {
      // One that was suspended stays so: a new one in its place would not be.
      if (client.status === 'suspended') return client;
      if (await this.listeners.mayPurge(client)) await this.purge.removeExpired(client);
      else await this.activity.postponeExpiry(client, expiryAfterResumption(client, this.config.clientLifetime, now));
      return this.clients.findByFoldingKey(foldingKey);
    }
    if (client.lastUsedAt === null) await this.postpone(client, now);
    return client;
  }

  private async postpone(client: OAuthClientRecord, now: number): Promise<void> {
    const { clientLifetime } = this.config;
    const expiresAt = firstExpiry(clientLifetime, now);
    if (expiresAt === null || client.expiresAt === null) return;
    // A flood of them would otherwise write the same row over and over.
    if (expiresAt - client.expiresAt < clientLifetime.untilFirstUseSeconds / POSTPONED_AT_MOST) return;
    await this.activity.postponeExpiry(client, expiresAt);
  }
}
