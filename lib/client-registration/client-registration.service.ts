import { Injectable, Logger } from '@nestjs/common';
import type { RegistrableMetadata } from '../client-metadata/client-metadata.settlement.js';
import type { Explanation } from '../client-metadata/client-metadata.validator.js';
import { secretNeedOf } from '../client-secret/client-secret.rules.js';
import { ClientSecretService, NO_SECRET, type IssuedSecret } from '../client-secret/client-secret.service.js';
import { firstExpiry } from '../client-life-cycle/client-lifetime.rules.js';
import { ClientIdGenerator } from '../client/client-id.generator.js';
import { isOwner, OWNER_RULE } from '../client/client.rules.js';
import { OAuthClientFactory, type NewClient } from '../client/oauth-client.factory.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import type { ClientQuota } from '../client/client-quota.js';
import { InvalidTokenError } from '../errors/registration.error.js';
import { InitialAccessTokenRepository } from '../initial-access-token/initial-access-token.repository.js';
import {
  refusalOf,
  tokenEvent,
  type InitialAccessTokenRecord,
} from '../initial-access-token/initial-access-token.record.js';
import type { RegistrationBounds } from '../initial-access-token/registration-bounds.js';
import { readRegistrationBounds } from '../initial-access-token/registration-bounds.reader.js';
import type { RegistrationCredential } from '../initial-access-token/registration-credential.js';
import { RegistrationAccessTokenService } from '../registration-access-token/registration-access-token.service.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { SoftwareStatementService } from '../software-statement/software-statement.service.js';
import { DuplicateKeyError } from '../storage/storage-failure.js';
import { epochNow } from '../token/clock.js';
import { ClientInformationSerializer, type ClientInformation } from './client-information.js';
import { FoldedClients, type FoldedRegistration } from './folded-clients.js';
import { RegistrationListeners } from './registration-listeners.js';
import { RegistrationPolicies, type Judgement } from './registration-policies.js';
import type { TokenRefusal } from './token-event.js';
import { UnusedClientsCap } from './unused-clients.cap.js';
import { LOGGER } from '../errors/logger.js';

/** How often a registration is tried with new ids when one is taken. */
const ATTEMPTS = 4;

/** A client that is stored, and what is shown of it this once. */
interface AddedClient {
  readonly client: OAuthClientRecord;
  readonly clientSecret: string | undefined;
}

