import { Injectable, Logger } from '@nestjs/common';
import { ClientMetadata } from '../../client-metadata/client-metadata.dto.js';
import { metadataTable } from '../../client-metadata/metadata-table.js';
import { parseRedirectUri } from '../../client-metadata/redirect-uri.rules.js';
import { ClientSecretService } from '../../client-secret/client-secret.service.js';
import type { OAuthClientRecord } from '../../client/oauth-client.record.js';
import { OAuthClientService } from '../../client/oauth-client.service.js';
import { redirectUriMatches } from '../../client/redirect-uri.matching.js';
import { LOGGER } from '../../errors/logger.js';
import { TemporarilyUnavailableError } from '../../errors/registration.error.js';
import { RegistrationConfiguration } from '../../registration-configuration.js';
import { fittingMetadata } from './fitting-metadata.js';
import type { AdapterLike, ClientLike, ClientPayload, ProviderLike } from './oidc-provider.types.js';

/** What of the provider's configuration is about clients. */
export interface ClientConfiguration {
  readonly discovery: Record<string, unknown>;
  readonly extraClientMetadata: { properties: string[] };
  readonly sectorIdentifierUriValidate: () => boolean;
}

/** Fields that the provider does not know and would drop. */
const SOFTWARE = ['software_id', 'software_version'];

/** As many clients as the provider itself keeps in memory. */
const REMEMBERED = 100;

/**
 * Gives the clients of this module to `oidc-provider` 9: list it in your `providers`, spread `configuration()` into that of the provider, give it
 * `adapterFor(...)`, and call `attach(provider)` when it is made. The provider must not have `features.registration`.
 */
@Injectable()
export class OidcProviderClients {
  private readonly logger = new Logger(LOGGER);
  private provider: ProviderLike | undefined;
  /** What the provider accepts of a client that it does not accept as it is, by the client's metadata. */
  private readonly fitted = new Map<string, ClientPayload | undefined>();

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly clients: OAuthClientService,
    private readonly secrets: ClientSecretService,
  ) {}

  /**
   * The part of the provider's configuration that is about clients.
   * @param languageTags languages in which your pages show names of clients: the provider keeps `client_name#ja` for `ja`
   */
  configuration({ languageTags = [] }: { readonly languageTags?: readonly string[] } = {}): ClientConfiguration {
    const { access, registrationEndpoint, metadataTable: table } = this.config;
    const standard = metadataTable(ClientMetadata);
    const ofHost = [...table.keys()].filter((name) => !standard.has(name));
    const tagged = [...table.values()]
      .filter((row) => row.languageTags)
      .flatMap(({ name }) => languageTags.map((tag) => `${name}#${tag}`));
    return {
      discovery: access === 'disabled' ? {} : { registration_endpoint: registrationEndpoint },
      extraClientMetadata: { properties: [...SOFTWARE, ...ofHost, ...tagged] },
      // It was checked when the client registered; the provider would fetch it again.
      sectorIdentifierUriValidate: () => false,
    };
  }

  /**
   * The `adapter` of the provider's configuration.
   * @param other makes the adapter of every other model
   */
  adapterFor<Adapter extends object>(other: (model: string) => Adapter): (model: string) => Adapter | AdapterLike {
    const ofClients = readOnly(async (clientId) => this.find(clientId));
    return (model) => (model === 'Client' ? ofClients : other(model));
  }

  /**
   * Makes the provider check secrets and redirect URIs as this module does.
   * @throws Error where the provider has registration of its own: it would hand out the stored hashes
   */
  attach(provider: ProviderLike): void {
    if (hasRegistration(provider)) {
      throw new Error('features.registration must be off: its endpoint would show the hashes of client secrets');
    }
    this.provider = provider;
    const { prototype } = provider.Client;
    const isSecretOf = async (clientId: string, presented: string) => this.isSecretOf(clientId, presented);
    prototype.compareClientSecret = async function (this: ClientLike, presented: string) {
      return isSecretOf(this.clientId, presented);
    };
    prototype.redirectUriAllowed = function (this: ClientLike, redirectUri: string) {
      return redirectUriMatches({ redirectUris: this.redirectUris ?? [] }, redirectUri);
    };
  }

  private async isSecretOf(clientId: string, presented: string): Promise<boolean> {
    return orUnavailable(async () => {
      const client = await this.clients.find(clientId);
      return client !== undefined && this.clients.verifySecret(client, presented);
    });
  }

  /** @returns the same text for the same client each time: by it the provider knows whether a client has changed */
  private async find(clientId: string): Promise<ClientPayload | undefined> {
    return orUnavailable(async () => {
      const client = await this.clients.find(clientId);
      return client && this.fitting(this.payloadOf(client));
    });
  }

  private payloadOf(client: OAuthClientRecord): ClientPayload {
    const metadata = this.clients.metadataOf(client);
    const key = this.secrets.keyOf(client);
    const secret = key ?? client.clientSecretHash;
    return {
      redirect_uris: [],
      response_types: [],
      ...metadata,
      ...(isNative(client) && { application_type: 'native' }),
      client_id: client.clientId,
      client_id_issued_at: client.clientIdIssuedAt,
      ...(secret !== null && { client_secret: secret }),
      // Of a secret that is presented we judge the age: the provider would answer 400 where it has expired.
      ...(key !== undefined && { client_secret_expires_at: client.clientSecretExpiresAt ?? 0 }),
    };
  }

  private fitting(payload: ClientPayload): ClientPayload | undefined {
    const { provider } = this;
    if (!provider) throw new Error('attach(provider) must be called before the provider looks for clients');
    const key = JSON.stringify(payload);
    if (!this.fitted.has(key)) {
      const [oldest] = this.fitted.keys();
      if (this.fitted.size >= REMEMBERED && oldest !== undefined) this.fitted.delete(oldest);
      this.fitted.set(
        key,
        fittingMetadata(payload, (candidate) => isAccepted(provider, candidate)),
      );
      if (this.fitted.get(key) === undefined) {
        this.logger.warn(
          'the provider knows no client authentication method, or no key, of a client: it is unknown there',
        );
      }
    }
    return this.fitted.get(key);
  }
}

