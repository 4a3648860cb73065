import { Injectable, Logger } from '@nestjs/common';
import { ClientFactsService } from '../../client-facts/client-facts.service.js';
import type { OAuthClientRecord } from '../../client/oauth-client.record.js';
import { ClientActivityService } from '../../client-life-cycle/client-activity.service.js';
import { ClientMetadata } from '../../client-metadata/client-metadata.dto.js';
import { metadataTable } from '../../client-metadata/metadata-table.js';
import { ClientResolver } from '../../client-resolution/client.resolver.js';
import { ClientSecretService } from '../../client-secret/client-secret.service.js';
import { OAuthClientService } from '../../client/oauth-client.service.js';
import { redirectUriMatches } from '../../client/redirect-uri.matching.js';
import { LOGGER } from '../../errors/logger.js';
import { RegistrationConfiguration } from '../../registration-configuration.js';
import { ClientPayloads } from './client-payloads.js';
import { restrictWithoutScope } from './client-scope.js';
import { FittingClients } from './fitting-clients.js';
import type { AdapterLike, ClientLike, ClientPayload, ProviderLike } from './oidc-provider.types.js';
import { isAboutHeldClient, orProviderAnswer } from './provider-answer.js';
import { readOnlyAdapter } from './read-only.adapter.js';
import { isOfTokens, tokenAdapter } from './token.adapter.js';

/** What of the provider's configuration is about clients. */
export interface ClientConfiguration {
  readonly discovery: Record<string, unknown>;
  readonly extraClientMetadata: { properties: string[] };
  readonly sectorIdentifierUriValidate: () => boolean;
}

/** Fields that the provider does not know and would drop. */
const SOFTWARE = ['software_id', 'software_version'];
/** Routes where people sign out, also of clients that are held by now. */
const LOGOUT = ['end_session', 'end_session_confirm', 'end_session_success'];

/**
 * Gives the clients of this module to `oidc-provider` 9: list it in your `providers`, spread `configuration()` into that of the provider, give it
 * `adapterFor(...)`, and call `attach(provider)` when it is made. The provider must not have `features.registration`.
 */
@Injectable()
export class OidcProviderClients {
  private readonly logger = new Logger(LOGGER);
  private readonly payloads: ClientPayloads;
  private attached: { readonly provider: ProviderLike; readonly fitting: FittingClients } | undefined;

  constructor(
    private readonly resolver: ClientResolver,
    private readonly clients: OAuthClientService,
    private readonly config: RegistrationConfiguration,
    secrets: ClientSecretService,
    facts: ClientFactsService,
    private readonly activity: ClientActivityService,
  ) {
    this.payloads = new ClientPayloads(clients, secrets, facts);
  }

  /**
   * The part of the provider's configuration that is about clients.
   * @param languageTags languages in which your pages show names of clients: the provider keeps `client_name#ja` for `ja`
   */
  configuration({ languageTags = [] }: { readonly languageTags?: readonly string[] } = {}): ClientConfiguration {
    const { access, registrationEndpoint, metadataTable: table, clientIdMetadataDocuments } = this.config;
    const standard = metadataTable(ClientMetadata);
    const ofHost = [...table.keys()].filter((name) => !standard.has(name));
    const tagged = [...table.values()]
      .filter((row) => row.languageTags)
      .flatMap(({ name }) => languageTags.map((tag) => `${name}#${tag}`));
    return {
      discovery: {
        ...(access !== 'disabled' && { registration_endpoint: registrationEndpoint }),
        ...(clientIdMetadataDocuments && { client_id_metadata_document_supported: true }),
      },
      extraClientMetadata: { properties: [...SOFTWARE, ...ofHost, ...tagged] },
      // It was checked when the client registered; the provider would fetch it again.
      sectorIdentifierUriValidate: () => false,
    };
  }

  /**
   * The `adapter` of the provider's configuration. Tokens are found as long as their client is, and may be used.
   * @param other makes the adapter of every other model
   */
  adapterFor<Adapter extends object>(other: (model: string) => Adapter): (model: string) => Adapter | AdapterLike {
    const ofClients = readOnlyAdapter(async (clientId) => this.find(clientId));
    return (model) => {
      if (model === 'Client') return ofClients;
      return isOfTokens(model) ? tokenAdapter(other(model), () => this.attachment.provider) : other(model);
    };
  }

  /**
   * Makes the provider check secrets, scopes and redirect URIs as this module does. The `clients` in its configuration have secrets and scopes of
   * its own. One provider at a time; a new one takes the place of the one before.
   * @throws Error where the provider has registration of its own: there would be two, each with clients that the other one does not manage
   */
  attach(provider: ProviderLike): void {
    if (hasRegistration(provider)) {
      throw new Error('features.registration must be off: clients register at the endpoint of this module');
    }
    this.attached = { provider, fitting: new FittingClients(provider.Client) };
    provider.on(
      'grant.success',
      ({ oidc: { client } }) => void (client && this.noteUse(this.resolver.find(client.clientId))),
    );
    const { prototype } = provider.Client;
    const ofProvider = prototype.compareClientSecret;
    const isSecretOf = async (clientId: string, presented: string) => this.isSecretOf(clientId, presented);
    prototype.compareClientSecret = async function (this: ClientLike, presented: string) {
      return (await isSecretOf(this.clientId, presented)) ?? ofProvider.call(this, presented);
    };
    prototype.redirectUriAllowed = function (this: ClientLike, redirectUri: string) {
      return redirectUriMatches({ redirectUris: this.redirectUris ?? [] }, redirectUri);
    };
    restrictWithoutScope(prototype);
  }

  /** The answer is given already: what cannot be noted now is noted with the next token. */
  private async noteUse(found: Promise<OAuthClientRecord | undefined>): Promise<void> {
    try {
      const client = await found;
      if (client) await this.activity.touch(client);
    } catch (error) {
      this.logger.warn(`the use of a client was not noted: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }

  /** @returns undefined for a client that is none of this module */
  private async isSecretOf(clientId: string, presented: string): Promise<boolean | undefined> {
    return orProviderAnswer(async () => {
      const found = this.resolver.find(clientId);
      const client = await found;
      const isProven = client && (await this.clients.verifySecret(client, presented));
      // Whoever introspects or revokes gets no token, and has authenticated.
      if (isProven) void this.noteUse(found);
      return isProven;
    });
  }

  /** @returns the same text for the same client each time: by it the provider knows whether a client has changed */
  private async find(clientId: string): Promise<ClientPayload | undefined> {
    const { provider, fitting } = this.attachment;
    try {
      return await orProviderAnswer(async () => {
        const client = await this.resolver.find(clientId);
        return client && fitting.of(this.payloads.of(client));
      });
    } catch (error) {
      // Nobody can be kept signed in by a client that they have used once.
      if (isAboutHeldClient(error) && isLogout(provider)) return undefined;
      throw error;
    }
  }

  private get attachment() {
    if (!this.attached) throw new Error('attach(provider) must be called before the provider looks for clients');
    return this.attached;
  }
}

/** Whether the request at hand is one to sign out. */
function isLogout({ constructor }: ProviderLike): boolean {
  const { ctx } = constructor as { readonly ctx?: { readonly oidc?: { readonly route?: string } } };
  return LOGOUT.includes(ctx?.oidc?.route ?? '');
}

function hasRegistration(provider: ProviderLike): boolean {
  try {
    return provider.urlFor('registration') !== '';
  } catch {
    return false;
  }
}
