import { Injectable, Logger } from '@nestjs/common';
import type { RegistrableMetadata } from '../client-metadata/client-metadata.settlement.js';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import { RegistrationPolicies, type Judgement } from '../client-registration/registration-policies.js';
import { secretNeedOf } from '../client-secret/client-secret.rules.js';
import { ClientSecretService, NO_SECRET } from '../client-secret/client-secret.service.js';
import type { StoredSecret } from '../client-secret/stored-secret.js';
import { LOGGER } from '../errors/logger.js';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { RegistrationAccessTokenService } from '../registration-access-token/registration-access-token.service.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { SoftwareStatementService } from '../software-statement/software-statement.service.js';
import { DuplicateKeyError } from '../storage/storage-failure.js';
import type { ClientBoundary } from './client-boundary.js';
import { ClientCredentialsRepository } from './client-credentials.repository.js';
import { ClientIdGenerator } from './client-id.generator.js';
import { ClientMetadataMapper } from './client-metadata.mapper.js';
import { CLIENT_ID_RULE, isClientId, isOwner, OWNER_RULE } from './client.rules.js';
import { OAuthClientFactory } from './oauth-client.factory.js';
import type { OAuthClientRecord } from './oauth-client.record.js';
import { OAuthClientRepository } from './oauth-client.repository.js';

/**
 * A client to add by hand: its metadata by the names on the wire, and what a client could not choose itself. With an empty list of
 * `grant_types` it has none, and can use no endpoint that needs one.
 */
export interface ManualClient extends ClientMetadata {
  /** 1 to 255 printable ASCII characters. @default generated */
  readonly clientId?: string;
  /** A secret of 1 to 72 printable ASCII characters; of 64 to 72 where it is the key of an algorithm. @default generated, where the authentication method needs one */
  readonly clientSecret?: string;
  /** Who is responsible. @default none */
  readonly owner?: string;
  /** In whose part of the server it lives. @default none */
  readonly tenant?: string;
}

/** A client that was added, and what is shown of it this once. */
export interface CreatedClient {
  readonly client: OAuthClientRecord;
  readonly clientSecret: string | undefined;
  readonly registrationAccessToken: string | undefined;
}

/** The host's own way to its clients: add one by hand, look one up, check its secret. */
@Injectable()
export class OAuthClientService {
  private readonly logger = new Logger(LOGGER);
  private isRehashing = false;

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly policies: RegistrationPolicies,
    private readonly clientIds: ClientIdGenerator,
    private readonly secrets: ClientSecretService,
    private readonly registrationAccessTokens: RegistrationAccessTokenService,
    private readonly factory: OAuthClientFactory,
    private readonly mapper: ClientMetadataMapper,
    private readonly clients: OAuthClientRepository,
    private readonly credentials: ClientCredentialsRepository,
    private readonly listeners: RegistrationListeners,
    private readonly statements: SoftwareStatementService,
  ) {}

  /**
   * Adds a client by the same rules as a registration (`source: 'manual'`).
   * @throws RegistrationError naming what is wrong, an id that is taken included; nothing is stored then
   */
  async create({
    clientId = this.clientIds.generate(),
    clientSecret,
    owner,
    tenant,
    ...metadata
  }: ManualClient): Promise<CreatedClient> {
    if (!isClientId(clientId)) throw new InvalidClientMetadataError(`client_id ${CLIENT_ID_RULE}`);
    if (owner !== undefined && !isOwner(owner)) throw new InvalidClientMetadataError(`owner ${OWNER_RULE}`);
    if (tenant !== undefined && !isOwner(tenant)) throw new InvalidClientMetadataError(`tenant ${OWNER_RULE}`);
    const judgement = await this.policies.judge(metadata, this.config.server.grantTypes, {
      operation: 'create',
      credential: undefined,
      owner: owner ?? null,
      tenant: tenant ?? null,
      bounds: null,
      client: undefined,
    });
    const { metadata: registrable, heldFor } = judgement;
    const secret = await this.secretFor(registrable, clientId, clientSecret);
    const { registrationAccessToken, registrationAccessTokenHash } = this.registrationAccessTokens.issue();
    const client = this.factory.create(registrable, {
      clientId,
      source: 'manual',
      secret,
      registrationAccessTokenHash,
      owner: owner ?? null,
      tenant: tenant ?? null,
      status: heldFor === undefined ? 'active' : 'pending',
      registeredOpenly: false,
    });
    await this.store(client, judgement);
    return { client, clientSecret: secret.clientSecret, registrationAccessToken };
  }

  /**
   * The client as an operator sees it, held and expired ones included: whoever is about to let a client do something asks `ClientResolver`.
   * @returns the client with exactly this id; undefined when there is none, and for anything that is not a non-empty string
   */
  async find(clientId: string, within?: ClientBoundary): Promise<OAuthClientRecord | undefined> {
    return this.clients.findByClientId(clientId, within);
  }

  /** The metadata of a client by its names on the wire, every default included; no member is `null` or empty (RFC 7591 section 2). */
  metadataOf(client: OAuthClientRecord): Readonly<Record<string, unknown>> {
    return this.mapper.toMetadata(client);
  }

  /**
   * Whether this is the client's secret and it has not expired, or the one before the last rotation within its grace; false for a client without one,
   * and where none is presented. The hash of a secret that proves right is replaced where the hasher says so.
   */
  async verifySecret(client: OAuthClientRecord, presented: string | undefined): Promise<boolean> {
    const proven = await this.secrets.proven(client, presented);
    if (presented === undefined || !proven) return false;
    await this.rehash(client, proven, presented);
    return true;
  }

  /** The answer does not depend on it: what is not done now is done with the next request of the client. */
  private async rehash(client: OAuthClientRecord, proven: StoredSecret, secret: string): Promise<void> {
    // One at a time: bcrypt has threads for two, and the other one is for who waits for an answer.
    if (this.isRehashing) return;
    this.isRehashing = true;
    try {
      const hash = await this.secrets.rehashed(proven, secret);
      if (hash !== undefined) await this.credentials.replaceSecretHash(client, hash, proven.which);
    } catch (error) {
      this.logger.warn(`a client secret was not hashed anew: ${error instanceof Error ? error.message : 'unknown'}`);
    } finally {
      this.isRehashing = false;
    }
  }

  private async secretFor(metadata: RegistrableMetadata, clientId: string, chosen: string | undefined) {
    const isNeeded = secretNeedOf(metadata, this.config.metadataTable) !== 'none';
    if (!isNeeded && chosen === undefined) return { ...NO_SECRET, clientSecret: undefined };
    return this.secrets.make(clientId, metadata, chosen);
  }

  private async store(client: OAuthClientRecord, { heldFor: note, quotas }: Judgement): Promise<void> {
    const who = { credential: undefined, reason: 'administered', note } as const;
    const event = { type: 'registered', client, previous: undefined, ...who } as const;
    const participant = this.listeners.participant(event);
    try {
      await this.statements.take(client, undefined, (others) =>
        this.clients.insert(client, { participant, others, quotas }),
      );
    } catch (error) {
      // Another unique column of the host's entity may be what stands in the way.
      const isTaken = error instanceof DuplicateKeyError && (await this.clients.taken([client.clientId])).length > 0;
      throw isTaken ? new InvalidClientMetadataError('client_id is taken already') : error;
    }
    await this.listeners.tell(event);
  }
}
