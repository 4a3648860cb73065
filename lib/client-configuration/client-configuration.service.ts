import { Injectable } from '@nestjs/common';
import { needsClientSecret } from '../client-metadata/authentication-method.rules.js';
import { requireJsonObject } from '../client-metadata/json-object.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { ClientInformationSerializer, type ClientInformation } from '../client-registration/client-information.js';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import { RegistrationPolicies } from '../client-registration/registration-policies.js';
import { ClientSecretService, NO_SECRET, type IssuedSecret } from '../client-secret/client-secret.service.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { ConflictError, InvalidClientMetadataError, InvalidTokenError } from '../errors/registration.error.js';
import type { ConfigurationCredential } from '../registration-access-token/configuration-credential.js';
import { RegistrationConfiguration } from '../registration-configuration.js';

/** How often a write is done again when another request changed the client meanwhile. */
const ATTEMPTS = 6;

/** Members of the server that an update must not carry (RFC 7592 section 2.2). */
const SERVER_MEMBERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
] as const;

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
  ) {}

  /** Client read request (RFC 7592 section 2.1): the client as the guard read it. */
  read({ client, registrationAccessToken }: ConfigurationCredential): ClientInformation {
    return this.serializer.serialize(client, { registrationAccessToken });
  }

  /**
   * Client update request (RFC 7592 section 2.2): the metadata in the body replaces all there is.
   * @throws RegistrationError when it is refused; nothing has changed then
   */
  async update(body: unknown, credential: ConfigurationCredential): Promise<ClientInformation> {
    return this.onFreshClient(credential, (current) => this.updateOnce(body, current));
  }

  /** Client delete request (RFC 7592 section 2.3): client, secret and registration access token are gone. */
  async delete(credential: ConfigurationCredential): Promise<void> {
    await this.onFreshClient(credential, async (current) => {
      const credential = withoutToken(current);
      const event = { type: 'deleted', client: current.client, previous: undefined, credential } as const;
      if (!(await this.clients.delete(current.client, this.listeners.participant(event)))) return undefined;
      await this.listeners.tell(event);
      return true;
    });
  }

  /** What the body must and must not carry beside metadata (RFC 7592 section 2.2). */
  protected async checkRequest(body: unknown, client: OAuthClientRecord): Promise<void> {
    const members = requireJsonObject(body);
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

  /** The secret after the update: kept, destroyed, or issued where the new method needs one and there is none. */
  protected async secretFor(
    method: string,
    client: OAuthClientRecord,
  ): Promise<IssuedSecret | typeof NO_SECRET | undefined> {
    if (!needsClientSecret(method)) return NO_SECRET;
    return client.clientSecretHash === null ? this.secrets.issue() : undefined;
  }

  private async updateOnce(body: unknown, current: ConfigurationCredential): Promise<ClientInformation | undefined> {
    const { client, registrationAccessToken } = current;
    await this.checkRequest(body, client);
    // Who registered without a credential stays within what strangers may have.
    const grantTypes = client.registeredOpenly ? this.config.openGrantTypes : this.config.server.grantTypes;
    const credential = withoutToken(current);
    const metadata = await this.policies.judge(body, grantTypes, {
      operation: 'update',
      credential,
      owner: client.owner,
      client,
    });
    const secret = await this.secretFor(metadata.token_endpoint_auth_method, client);
    const { clientSecretHash, clientSecretExpiresAt } = secret ?? client;
    const columns = { ...this.mapper.toColumns(metadata), clientSecretHash, clientSecretExpiresAt };
    const updated = this.clients.create({ ...client, ...columns, version: client.version + 1 });
    const event = { type: 'updated', client: updated, previous: client, credential } as const;
    if (!(await this.clients.update(client, columns, this.listeners.participant(event)))) return undefined;
    await this.listeners.tell(event);
    return this.serializer.serialize(updated, { ...secret, registrationAccessToken });
  }

  /**
   * Does a write that another request may have overtaken, again on the fresh client and judged anew.
   * @param write returns undefined when the client was no longer the one it read
   * @throws InvalidTokenError when the client is gone or has another token now; ConflictError when others were faster every time
   */
  private async onFreshClient<T>(
    credential: ConfigurationCredential,
    write: (current: ConfigurationCredential) => Promise<T | undefined>,
  ): Promise<T> {
    let current = credential;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const result = await write(current);
      if (result !== undefined) return result;
      const { clientId, registrationAccessTokenHash } = current.client;
      const fresh = await this.clients.findByClientId(clientId);
      if (fresh?.registrationAccessTokenHash !== registrationAccessTokenHash) throw new InvalidTokenError(true);
      current = { ...current, client: fresh };
    }
    throw new ConflictError();
  }
}

/** What policies and listeners see of the caller: a listener that writes it down must not write down a live token. */
function withoutToken({ registrationAccessToken: _token, ...credential }: ConfigurationCredential): object {
  return credential;
}
