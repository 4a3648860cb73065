import { Injectable } from '@nestjs/common';
import type { RegistrableMetadata } from '../client-metadata/client-metadata.settlement.js';
import { requireJsonObject } from '../client-metadata/json-object.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { ClientInformationSerializer, type ClientInformation } from '../client-registration/client-information.js';
import { SERVER_MEMBERS } from '../client-registration/server-members.js';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import { RegistrationPolicies } from '../client-registration/registration-policies.js';
import { secretNeedOf } from '../client-secret/client-secret.rules.js';
import { ClientSecretService, type IssuedSecret, type SecretColumns } from '../client-secret/client-secret.service.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import { contendedChange } from '../client/contended-change.js';
import { isExpiredClient, isHeld, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import {
  AccessDeniedError,
  InvalidClientMetadataError,
  InvalidTokenError,
  PreconditionFailedError,
} from '../errors/registration.error.js';
import type { ConfigurationCredential } from '../registration-access-token/configuration-credential.js';
import { RegistrationAccessTokenService } from '../registration-access-token/registration-access-token.service.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { SoftwareStatementService } from '../software-statement/software-statement.service.js';
import { epochNow } from '../token/clock.js';
import type { Precondition } from './entity-tag.rules.js';

/** A client as it is answered, and at which version that is. */
export interface VersionedClientInformation {
  readonly information: ClientInformation;
  readonly version: number;
}

/** The client configuration endpoint (RFC 7592 section 2): its steps, each of which a subclass may override. */
@Injectable()
export class ClientConfigurationService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly policies: RegistrationPolicies,
    private readonly secrets: ClientSecretService,
    private readonly mapper: ClientMetadataMapper,
    private readonly clients: OAuthClientRepository,
    private readonly listeners: RegistrationListeners,
    private readonly serializer: ClientInformationSerializer,
    private readonly statements: SoftwareStatementService,
    private readonly registrationAccessTokens: RegistrationAccessTokenService,
  ) {}

  /**
   * Client read request (RFC 7592 section 2.1): the client as the guard read it, also while it is held.
   * @throws InvalidTokenError when the client has expired
   * @throws PreconditionFailedError for a client at another version
   */
  read(
    { client, registrationAccessToken }: ConfigurationCredential,
    precondition?: Precondition,
  ): VersionedClientInformation {
    requireThere(client);
    requireMet(precondition, client);
    return { information: this.serializer.serialize(client, { registrationAccessToken }), version: client.version };
  }

  /**
   * Client update request (RFC 7592 section 2.2): the metadata in the body replaces all there is.
   * @param precondition judged before the body, and again when another request was faster
   * @throws RegistrationError when it is refused; nothing has changed then
   */
  async update(
    body: unknown,
    credential: ConfigurationCredential,
    precondition?: Precondition,
  ): Promise<VersionedClientInformation> {
    return contendedChange(async (isFirst) => {
      const current = isFirst ? credential : await this.refreshed(credential);
      requireChangeable(current.client);
      requireMet(precondition, current.client);
      return this.updateOnce(body, current);
    });
  }

  /**
   * Client delete request (RFC 7592 section 2.3): client, secret and registration access token are gone.
   * @throws PreconditionFailedError for a client at another version; without a precondition it is deleted at any
   * @throws RegistrationError when it is refused for another reason; nothing has changed then
   */
  async delete(credential: ConfigurationCredential, precondition?: Precondition): Promise<void> {
    await contendedChange(async (isFirst) => {
      const current = isFirst ? credential : await this.refreshed(credential);
      requireChangeable(current.client);
      requireMet(precondition, current.client);
      return this.deleteOnce(current, precondition !== undefined);
    });
  }

  /** What the body must and must not carry beside metadata (RFC 7592 section 2.2). */
  protected async checkRequest(body: unknown, client: OAuthClientRecord): Promise<void> {
    const members = requireJsonObject(body, this.config.limits.metadataBytes);
    if (members['client_id'] !== client.clientId) {
      throw new InvalidClientMetadataError('client_id must be that of the client');
    }
    for (const name of SERVER_MEMBERS) {
      if (Object.hasOwn(members, name) && !isOmitted(members[name])) {
        throw new InvalidClientMetadataError(`${name} must not be present in an update`);
      }
    }
    const secret = Object.hasOwn(members, 'client_secret') ? members['client_secret'] : undefined;
    if (!isOmitted(secret) && !(await this.secrets.matches(client, secret))) {
      throw new InvalidClientMetadataError('client_secret must be that of the client, an update cannot set it');
    }
  }

  /** What changes of the secret: nothing, destroyed, or issued where the metadata needs one that is not there. */
  protected async secretFor(
    metadata: RegistrableMetadata,
    client: OAuthClientRecord,
  ): Promise<IssuedSecret | Partial<SecretColumns>> {
    return this.secrets.renew(client, secretNeedOf(metadata, this.config.metadataTable));
  }

  /** The client as it is now, if the token is still its own. */
  private async refreshed(credential: ConfigurationCredential): Promise<ConfigurationCredential> {
    const current = await this.registrationAccessTokens.refreshed(credential);
    if (!current) throw new InvalidTokenError(true);
    return current;
  }

  /** @returns undefined when the client was no longer the one that was read */
  private async updateOnce(
    body: unknown,
    current: ConfigurationCredential,
  ): Promise<VersionedClientInformation | undefined> {
    const { client } = current;
    await this.checkRequest(body, client);
    // Who registered without a credential stays within what strangers may have.
    const grantTypes = client.registeredOpenly ? this.config.openGrantTypes : this.config.server.grantTypes;
    const credential = withoutToken(current);
    const { owner, tenant, bounds } = client;
    const context = { operation: 'update', credential, owner, tenant, bounds, client } as const;
    const { metadata, heldFor: note } = await this.policies.judge(body, grantTypes, context);
    const { clientSecret, ...secretColumns } = { clientSecret: undefined, ...(await this.secretFor(metadata, client)) };
    const status = note === undefined ? client.status : 'pending';
    const { registrationAccessToken, columns: tokenColumns } = this.registrationAccessTokens.rotated(current);
    const columns = { ...this.mapper.toColumns(metadata), ...secretColumns, ...tokenColumns, status };
    const updated = this.clients.create({ ...client, ...columns, version: client.version + 1 });
    const event = {
      type: 'updated',
      reason: 'requested',
      note,
      client: updated,
      previous: client,
      credential,
    } as const;
    const isUpdated = await this.statements.take(updated, client, (uses) =>
      this.clients.update(client, columns, this.listeners.participant(event), uses),
    );
    if (!isUpdated) return undefined;
    await this.listeners.tell(event);
    const information = this.serializer.serialize(updated, { clientSecret, registrationAccessToken });
    return { information, version: updated.version };
  }

  /** @returns undefined when the client was no longer the one that was read; its version is compared where that matters */
  private async deleteOnce(current: ConfigurationCredential, onlyThisVersion: boolean): Promise<true | undefined> {
    const { client } = current;
    const who = { credential: withoutToken(current), reason: 'requested' } as const;
    const event = { type: 'deleted', client, previous: undefined, ...who } as const;
    const participant = this.listeners.participant(event);
    const isDeleted = onlyThisVersion
      ? await this.clients.deleteVersion(client, participant)
      : await this.clients.delete(client, participant);
    if (!isDeleted) return undefined;
    await this.listeners.tell(event);
    return true;
  }
}

function requireMet(precondition: Precondition | undefined, { version }: OAuthClientRecord): void {
  if (precondition && !precondition(version)) throw new PreconditionFailedError();
}

/** An expired client is answered as one that is gone, whichever guard has let the request in. */
function requireThere(client: OAuthClientRecord): void {
  if (isExpiredClient(client, epochNow())) throw new InvalidTokenError(true);
}

/** What was stopped, or has yet to be approved, is nothing that whoever holds the token may change. */
function requireChangeable(client: OAuthClientRecord): void {
  requireThere(client);
  if (isHeld(client)) {
    throw new AccessDeniedError('a client that waits for an approval or is suspended can be read and not changed');
  }
}

/** What policies and listeners see of the caller: a listener that writes it down must not write down a live token. */
function withoutToken({ registrationAccessToken: _token, ...credential }: ConfigurationCredential): object {
  return credential;
}
