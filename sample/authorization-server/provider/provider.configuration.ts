import type { OutboundRequests, RegistrationConfiguration } from 'nestjs-dynamic-registration';
import type { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import { hkdfSync } from 'node:crypto';
import type { AdapterFactory, ClientAuthMethod, Configuration, JWK, ResponseType } from 'oidc-provider';
import { INTERACTION, ISSUER_PATH, ROUTES } from '../endpoints.js';
import { errorPage } from '../interaction/provider-pages.js';
import { findAccount } from './accounts.js';
import { enabledAlgorithms } from './algorithms.js';
import { providerFeatures } from './provider.features.js';
import { requestedScope } from './requested-scope.js';
import { ACCESS_TOKEN_SECONDS } from './resources.js';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** What a provider is made of. */
export interface ProviderParts {
  readonly registration: RegistrationConfiguration;
  readonly clients: OidcProviderClients;
  readonly outbound: OutboundRequests;
  readonly adapter: AdapterFactory;
  readonly keys: JWK[];
  readonly encryptionKey: Buffer;
}

/** The configuration of the provider: it offers what the clients may register, as far as it can. */
export function providerConfiguration({
  registration,
  clients,
  outbound,
  adapter,
  keys,
  encryptionKey,
}: ProviderParts): Configuration {
  const { issuer, server } = registration;
  const cookie = { signed: true, httpOnly: true, sameSite: 'lax', secure: issuer.startsWith('https:') } as const;
  return {
    ...clients.configuration(),
    adapter,
    jwks: { keys },
    routes: ROUTES,
    cookies: { keys: [derived(encryptionKey, 'cookies').toString('base64url')], long: cookie, short: cookie },
    scopes: [...server.scopes],
    extraParams: { scope: requestedScope },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    acrValues: [...server.openid.acrValues],
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: async (_ctx, accountId, client) =>
      derived(encryptionKey, `subject ${accountId} for ${String(client['sectorIdentifier'])}`).toString('base64url'),
    responseTypes: [...server.responseTypes] as ResponseType[],
    clientAuthMethods: server.tokenEndpointAuthMethods.filter(
      (method) => !method.includes('tls'),
    ) as ClientAuthMethod[],
    enabledJWA: enabledAlgorithms(server),
    pkce: { required: () => true },
    findAccount,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    interactions: { url: (_ctx, { uid }) => `${ISSUER_PATH}${INTERACTION}/${uid}` },
    // No cookie decides about these requests, so any page of a client may make them.
    clientBasedCORS: () => true,
    // Strangers register these URLs: keys, and where to log out.
    fetch: async (url, init) => outbound.fetch(url as string | URL, init),
    renderError: errorPage,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      IdToken: HOUR_SECONDS,
      Interaction: HOUR_SECONDS,
      RefreshToken: 14 * DAY_SECONDS,
      Grant: 14 * DAY_SECONDS,
      Session: DAY_SECONDS,
    },
    features: providerFeatures(server),
  };
}

/** A key for one purpose, made of the one that instances share (RFC 5869). */
function derived(encryptionKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', encryptionKey, '', purpose, 32));
}
