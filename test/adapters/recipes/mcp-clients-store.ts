import type { OAuthRegisteredClientsStore } from '@modelcontextprotocol/sdk/server/auth/clients.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import { Injectable } from '@nestjs/common';
import { isPublicClient, OAuthClientService } from 'nestjs-dynamic-registration';

@Injectable()
export class McpClientsStore implements OAuthRegisteredClientsStore {
  constructor(private readonly clients: OAuthClientService) {}

  async getClient(clientId: string): Promise<OAuthClientInformationFull | undefined> {
    const client = await this.clients.find(clientId);
    // The SDK compares secrets in clear, and takes a client without one for public: only those that are may be seen.
    if (!client || !isPublicClient(client)) return undefined;
    return {
      ...this.clients.metadataOf(client),
      client_id: clientId,
      client_id_issued_at: client.clientIdIssuedAt,
      redirect_uris: client.redirectUris ?? [],
    };
  }
}
