import { Injectable, Logger } from '@nestjs/common';
import { ClientResolver, OutboundRequests, RegistrationConfiguration } from 'nestjs-dynamic-registration';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import type { Provider as OidcProviderType } from 'oidc-provider';
import { environment } from '../environment.js';
import { leaveLogout } from '../interaction/provider-pages.js';
import { OidcPayloadAdapter } from '../storage/oidc-payload.adapter.js';
import { OidcPayloads } from '../storage/oidc-payloads.js';
import { Provider } from './oidc-provider.package.js';
import { providerConfiguration } from './provider.configuration.js';
import { signingKeys } from './signing-keys.js';

const logger = new Logger('OidcProvider');

/** The provider, made before anything is answered. */
@Injectable()
export class OidcProvider {
  private constructor(readonly provider: OidcProviderType) {}

  static readonly create = async (
    registration: RegistrationConfiguration,
    resolver: ClientResolver,
    outbound: OutboundRequests,
    clients: OidcProviderClients,
    payloads: OidcPayloads,
  ): Promise<OidcProvider> => {
    const encryptionKey = Buffer.from(environment.encryptionKey, 'base64');
    const keys = await signingKeys(payloads, encryptionKey);
    const adapter = clients.adapterFor((model) => new OidcPayloadAdapter(model, payloads, resolver));
    const provider = new Provider(
      registration.issuer,
      providerConfiguration({ registration, clients, outbound, adapter, keys, encryptionKey }),
    );
    // The issuer alone says where this server is; a request is given its host and protocol (see provider.middleware.ts).
    provider.proxy = true;
    clients.attach(provider);
    provider.use(leaveLogout);
    provider.on('server_error', (_ctx, error) => logger.error(error.stack ?? error.message));
    return new OidcProvider(provider);
  };
}
