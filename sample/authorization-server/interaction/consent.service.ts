import { Injectable } from '@nestjs/common';
import { ClientFactsService, ClientResolver, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import type { Grant, Interaction, InteractionResults } from 'oidc-provider';
import { errors } from '../provider/oidc-provider.package.js';
import { OidcProvider } from '../provider/oidc-provider.js';
import type { Consent } from './consent.page.js';

/** What the provider says is not consented to yet. */
interface Missing {
  readonly missingOIDCScope?: string[];
  readonly missingOIDCClaims?: string[];
  readonly missingResourceScopes?: Record<string, string[]>;
}

/** What people consent to: kept by the provider as a grant, for one client and one login in one browser. */
@Injectable()
export class ConsentService {
  constructor(
    private readonly oidc: OidcProvider,
    private readonly clients: ClientResolver,
    private readonly facts: ClientFactsService,
  ) {}

  /** What a consent page shows. */
  async describe({ params, prompt }: Interaction): Promise<Consent> {
    const client = await this.clientOf(params);
    const { missingOIDCScope = [], missingOIDCClaims = [], missingResourceScopes = {} } = prompt.details as Missing;
    // The provider leaves out what it does not know, and so does this page.
    const requested = this.facts.resolveScopes(client, String(params['scope']));
    const missing = [...missingOIDCScope, ...Object.values(missingResourceScopes).flat()];
    return {
      facts: await this.facts.describeForConsent(client, String(params['redirect_uri'])),
      version: client.version,
      // A native client is asked for every time, also when nothing is missing.
      scopes: [...new Set(missing.length > 0 ? missing : requested)],
      claims: missingOIDCClaims,
      resources: [params['resource'] ?? []].flat().map(String),
    };
  }

  /**
   * Keeps a consent.
   * @param version that of the client which was shown
   * @returns undefined when the client has changed since
   */
  async give(interaction: Interaction, version: unknown): Promise<InteractionResults | undefined> {
    const { params, session, grantId, prompt } = interaction;
    const client = await this.clientOf(params);
    if (version !== String(client.version) || !session) return undefined;
    const grant = await this.grantOf(client, session.accountId, grantId);
    const { missingOIDCScope = [], missingOIDCClaims = [], missingResourceScopes = {} } = prompt.details as Missing;
    if (missingOIDCScope.length > 0) grant.addOIDCScope(missingOIDCScope.join(' '));
    if (missingOIDCClaims.length > 0) grant.addOIDCClaims(missingOIDCClaims);
    for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
      grant.addResourceScope(resource, scopes.join(' '));
    }
    const given = await grant.save();
    if ((await this.clientOf(params)).version === client.version) return { consent: { grantId: given } };
    // An update that came in between has removed the consents it found, and not this one.
    await grant.destroy();
    return undefined;
  }

  private async grantOf({ clientId }: OAuthClientRecord, accountId: string, grantId?: string): Promise<Grant> {
    const { Grant } = this.oidc.provider;
    const given = grantId === undefined ? undefined : await Grant.find(grantId);
    return given ?? new Grant({ accountId, clientId });
  }

  private async clientOf(params: Interaction['params']): Promise<OAuthClientRecord> {
    const client = await this.clients.find(String(params['client_id']));
    if (!client) throw new errors.InvalidClient('client is invalid', 'the client is gone');
    return client;
  }
}
