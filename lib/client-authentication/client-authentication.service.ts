import { Injectable } from '@nestjs/common';
import { ClientActivityService } from '../client-life-cycle/client-activity.service.js';
import { ClientResolver } from '../client-resolution/client.resolver.js';
import { isHeld, isPublicClient, type OAuthClientRecord } from '../client/oauth-client.record.js';
import { OAuthClientService } from '../client/oauth-client.service.js';
import { InvalidClientError, UnauthorizedClientError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { equalHashes, tokenHash } from '../token/opaque-token.js';
import { ClientAssertionVerifier } from './client-assertion.verifier.js';
import {
  presentedCredentials,
  type ClientAuthenticationRequest,
  type PresentedAssertion,
  type PresentedCredentials,
  type PresentedSecret,
} from './presented-credentials.js';
import { UsedClientAssertions } from './used-client-assertions.js';

/** Methods whose secret may come in the header or in the body, whichever of them is registered. */
const SECRET_METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post'];
const ASSERTION_METHODS: readonly string[] = ['private_key_jwt', 'client_secret_jwt'];

/** Compared where there is no client, so that one that does not exist costs what a wrong secret costs. */
const NO_CLIENT_HASH = tokenHash('');

/**
 * Client authentication (RFC 6749 section 2.3) at the endpoints of the host: `client_secret_basic`, `client_secret_post`, `none`, `private_key_jwt`
 * and `client_secret_jwt`. A client authenticates by the method it has registered, as long as the server offers that; the two that present
 * a secret are one here.
 */
@Injectable()
export class ClientAuthenticationService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly resolver: ClientResolver,
    private readonly clients: OAuthClientService,
    private readonly assertions: ClientAssertionVerifier,
    private readonly used: UsedClientAssertions,
    private readonly activity: ClientActivityService,
  ) {}

  /**
   * Who makes a request.
   * @throws InvalidClientError for every client that is not known or did not prove who it is, always in the same words
   * @throws UnauthorizedClientError for one that did, and waits for an approval or was suspended
   * @throws InvalidRequestError for a repeated parameter and for two methods at once
   * @throws TemporarilyUnavailableError when that cannot be told now, which must never look like the former
   */
  async authenticate(request: ClientAuthenticationRequest): Promise<OAuthClientRecord> {
    const credentials = presentedCredentials(request);
    const client = await this.clientOf(credentials);
    if (!client) compareWithNothing(credentials);
    if (!client || !(await this.isProven(client, credentials))) {
      throw refusal(request);
    }
    // Only now: whether a client is held is nobody else's business.
    if (isHeld(client)) throw new UnauthorizedClientError();
    if (!(await this.activity.touch(client))) {
      // Since it was read somebody has removed or stopped it: the latter is what `find` says.
      await this.resolver.find(client.clientId);
      throw refusal(request);
    }
    return client;
  }

  /**
   * Checks, where a client may authenticate by an assertion, that there is a memory for those that were used.
   * @throws Error naming the line to add
   */
  requireAssertionMemory(): void {
    const { tokenEndpointAuthMethods } = this.config.server;
    if (ASSERTION_METHODS.some((method) => tokenEndpointAuthMethods.includes(method))) this.used.check();
  }

  private async clientOf(credentials: PresentedCredentials): Promise<OAuthClientRecord | undefined> {
    const { clientId } = credentials;
    if (credentials.kind !== 'assertion') {
      return clientId === undefined ? undefined : this.resolver.findEvenHeld(clientId);
    }
    const claimed = this.assertions.claimedClientId(credentials.assertion);
    // Both have to name the same client (RFC 7521 section 4.2).
    if (claimed === undefined || (clientId !== undefined && clientId !== claimed)) return undefined;
    return this.resolver.findEvenHeld(claimed);
  }

  private async isProven(client: OAuthClientRecord, credentials: PresentedCredentials): Promise<boolean> {
    // A client keeps what it has registered when the server stops offering it.
    if (!this.config.server.tokenEndpointAuthMethods.includes(client.tokenEndpointAuthMethod)) return false;
    switch (credentials.kind) {
      case 'identifier':
        return isPublicClient(client);
      case 'secret':
        return this.isSecretOf(client, credentials);
      case 'assertion':
        return this.isAssertionOf(client, credentials);
    }
  }

  private async isSecretOf(client: OAuthClientRecord, { secret }: PresentedSecret): Promise<boolean> {
    return SECRET_METHODS.includes(client.tokenEndpointAuthMethod) && this.clients.verifySecret(client, secret);
  }

  private async isAssertionOf(client: OAuthClientRecord, { assertion }: PresentedAssertion): Promise<boolean> {
    return ASSERTION_METHODS.includes(client.tokenEndpointAuthMethod) && this.assertions.verify(client, assertion);
  }
}

function refusal({ authorization }: ClientAuthenticationRequest): InvalidClientError {
  return new InvalidClientError('client authentication failed', authorization !== undefined);
}

function compareWithNothing(credentials: PresentedCredentials): void {
  if (credentials.kind === 'secret') equalHashes(tokenHash(credentials.secret), NO_CLIENT_HASH);
}
