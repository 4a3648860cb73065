import { RegistrationConfiguration } from '../registration-configuration.js';

/**
 * The configuration by which documents are judged. One document is for all servers there are: what this one does not support is left out and no
 * mistake. No method has a shared secret.
 */
export function documentConfiguration(config: RegistrationConfiguration): RegistrationConfiguration {
  const tokenEndpointAuthMethods = config.server.tokenEndpointAuthMethods.filter(
    (method) => !method.startsWith('client_secret_'),
  );
  return Object.assign(Object.create(RegistrationConfiguration.prototype), config, {
    unsupportedMetadata: 'narrow',
    inconsistentTypes: 'repair',
    server: { ...config.server, tokenEndpointAuthMethods },
  }) as RegistrationConfiguration;
}
