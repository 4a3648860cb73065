import type { INestApplicationContext } from '@nestjs/common';
import { RegistrationConfiguration } from 'nestjs-dynamic-registration';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import { Provider, type Adapter, type Configuration } from 'oidc-provider';

export function createProvider(
  app: INestApplicationContext,
  yours: Configuration,
  adapter: (model: string) => Adapter,
): Provider {
  const { issuer } = app.get(RegistrationConfiguration, { strict: false });
  const clients = app.get(OidcProviderClients, { strict: false });
  const provider = new Provider(issuer, {
    ...yours,
    ...clients.configuration({ languageTags: ['ja'] }),
    adapter: clients.adapterFor(adapter),
  });
  clients.attach(provider);
  return provider;
}
