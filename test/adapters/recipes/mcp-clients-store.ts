import type { OAuthRegisteredClientsStore } from '@modelcontextprotocol/sdk/server/auth/clients.js';
import { InvalidClientError, UnauthorizedClientError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import { Injectable } from '@nestjs/common';
import { ClientActivityService, ClientResolver, isPublicClient, OAuthClientService } from 'nestjs-dynamic-registration';

@Injectable()
export class McpClientsStore implements OAuthRegisteredClientsStore {
  constructor(
    private readonly resolver: ClientResolver,
    private readonly clients: OAuthClientService,
    private readonly activity: ClientActivityService,
  ) {}

  async getClient(clientId: string): Promise<OAuthClientInformationFull | undefined> {
    const found = await this.resolver.resolve(clientId);
    if (found.outcome === 'unavailable') throw found.error;
    if (found.outcome === 'held') throw new UnauthorizedClientError('the client may not be used at present');
    // The SDK compares secrets in clear, and takes a client without one for public: only those that are may be seen.
    if (found.outcome === 'absent' || !isPublicClient(found.client)) return undefined;
    const { client } = found;
    return {
      ...this.clients.metadataOf(client),
      client_id: clientId,
      client_id_issued_at: client.clientIdIssuedAt,
      redirect_uris: client.redirectUris ?? [],
    };
  }

  /** In `exchangeAuthorizationCode` and `exchangeRefreshToken`, so that the client neither counts as never used nor expires. */
  async noteUse(clientId: string): Promise<void> {
    const found = await this.resolver.resolve(clientId);
    if (found.outcome === 'unavailable') throw found.error;
    const isThere = found.outcome === 'found' && (await this.activity.touch(found.client));
    if (!isThere) throw new InvalidClientError('the client is not known');
  }
}
