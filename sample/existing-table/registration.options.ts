import {
  ClientSecretHasher,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { FormerSecretHasher } from './former-secret.hasher.js';
import { ProviderApp } from './provider-app.entity.js';

/** Stands beside the data source, too: what your server is to clients, the command line then knows as well. */
export const dynamicRegistration: DynamicRegistrationOptions & DynamicRegistrationExtras = {
  issuer: 'http://localhost:3000',
  server: { scopes: ['api:read', 'api:write'] },
  entities: { client: ProviderApp },
  providers: [{ provide: ClientSecretHasher, useClass: FormerSecretHasher }],
};
