import {
  OAuthException,
  type GrantIdentifier,
  type OAuthClient,
  type OAuthClientRepository,
  type OAuthScope,
} from '@jmondi/oauth2-server';
import { Injectable } from '@nestjs/common';
import {
  ClientActivityService,
  ClientFactsService,
  ClientResolver,
  isPublicClient,
  OAuthClientService,
  redirectUriMatches,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';

const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'];

@Injectable()
export class JmondiClients implements OAuthClientRepository {
  constructor(
    private readonly resolver: ClientResolver,
    private readonly clients: OAuthClientService,
    private readonly facts: ClientFactsService,
    private readonly activity: ClientActivityService,
  ) {}

  async getByIdentifier(clientId: string): Promise<OAuthClient> {
    const client = await this.find(clientId);
    if (!client) throw OAuthException.invalidClient();
    return {
      id: client.clientId,
      name: client.clientName ?? client.clientId,
      // It only says that the client is confidential. The hash would be stored with every token.
      secret: isPublicClient(client) ? null : 'see isClientValid',
      redirectUris: client.redirectUris ?? [],
      allowedGrants: client.grantTypes as GrantIdentifier[],
      scopes: this.facts.resolveScopes(client).map((name) => ({ name })),
    };
  }

  async isClientValid(grantType: GrantIdentifier, { id }: OAuthClient, clientSecret?: string): Promise<boolean> {
    const client = await this.find(id);
    return !!client && this.facts.isGrantTypeAllowed(client, grantType) && this.isProven(client, clientSecret);
  }

  /** For an `AuthorizationServer` of which only `revoke` is called: it asks for `client_credentials`, which few clients have. */
  readonly forRevocation: OAuthClientRepository = {
    getByIdentifier: async (clientId) => this.getByIdentifier(clientId),
    isClientValid: async (_grantType, { id }, clientSecret) => {
      const client = await this.find(id);
      return !!client && this.isProven(client, clientSecret);
    },
  };

  /** Before `validateAuthorizationRequest`, with the query of the request. */
  async requireRedirectUri({ client_id: clientId, redirect_uri: uri }: Record<string, unknown>): Promise<void> {
    const client = typeof clientId === 'string' ? await this.find(clientId) : undefined;
    if (!client) throw OAuthException.invalidClient();
    if (typeof uri !== 'string' || !redirectUriMatches(client, uri))
      throw OAuthException.invalidParameter('redirect_uri');
  }

  /** In `finalize` of your scope repository. */
  narrowed(scopes: OAuthScope[], client: OAuthClient): OAuthScope[] {
    const granted = scopes.filter(({ name }) => client.scopes.some((scope) => scope.name === name));
    if (granted.length === 0 && scopes.length > 0) throw OAuthException.invalidScope('');
    return granted;
  }

  private async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    const found = await this.resolver.resolve(clientId);
    if (found.outcome === 'unavailable') throw found.error;
    if (found.outcome === 'held') throw OAuthException.unauthorizedClient();
    return found.outcome === 'found' ? found.client : undefined;
  }

  private async isProven(client: OAuthClientRecord, clientSecret: string | undefined): Promise<boolean> {
    const isProven = isPublicClient(client)
      ? !clientSecret
      : SECRET_METHODS.includes(client.tokenEndpointAuthMethod) &&
        (await this.clients.verifySecret(client, clientSecret));
    // Noted, so that it neither counts as never used nor expires.
    return isProven && this.activity.touch(client);
  }
}