/** Clients are written by this module alone; the provider never does so without `features.registration`. */
function readOnly(find: AdapterLike['find']): AdapterLike {
  const refuse = async () => {
    throw new Error('clients are kept by the module of dynamic registration');
  };
  return {
    find,
    findByUid: refuse,
    findByUserCode: refuse,
    upsert: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}

/** Whether a redirect URI is one that the provider has for native applications alone; type and URIs are judged by us at registration. */
function isNative({ redirectUris }: OAuthClientRecord): boolean {
  const kinds = (redirectUris ?? []).map((uri) => parseRedirectUri(uri)?.kind);
  return kinds.some((kind) => kind === 'private-use' || kind === 'http-loopback');
}

function isAccepted(provider: ProviderLike, payload: ClientPayload): boolean {
  // What the provider makes of a client is judged by this class of its own; nothing else tells all that it accepts.
  const Schema = Reflect.get(provider.Client, 'Schema') as new (metadata: ClientPayload) => object;
  try {
    return new Schema(payload) instanceof Schema;
  } catch (error) {
    // How it says no; anything else is a defect of one of the two.
    if (error instanceof Error && Reflect.get(error, 'statusCode') === 400) return false;
    throw error;
  }
}

function hasRegistration(provider: ProviderLike): boolean {
  try {
    return provider.urlFor('registration') !== '';
  } catch {
    return false;
  }
}

/** What cannot be told now, as the provider answers an error: 503, never `invalid_client`. */
async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TemporarilyUnavailableError)) throw error;
    new Logger(LOGGER).warn(`${error.code}: ${String(error.cause)}`);
    throw Object.assign(new Error(error.code, { cause: error }), {
      expose: true,
      status: 503,
      statusCode: 503,
      error: error.code,
      error_description: error.message,
    });
  }
}
