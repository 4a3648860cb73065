import { createHmac, randomBytes } from 'node:crypto';
import type { ClientFactsService } from '../../client-facts/client-facts.service.js';
import { applicationTypeFor } from '../../client-metadata/application-type.rules.js';
import { typeViolations } from '../../client-metadata/grant-and-response-types.rules.js';
import type { ClientSecretService } from '../../client-secret/client-secret.service.js';
import type { OAuthClientRecord } from '../../client/oauth-client.record.js';
import type { OAuthClientService } from '../../client/oauth-client.service.js';
import type { ClientPayload } from './oidc-provider.types.js';

/** Clients as the provider reads them: the same client is the same text each time, and no member is null or empty. */
export class ClientPayloads {
  private readonly blind = randomBytes(32);

  constructor(
    private readonly clients: OAuthClientService,
    private readonly secrets: ClientSecretService,
    private readonly facts: ClientFactsService,
  ) {}

  /** @throws TemporarilyUnavailableError when the secret is a key that cannot be decrypted now */
  of(client: OAuthClientRecord): ClientPayload {
    const secret = this.secrets.keyOf(client) ?? this.standIn(client);
    return {
      redirect_uris: [],
      ...this.clients.metadataOf(client),
      ...this.allowedTypes(client),
      ...(isNative(client) && { application_type: 'native' }),
      client_id: client.clientId,
      client_id_issued_at: client.clientIdIssuedAt,
      ...(secret !== undefined && { client_secret: secret }),
      ...(secret !== undefined &&
        !isCompared(client) && { client_secret_expires_at: client.clientSecretExpiresAt ?? 0 }),
    };
  }

  /**
   * What stands for a secret of which there is only a hash: nobody knows it. The provider takes what it is given for a secret, and as a key for
   * HMAC too, where the hash itself would make a copy of the database as good as the secrets.
   */
  private standIn({ clientSecretHash }: OAuthClientRecord): string | undefined {
    if (clientSecretHash === null) return undefined;
    return createHmac('sha512', this.blind).update(clientSecretHash).digest('base64url');
  }

  /** A response type brings its grant type along at the provider, so the one is not left without the other. */
  private allowedTypes(client: OAuthClientRecord) {
    const grantTypes = client.grantTypes.filter((grantType) => this.facts.isGrantTypeAllowed(client, grantType));
    const isServed = (responseType: string) =>
      typeViolations({ grantTypes, responseTypes: [responseType] }).every(({ field }) => field !== 'response_types');
    const responseTypes = client.responseTypes.filter(
      (responseType) => this.facts.isResponseTypeAllowed(client, responseType) && isServed(responseType),
    );
    return { grant_types: grantTypes, response_types: responseTypes };
  }
}

/** Whether this module looks at the expiry where it compares the secret; the provider answers 400 before, in place of 401 (RFC 6749 section 5.2). */
function isCompared({ tokenEndpointAuthMethod: method }: OAuthClientRecord): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** The provider judges redirect URIs by the type, and asks for consent anew where it is native: any program may listen on the user's machine. */
function isNative({ redirectUris, grantTypes }: OAuthClientRecord): boolean {
  return applicationTypeFor(undefined, redirectUris ?? [], { unsupportedMetadata: 'narrow', grantTypes }) === 'native';
}