/** The client registration endpoint (RFC 7591 section 3): its steps, each of which a subclass may override. */
@Injectable()
export class ClientRegistrationService {
  private readonly logger = new Logger(LOGGER);

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly policies: RegistrationPolicies,
    private readonly clientIds: ClientIdGenerator,
    private readonly secrets: ClientSecretService,
    private readonly registrationAccessTokens: RegistrationAccessTokenService,
    private readonly factory: OAuthClientFactory,
    private readonly clients: OAuthClientRepository,
    private readonly initialAccessTokens: InitialAccessTokenRepository,
    private readonly listeners: RegistrationListeners,
    private readonly serializer: ClientInformationSerializer,
    private readonly statements: SoftwareStatementService,
    private readonly foldedClients: FoldedClients,
    private readonly unusedClients: UnusedClientsCap,
  ) {}

  /**
   * Registers a client.
   * @param body the parsed JSON of the request, of any type
   * @param credential what the guard found out; undefined for a caller without one
   * @throws RegistrationError when the request is refused; no use of a token is taken then
   */
  async register(body: unknown, credential?: RegistrationCredential): Promise<ClientInformation> {
    const judgement = await this.judgeFor(credential, body);
    const folded = credential ? undefined : this.foldedClients.fold(judgement.metadata);
    if (folded) return this.serializer.serialize(await this.fold(folded, judgement));
    const { registrationAccessToken, ...manageable } = this.registrationAccessTokens.issue();
    const { client, clientSecret } = await this.add(judgement, credential, manageable);
    return this.serializer.serialize(client, { clientSecret, registrationAccessToken });
  }

  /**
   * Tells what `register` would say, and goes on after a mistake: every violated rule, not the first. Nothing is stored, no use is taken.
   * @param body the parsed JSON of a request, of any type
   * @param credential what the guard would find out; undefined for a caller without one
   */
  async explain(body: unknown, credential?: RegistrationCredential): Promise<Explanation> {
    const { grantTypes, context } = this.circumstances(credential);
    const { quotas, ...explanation } = await this.policies.explain(body, grantTypes, context);
    for (const { of, maximum, refusal } of quotas) {
      if ((await this.clients.count(of)) >= maximum) return { refusals: [refusal], metadata: undefined };
    }
    return explanation;
  }

  /** A token that has become unusable since the guard looked is told that, and nothing of what is valid. */
  private async judgeFor(credential: RegistrationCredential | undefined, body: unknown): Promise<Judgement> {
    try {
      return await this.judge(body, credential);
    } catch (error) {
      const token = credential?.initialAccessToken;
      const refusal = token && (await this.refusalNow(token));
      throw refusal === undefined ? error : this.refused(token, refusal);
    }
  }

  private async refusalNow({ tokenHash }: InitialAccessTokenRecord): Promise<TokenRefusal | undefined> {
    return refusalOf(await this.initialAccessTokens.findByHash(tokenHash), epochNow());
  }

  private refused(token: InitialAccessTokenRecord | undefined, reason: TokenRefusal): InvalidTokenError {
    this.listeners.tellLater({ ...tokenEvent('refused', token), reason });
    return new InvalidTokenError(true);
  }

  /** What is registered of what was asked for (RFC 7591 section 3.1). */
  protected async judge(body: unknown, credential: RegistrationCredential | undefined): Promise<Judgement> {
    const { grantTypes, context } = this.circumstances(credential);
    return this.policies.judge(body, grantTypes, context);
  }

  /** Whether the client gets a secret, and which (RFC 7591 section 3.2.1). */
  protected async issueSecret(
    metadata: RegistrableMetadata,
    clientId: string,
  ): Promise<IssuedSecret | typeof NO_SECRET> {
    const need = secretNeedOf(metadata, this.config.metadataTable);
    return need === 'none' ? NO_SECRET : this.secrets.issue(clientId, need);
  }

  /** Stores the client and takes the uses of initial access token and software statement with it, or nothing. */
  protected async store(
    client: OAuthClientRecord,
    credential: RegistrationCredential | undefined,
    { heldFor: note, quotas }: Judgement,
  ): Promise<void> {
    const event = { type: 'registered', reason: 'requested', note, client, previous: undefined, credential } as const;
    const token = credential?.initialAccessToken;
    const condition = token && this.initialAccessTokens.use(token, epochNow());
    const events = token ? [event, { ...tokenEvent('used', token), clientId: client.clientId }] : [event];
    const participant = this.listeners.participant(...events);
    const insert = (cap: readonly ClientQuota[]) =>
      this.statements.take(client, undefined, (others) =>
        this.clients.insert(client, { condition, participant, others, quotas: [...quotas, ...cap] }),
      );
    const isStored = credential ? await insert([]) : await this.unusedClients.admit(insert);
    // The token was good when the guard looked, and is used up, revoked or expired now: the same answer as then.
    if (!isStored) {
      throw this.refused(token, (token && (await this.refusalNow(token))) ?? 'used-up');
    }
    await this.listeners.tell(...events);
  }

  /** The client that identical registrations share; the first one of them, or the first one after it was gone, adds it. */
  private async fold({ metadata, foldingKey }: FoldedRegistration, judgement: Judgement): Promise<OAuthClientRecord> {
    for (let attempt = 1; ; attempt++) {
      const client = await this.foldedClients.find(foldingKey);
      if (client) return client;
      try {
        const unmanageable = { registrationAccessTokenHash: null, foldingKey };
        return (await this.add({ ...judgement, metadata }, undefined, unmanageable)).client;
      } catch (error) {
        // Another one was faster, and its client is that of both.
        if (attempt === ATTEMPTS || !(error instanceof DuplicateKeyError)) throw error;
      }
    }
  }

  /** Makes a client and stores it, with another id where one is taken. */
  private async add(
    judgement: Judgement,
    credential: RegistrationCredential | undefined,
    { registrationAccessTokenHash, foldingKey = null }: Pick<NewClient, 'registrationAccessTokenHash' | 'foldingKey'>,
  ): Promise<AddedClient> {
    const { metadata, heldFor } = judgement;
    const { owner, tenant, bounds } = this.circumstances(credential).context;
    for (let attempt = 1; ; attempt++) {
      const clientId = this.clientIds.generate();
      const secret = await this.issueSecret(metadata, clientId);
      const client = this.factory.create(metadata, {
        clientId,
        source: 'dynamic',
        secret,
        owner,
        tenant,
        bounds,
        status: heldFor === undefined ? 'active' : 'pending',
        expiresAt: firstExpiry(this.config.clientLifetime, epochNow()),
        initialAccessTokenId: credential?.initialAccessToken?.id ?? null,
        registeredOpenly: !credential,
        registrationAccessTokenHash,
        foldingKey,
      });
      try {
        await this.store(client, credential, judgement);
        return { client, clientSecret: 'clientSecret' in secret ? secret.clientSecret : undefined };
      } catch (error) {
        if (attempt === ATTEMPTS || !(await this.isTaken(client, error))) throw error;
        this.logger.warn('a generated client_id is taken, trying another one');
      }
    }
  }

  private circumstances(credential: RegistrationCredential | undefined) {
    const { server, openGrantTypes } = this.config;
    const owner = nameIn(credential, 'owner');
    const tenant = nameIn(credential, 'tenant');
    const bounds = boundsIn(credential);
    const context = { operation: 'register', credential, owner, tenant, bounds, client: undefined } as const;
    return { grantTypes: credential ? server.grantTypes : openGrantTypes, context };
  }

  /** Whether it was the id that stood in the way, and not another unique column of the host's entity. */
  private async isTaken(client: OAuthClientRecord, error: unknown): Promise<boolean> {
    return error instanceof DuplicateKeyError && (await this.clients.taken([client.clientId])).length > 0;
  }
}

/** Guards are the host's, and what they answer has no type at run time: a database would make another text of some of it. */
function nameIn(credential: RegistrationCredential | undefined, member: 'owner' | 'tenant'): string | null {
  const name: unknown = credential?.[member] ?? null;
  if (name === null || isOwner(name)) return name;
  throw new TypeError(`the ${member} that the guard of the registration endpoint answers ${OWNER_RULE}`);
}

/** A copy, for the same reason: what is nothing to bind a client with must not let it do everything. */
function boundsIn(credential: RegistrationCredential | undefined): RegistrationBounds | null {
  const bounds: unknown = credential?.bounds ?? null;
  if (bounds === null) return null;
  try {
    return readRegistrationBounds(bounds);
  } catch (error) {
    const rule = error instanceof Error ? error.message : String(error);
    throw new TypeError(`what the guard of the registration endpoint answers is of no use: ${rule}`, { cause: error });
  }
}
