import { Injectable } from '@nestjs/common';
import { ClientFactsService } from '../../client-facts/client-facts.service.js';
import { ClientActivityService } from '../../client-life-cycle/client-activity.service.js';
import { isHeld, isPublicClient, type OAuthClientRecord } from '../../client/oauth-client.record.js';
import { ClientResolver } from '../../client-resolution/client.resolver.js';
import { OAuthClientService } from '../../client/oauth-client.service.js';
import { redirectUriMatches } from '../../client/redirect-uri.matching.js';
import { UnauthorizedClientError } from '../../errors/registration.error.js';

/** A client as `@node-oauth/oauth2-server` reads it. */
export interface OAuth2ServerClient {
  readonly id: string;
  readonly redirectUris: string[];
  readonly grants: string[];
  readonly tokenEndpointAuthMethod: string;
  readonly jwks: object | undefined;
  readonly jwksUri: string | undefined;
}

/** Methods that the server knows nothing of: it asks for a secret, or for none where there is a code verifier. */
const SECRET_METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post'];

/**
 * The part of the model of `@node-oauth/oauth2-server` 5 that is about clients: list it in your `providers`, and bind its methods into your
 * model.
 */
@Injectable()
export class OAuth2ServerClients {
  constructor(
    private readonly resolver: ClientResolver,
    private readonly clients: OAuthClientService,
    private readonly facts: ClientFactsService,
    private readonly activity: ClientActivityService,
  ) {}

  /**
   * A client that is looked up, or that proves who it is. The server asks with `null` at the authorization endpoint, with the secret at the token
   * endpoint, and with `undefined` there when a `code_verifier` came without a secret, which proves nothing for a client that has one.
   * One that has proved who it is has been used.
   * @returns false for a client that is not known or did not prove who it is: the server answers `invalid_client`
   * @throws UnauthorizedClientError of the server for one that did, and waits for an approval or was suspended
   * @throws TemporarilyUnavailableError when that cannot be told now
   */
  readonly getClient = async (clientId: string, clientSecret?: string | null): Promise<OAuth2ServerClient | false> => {
    const client = await this.resolver.findEvenHeld(clientId);
    if (!client || !(clientSecret === null || (await this.isProven(client, clientSecret)))) return false;
    if (isHeld(client)) throw await heldAnswer();
    // It may have been stopped or removed meanwhile.
    if (clientSecret !== null && !(await this.activity.touch(client))) return false;
    return this.view(client);
  };

  /** Whether an authorization request may redirect there, with any port of a loopback address (RFC 8252 section 7.3). */
  readonly validateRedirectUri = async (
    redirectUri: string,
    client: { readonly redirectUris?: unknown },
  ): Promise<boolean> =>
    Array.isArray(client.redirectUris) &&
    redirectUriMatches({ redirectUris: client.redirectUris as string[] }, redirectUri);

  /**
   * The scopes to grant, never more than the client has registered; all of these where the request names none. A list without any, or `null`, is
   * what a code was granted before: it does not grow because its client has changed since.
   * @returns false where nothing of what is requested may be granted: the server answers `invalid_scope`
   */
  readonly validateScope = async (
    _user: unknown,
    client: { readonly id: string },
    requested?: readonly string[] | null,
  ): Promise<string[] | false> => {
    const found = await this.resolver.findEvenHeld(client.id);
    if (!found) return false;
    if (isHeld(found)) throw await heldAnswer();
    if (requested === undefined) return this.facts.resolveScopes(found);
    const scopes = (requested ?? []).filter(Boolean).join(' ');
    if (scopes === '') return [];
    const granted = this.facts.resolveScopes(found, scopes);
    return granted.length > 0 && granted;
  };

  private async isProven(client: OAuthClientRecord, clientSecret: string | undefined): Promise<boolean> {
    // An empty secret is none (RFC 6749 section 2.3.1).
    if (isPublicClient(client)) return clientSecret === undefined || clientSecret === '';
    return SECRET_METHODS.includes(client.tokenEndpointAuthMethod) && this.clients.verifySecret(client, clientSecret);
  }

  private view(client: OAuthClientRecord): OAuth2ServerClient {
    return {
      id: client.clientId,
      redirectUris: client.redirectUris ?? [],
      grants: client.grantTypes.filter((grantType) => this.facts.isGrantTypeAllowed(client, grantType)),
      tokenEndpointAuthMethod: client.tokenEndpointAuthMethod,
      jwks: client.jwks ?? undefined,
      jwksUri: client.jwksUri ?? undefined,
    };
  }
}

/** Of any other class the server would make a `server_error`. Its package is there where this is asked for. */
async function heldAnswer(): Promise<Error> {
  const { default: OAuth2Server } = await import('@node-oauth/oauth2-server');
  const held = new UnauthorizedClientError();
  return new OAuth2Server.UnauthorizedClientError(held.message, { cause: held });
}
