import { Injectable } from '@nestjs/common';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import type { RegistrationReason } from '../client-registration/registration.listener.js';
import { RegistrationPolicies } from '../client-registration/registration-policies.js';
import { ClientSecretService } from '../client-secret/client-secret.service.js';
import { retiredSecret } from '../client-secret/stored-secret.js';
import type { ClientBoundary } from '../client/client-boundary.js';
import { ClientCredentialsRepository } from '../client/client-credentials.repository.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import { contendedChange } from '../client/contended-change.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository, type ClientPage } from '../client/oauth-client.repository.js';
import { NO_PREVIOUS_TOKEN } from '../client/previous-credentials.js';
import { InvalidRequestError } from '../errors/registration.error.js';
import { RegistrationAccessTokenService } from '../registration-access-token/registration-access-token.service.js';

/** How the secret of a client is replaced. */
export interface SecretRotation {
  /** How long the secret before is good, too, unless it expires before; the one before that is refused at once. @default 0 */
  readonly graceSeconds?: number;
}

/** A client whose secret was replaced, with the new one in clear. */
export interface RotatedClient {
  readonly client: OAuthClientRecord;
  readonly clientSecret: string;
}

/** A client whose registration access token was replaced, with the new one in clear. */
export interface ClientWithNewToken {
  readonly client: OAuthClientRecord;
  readonly registrationAccessToken: string | undefined;
}

/**
 * What administrators do with clients that are there: list, change and remove them, whoever added them. Each method can be bounded to the clients of an
 * owner or a tenant (`within`): those of others are not there then.
 */
@Injectable()
export class ClientAdministrationService {
  constructor(
    private readonly policies: RegistrationPolicies,
    private readonly secrets: ClientSecretService,
    private readonly mapper: ClientMetadataMapper,
    private readonly clients: OAuthClientRepository,
    private readonly credentials: ClientCredentialsRepository,
    private readonly listeners: RegistrationListeners,
    private readonly registrationAccessTokens: RegistrationAccessTokenService,
  ) {}

  /**
   * A page of the clients, in the order of their ids.
   * @throws RangeError for a limit that is no positive integer
   */
  async list(page: ClientPage): Promise<OAuthClientRecord[]> {
    if (!Number.isSafeInteger(page.limit) || page.limit < 1) throw new RangeError('limit must be a positive integer');
    return this.clients.list(page);
  }

  /**
   * Replaces the scope of a client, or takes it away where none is given.
   * @returns the client as it is now; undefined when there is none with exactly this id
   * @throws RegistrationError naming the rule or of a policy; nothing has changed then
   */
  async setScope(
    clientId: string,
    scope: string | undefined,
    within?: ClientBoundary,
  ): Promise<OAuthClientRecord | undefined> {
    return this.change(clientId, within, 'administered', async (client) => {
      const { owner, tenant, bounds } = client;
      const context = { operation: 'update', credential: undefined, owner, tenant, bounds, client } as const;
      const judged = await this.policies.judgeScope(this.mapper.toMetadata(client), scope, context);
      return { scope: judged ?? null };
    });
  }

  /**
   * Replaces the secret of a client.
   * @param chosen a secret of 1 to 72 printable ASCII characters; of 64 to 72 where it is the key of an algorithm. @default generated
   * @returns undefined when there is no client with exactly this id
   * @throws InvalidClientMetadataError for a client that has no use for a secret, or a secret that cannot be one
   * @throws RangeError for a `graceSeconds` that is no whole number of seconds
   */
  async rotateSecret(
    clientId: string,
    chosen?: string,
    { graceSeconds = 0 }: SecretRotation = {},
    within?: ClientBoundary,
  ): Promise<RotatedClient | undefined> {
    if (!Number.isSafeInteger(graceSeconds) || graceSeconds < 0) {
      throw new RangeError('graceSeconds must be a whole number of seconds, 0 for none');
    }
    let clientSecret = '';
    const client = await this.change(clientId, within, 'secret-rotated', async (current) => {
      // Made anew for each attempt: what a client needs a secret for may have changed.
      const { clientSecret: made, ...columns } = await this.secrets.make(
        clientId,
        this.mapper.toMetadata(current),
        chosen,
      );
      clientSecret = made;
      return { ...columns, ...retiredSecret(current, graceSeconds) };
    });
    return client && { client, clientSecret };
  }

  /**
   * Replaces the registration access token of a client: those before are refused from now on, one within its grace included.
   * @returns the new one in clear, undefined where clients do not manage themselves (`management`), and none is left then; undefined altogether when
   * there is no client with exactly this id
   * @throws InvalidRequestError for a client that identical registrations share
   */
  async resetRegistrationAccessToken(
    clientId: string,
    within?: ClientBoundary,
  ): Promise<ClientWithNewToken | undefined> {
    const { registrationAccessToken, registrationAccessTokenHash } = this.registrationAccessTokens.issue();
    const columns = { registrationAccessTokenHash, ...NO_PREVIOUS_TOKEN };
    const client = await this.change(clientId, within, 'token-reset', async ({ foldingKey }) => {
      // It would be that of everybody who registered the same.
      if (foldingKey !== null)
        throw new InvalidRequestError('the client is shared by identical registrations: nobody has a token for it');
      return columns;
    });
    return client && { client, registrationAccessToken };
  }

  /**
   * Encrypts the secret of a client with the first of `clientSecret.encryptionKeys`, and the one before within its grace, where another one has
   * encrypted it, so that the other one can be taken out of the options.
   * @returns whether there was something to do
   * @throws UndecryptableSecretError when its key is not among them; nothing has changed then
   */
  async reencryptSecret(clientId: string, within?: ClientBoundary): Promise<boolean> {
    return contendedChange(async () => {
      const client = await this.clients.findByClientId(clientId, within);
      if (!client) return false;
      const encrypted = this.secrets.reencrypted(client);
      if (encrypted === undefined) return false;
      return (await this.credentials.replaceEncryptedSecrets(client, encrypted)) || undefined;
    });
  }

  /**
   * Removes a client with its secret and its registration access token.
   * @returns whether there was one with exactly this id
   */
  async remove(clientId: string, within?: ClientBoundary): Promise<boolean> {
    return contendedChange(async () => {
      const client = await this.clients.findByClientId(clientId, within);
      if (!client) return false;
      const who = { credential: undefined, reason: 'administered' } as const;
      const event = { type: 'deleted', client, previous: undefined, ...who } as const;
      if (!(await this.clients.delete(client, this.listeners.participant(event)))) return undefined;
      await this.listeners.tell(event);
      return true;
    });
  }

  /** Changes columns of a client as it is in that moment. */
  private async change(
    clientId: string,
    within: ClientBoundary | undefined,
    reason: RegistrationReason,
    columnsFor: (client: OAuthClientRecord) => Promise<Partial<OAuthClientRecord>>,
  ): Promise<OAuthClientRecord | undefined> {
    const changed = await contendedChange(async () => {
      const client = await this.clients.findByClientId(clientId, within);
      if (!client) return null;
      const columns = await columnsFor(client);
      const proposed = this.clients.create({ ...client, ...columns, version: client.version + 1 });
      const who = { credential: undefined, reason } as const;
      const event = { type: 'updated', client: proposed, previous: client, ...who } as const;
      if (!(await this.clients.update(client, columns, this.listeners.participant(event)))) return undefined;
      await this.listeners.tell(event);
      return proposed;
    });
    return changed ?? undefined;
  }
}
