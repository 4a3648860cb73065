import { Injectable } from '@nestjs/common';
import { ClientDocuments } from '../client-id-metadata-document/client-documents.js';
import { isExpiredClient, isHeld, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { TemporarilyUnavailableError, UnauthorizedClientError } from '../errors/registration.error.js';
import { epochNow } from '../token/clock.js';

/** What is known of a client identifier: only `absent` may become `invalid_client`, and `held` is `unauthorized_client`. */
export type ClientResolution =
  | { readonly outcome: 'found'; readonly client: OAuthClientRecord }
  | { readonly outcome: 'held'; readonly client: OAuthClientRecord }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'unavailable'; readonly error: TemporarilyUnavailableError };

/** Finds clients, whichever way they are known: those that are stored, then those of a metadata document where the option is on. */
@Injectable()
export class ClientResolver {
  constructor(
    private readonly clients: OAuthClientRepository,
    private readonly documents: ClientDocuments,
  ) {}

  /** Looks a client up, and tells there being none from one that is held and from not being able to. */
  async resolve(clientId: string): Promise<ClientResolution> {
    try {
      const client = await this.findEvenHeld(clientId);
      if (!client) return { outcome: 'absent' };
      return { outcome: isHeld(client) ? 'held' : 'found', client };
    } catch (error) {
      if (error instanceof TemporarilyUnavailableError) return { outcome: 'unavailable', error };
      throw error;
    }
  }

  /**
   * Looks a client up that is to be used, where not being able to is an error.
   * @returns the client with exactly this identifier; undefined when there is none, and for anything that is not a non-empty string
   * @throws UnauthorizedClientError for one that waits for an approval or was suspended
   * @throws TemporarilyUnavailableError when that cannot be told now
   */
  async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    const client = await this.findEvenHeld(clientId);
    if (client && isHeld(client)) throw new UnauthorizedClientError();
    return client;
  }

  /**
   * Looks a client up that has yet to prove who it is: that it is held is told to nobody else, and the caller has to refuse it then (`isHeld`).
   * @returns as `find`
   * @throws TemporarilyUnavailableError when that cannot be told now
   */
  async findEvenHeld(clientId: string): Promise<OAuthClientRecord | undefined> {
    const stored = await this.clients.findByClientId(clientId);
    return stored && !isExpiredClient(stored, epochNow()) ? stored : this.ofDocument(clientId);
  }

  private async ofDocument(clientId: unknown): Promise<OAuthClientRecord | undefined> {
    return typeof clientId === 'string' ? this.documents.find(clientId) : undefined;
  }
}
