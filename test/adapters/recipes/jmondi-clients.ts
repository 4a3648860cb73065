import {
  OAuthException,
  type GrantIdentifier,
  type OAuthClient,
  type OAuthClientRepository,
} from '@jmondi/oauth2-server';
import { Injectable } from '@nestjs/common';
import {
  ClientFactsService,
  isPublicClient,
  OAuthClientService,
  redirectUriMatches,
} from 'nestjs-dynamic-registration';

@Injectable()
export class JmondiClients implements OAuthClientRepository {
  constructor(
    private readonly clients: OAuthClientService,
    private readonly facts: ClientFactsService,
  ) {}

  async getByIdentifier(clientId: string): Promise<OAuthClient> {
    const client = await this.clients.find(clientId);
    if (!client) throw OAuthException.invalidClient();
    return {
      id: client.clientId,
      name: client.clientName ?? client.clientId,
      // What has one counts as confidential; it is checked below.
      secret: isPublicClient(client) ? null : (client.clientSecretHash ?? 'has keys'),
      redirectUris: client.redirectUris ?? [],
      allowedGrants: client.grantTypes as GrantIdentifier[],
      scopes: this.facts.resolveScopes(client).map((name) => ({ name })),
    };
  }

  async isClientValid(grantType: GrantIdentifier, { id }: OAuthClient, clientSecret?: string): Promise<boolean> {
    const client = await this.clients.find(id);
    if (!client || !this.facts.isGrantTypeAllowed(client, grantType)) return false;
    if (isPublicClient(client)) return clientSecret === undefined;
    return /^client_secret_(?:basic|post)$/.test(client.tokenEndpointAuthMethod)
      ? this.clients.verifySecret(client, clientSecret)
      : false;
  }

  /** Call it before `validateAuthorizationRequest`, which ignores port and query of every redirect URI. */
  async requireRedirectUri(clientId: string, redirectUri: string): Promise<void> {
    const client = await this.clients.find(clientId);
    if (!client || !redirectUriMatches(client, redirectUri)) throw OAuthException.invalidParameter('redirect_uri');
  }
}
