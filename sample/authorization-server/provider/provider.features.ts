import type { ServerCapabilities } from 'nestjs-dynamic-registration';
import type { Configuration } from 'oidc-provider';
import { loggedOutPage, logoutPage } from '../interaction/provider-pages.js';
import { resourceServer } from './resources.js';

/** What the provider offers of all that it can. */
export function providerFeatures(server: ServerCapabilities): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
    },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => resourceServer(resource),
    },
    rpInitiatedLogout: { enabled: true, logoutSource: logoutPage, postLogoutSuccessSource: loggedOutPage },
    pushedAuthorizationRequests: { enabled: server.pushedAuthorizationRequests },
    requestObjects: { enabled: server.requestObjects.offered },
    dPoP: { enabled: server.dpop },
    encryption: { enabled: true },
    jwtIntrospection: { enabled: true },
    jwtUserinfo: { enabled: true },
    jwtResponseModes: { enabled: true },
    claimsParameter: { enabled: false },
  };
}
