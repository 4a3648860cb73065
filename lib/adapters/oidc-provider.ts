export { OidcProviderClients, type ClientConfiguration } from './oidc-provider/oidc-provider.clients.js';
export type { AdapterLike, ClientLike, ClientPayload, ProviderLike } from './oidc-provider/oidc-provider.types.js';
