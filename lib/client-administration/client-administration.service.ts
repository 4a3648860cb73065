import { Injectable } from '@nestjs/common';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import type { RegistrationReason } from '../client-registration/registration.listener.js';
import { RegistrationPolicies } from '../client-registration/registration-policies.js';
import { ClientSecretService } from '../client-secret/client-secret.service.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import { contendedChange } from '../client/contended-change.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository, type ClientPage } from '../client/oauth-client.repository.js';

/** A client whose secret was replaced, with the new one in clear. */
export interface RotatedClient {
  readonly client: OAuthClientRecord;
  readonly clientSecret: string;
}

/** What administrators do with clients that are there: list, change and remove them, whoever added them. */
@Injectable()
export class ClientAdministrationService {
  constructor(
    private readonly policies: RegistrationPolicies,
    private readonly secrets: ClientSecretService,
    private readonly mapper: ClientMetadataMapper,
    private readonly clients: OAuthClientRepository,
    private readonly listeners: RegistrationListeners,
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
  async setScope(clientId: string, scope: string | undefined): Promise<OAuthClientRecord | undefined> {
    return this.change(clientId, 'administered', async (client) => {
      const { owner, tenant, bounds } = client;
      const context = { operation: 'update', credential: undefined, owner, tenant, bounds, client } as const;
      const judged = await this.policies.judgeScope(this.mapper.toMetadata(client), scope, context);
      return { scope: judged ?? null };
    });
  }

  /**
   * Replaces the secret of a client; the one before is refused from now on.
   * @param chosen a secret of 1 to 72 printable ASCII characters; of 64 to 72 where it is the key of an algorithm. @default generated
   * @returns undefined when there is no client with exactly this id
   * @throws InvalidClientMetadataError for a client that has no use for a secret, or a secret that cannot be one
   */
  async rotateSecret(clientId: string, chosen?: string): Promise<RotatedClient | undefined> {
    let clientSecret = '';
    const client = await this.change(clientId, 'secret-rotated', async (current) => {
      // Made anew for each attempt: what a client needs a secret for may have changed.
      const { clientSecret: made, ...columns } = await this.secrets.make(
        clientId,
        this.mapper.toMetadata(current),
        chosen,
      );
      clientSecret = made;
      return columns;
    });
    return client && { client, clientSecret };
  }

  /**
   * Encrypts the secret of a client with the first of `clientSecret.encryptionKeys`, where another one has encrypted it, so that the other
   * one can be taken out of the options.
   * @returns whether there was something to do
   * @throws UndecryptableSecretError when its key is not among them; nothing has changed then
   */
  async reencryptSecret(clientId: string): Promise<boolean> {
    return contendedChange(async () => {
      const client = await this.clients.findByClientId(clientId);
      if (!client) return false;
      const encrypted = this.secrets.reencrypted(client);
      if (encrypted === undefined) return false;
      return (await this.clients.replaceEncryptedSecret(client, encrypted)) || undefined;
    });
  }

  /**
   * Removes a client with its secret and its registration access token.
   * @returns whether there was one with exactly this id
   */
  async remove(clientId: string): Promise<boolean> {
    return contendedChange(async () => {
      const client = await this.clients.findByClientId(clientId);
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
    reason: RegistrationReason,
    columnsFor: (client: OAuthClientRecord) => Promise<Partial<OAuthClientRecord>>,
  ): Promise<OAuthClientRecord | undefined> {
    const changed = await contendedChange(async () => {
      const client = await this.clients.findByClientId(clientId);
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
