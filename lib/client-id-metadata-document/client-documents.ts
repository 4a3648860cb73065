import { Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ClientMetadataValidator } from '../client-metadata/client-metadata.validator.js';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import { RegistrationPolicies } from '../client-registration/registration-policies.js';
import { secretNeedOf } from '../client-secret/client-secret.rules.js';
import { NO_SECRET } from '../client-secret/client-secret.service.js';
import { OAuthClientFactory } from '../client/oauth-client.factory.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { LOGGER } from '../errors/logger.js';
import { AccessDeniedError, RegistrationError, TemporarilyUnavailableError } from '../errors/registration.error.js';
import { OutboundRequestError } from '../outbound-requests/outbound-request.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { RemoteDocuments } from '../remote-document/remote-documents.js';
import { registrationRequestOf } from './client-document.rules.js';
import { ClientDocumentTrust } from './client-document.trust.js';
import { clientIdentifierHost, isHostOf } from './client-identifier-url.rules.js';
import { documentConfiguration } from './document.configuration.js';

/** How long a document may be (OAuth Client ID Metadata Document section 8.7). */
const MAXIMUM_BYTES = 5120;
/** Clients whose last state is remembered, to tell what has changed. */
const REMEMBERED = 1000;

/** What a person has consented to, or a server relies on: a change of anything else is told to nobody. */
const TOLD = ['redirectUris', 'jwks', 'jwksUri', 'tokenEndpointAuthMethod', 'clientName'] as const;

/** Clients that are known by the URL of their metadata (OAuth Client ID Metadata Document). They are stored nowhere. */
@Injectable()
export class ClientDocuments {
  private readonly logger = new Logger(LOGGER);
  private readonly policies: RegistrationPolicies;
  private readonly last = new LRUCache<string, OAuthClientRecord>({ max: REMEMBERED });

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly documents: RemoteDocuments,
    private readonly trust: ClientDocumentTrust,
    policies: RegistrationPolicies,
    private readonly factory: OAuthClientFactory,
    private readonly listeners: RegistrationListeners,
  ) {
    this.policies = policies.judgedBy(new ClientMetadataValidator(documentConfiguration(config)));
  }

  /**
   * The client of a URL.
   * @returns undefined for what is no such URL, is not trusted, or has no acceptable document
   * @throws TemporarilyUnavailableError when its document cannot be had now
   */
  async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    if (!(await this.mayFetch(clientId))) return undefined;
    const client = await this.read(clientId);
    return client && (await this.trust.mayUse(client)) ? client : undefined;
  }

  private async mayFetch(clientId: string): Promise<boolean> {
    const { clientIdMetadataDocuments: option, outboundRequests } = this.config;
    const host = option && clientIdentifierHost(clientId, outboundRequests.allowLoopback);
    if (host === undefined || (option?.hosts && !isHostOf(option.hosts, host))) return false;
    return this.trust.mayFetch(clientId);
  }

  private async read(clientId: string): Promise<OAuthClientRecord | undefined> {
    try {
      return await this.documents.read({
        purpose: 'client metadata',
        url: clientId,
        maximumBytes: MAXIMUM_BYTES,
        read: async (document) => this.accept(clientId, document),
      });
    } catch (error) {
      if (!(error instanceof OutboundRequestError)) throw error;
      // Anybody can name any URL: a log is not to be filled by that.
      this.logger.debug(`client metadata document: ${error.message}`);
      if (error.isTransient) throw new TemporarilyUnavailableError();
      return undefined;
    }
  }

  /** Judges a document as a registration of a stranger, and tells what has changed since the last time. */
  private async accept(clientId: string, document: unknown): Promise<OAuthClientRecord> {
    const request = registrationRequestOf(document, clientId);
    if (typeof request === 'string') throw new OutboundRequestError(`the document ${request}`, false);
    const previous = this.last.get(clientId);
    const judged = await this.judge(request, previous);
    const made = this.factory.create(judged, {
      clientId,
      source: 'document',
      secret: NO_SECRET,
      registrationAccessTokenHash: null,
      owner: null,
      registeredOpenly: true,
    });
    const client = Object.freeze(
      Object.assign(made, {
        clientIdIssuedAt: previous?.clientIdIssuedAt ?? made.clientIdIssuedAt,
        version: versionOf(made),
      }),
    );
    const isChanged = previous !== undefined && previous.version !== client.version;
    // Where they cannot be told now the change is none yet, and is told with the next request.
    const who = { credential: undefined, reason: 'document' } as const;
    if (isChanged) await this.listeners.tellAll({ type: 'updated', client, previous, ...who });
    this.last.set(clientId, client);
    return client;
  }

  private async judge(request: object, client: OAuthClientRecord | undefined) {
    try {
      const who = { credential: undefined, owner: null, tenant: null, bounds: null } as const;
      const context = { operation: 'document', ...who, client } as const;
      const { metadata, heldFor } = await this.policies.judge(request, this.config.openGrantTypes, context);
      // Nobody can approve what is stored nowhere.
      if (heldFor !== undefined) throw new AccessDeniedError('a policy puts such a client on hold');
      // With a document there is no secret, whatever it would be the key of.
      if (secretNeedOf(metadata, this.config.metadataTable) === 'none') return metadata;
    } catch (error) {
      if (!(error instanceof RegistrationError) || error instanceof TemporarilyUnavailableError) throw error;
      // A conflict, for example: it may be accepted later.
      if (error.code === 'temporarily_unavailable') throw new TemporarilyUnavailableError();
      throw new OutboundRequestError(`the document is refused: ${error.message}`, false);
    }
    throw new OutboundRequestError('the document has an algorithm that needs a shared secret', false);
  }
}

/** Made of what is told, so that every instance has the same: a page of one and the form of another are about the same client. */
function versionOf(client: OAuthClientRecord): number {
  const names = Object.entries(client.additionalMetadata ?? {}).filter(([name]) => name.startsWith('client_name#'));
  const told = JSON.stringify([...TOLD.map((name) => client[name]), ...names]);
  return createHash('sha256').update(told).digest().readUInt32BE() >>> 1;
}
