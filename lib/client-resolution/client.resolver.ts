import { Injectable } from '@nestjs/common';
import { ClientDocuments } from '../client-id-metadata-document/client-documents.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientRepository } from '../client/oauth-client.repository.js';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';

/** What is known of a client identifier: only `absent` may become `invalid_client`. */
export type ClientResolution =
  | { readonly outcome: 'found'; readonly client: OAuthClientRecord }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'unavailable'; readonly error: TemporarilyUnavailableError };

/** Finds clients, whichever way they are known: those that are stored, then those of a metadata document where the option is on. */
@Injectable()
export class ClientResolver {
  constructor(
    private readonly clients: OAuthClientRepository,
    private readonly documents: ClientDocuments,
  ) {}

  /** Looks a client up, and tells not being able to from there being none. */
  async resolve(clientId: string): Promise<ClientResolution> {
    try {
      const client = await this.find(clientId);
      return client ? { outcome: 'found', client } : { outcome: 'absent' };
    } catch (error) {
      if (error instanceof TemporarilyUnavailableError) return { outcome: 'unavailable', error };
      throw error;
    }
  }

  /**
   * Looks a client up where not being able to is an error.
   * @returns the client with exactly this identifier; undefined when there is none, and for anything that is not a non-empty string
   * @throws TemporarilyUnavailableError when that cannot be told now
   */
  async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    return (await this.clients.findByClientId(clientId)) ?? this.ofDocument(clientId);
  }

  private async ofDocument(clientId: unknown): Promise<OAuthClientRecord | undefined> {
    return typeof clientId === 'string' ? this.documents.find(clientId) : undefined;
  }
}
