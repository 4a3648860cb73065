import { Injectable } from '@nestjs/common';
import { RegistrationConfiguration } from '../registration-configuration.js';

/** Signature algorithms of the keys that `jwks` accepts; RFC 8414 section 2 wants them beside `private_key_jwt`. */
const ASYMMETRIC_ALGORITHMS = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519',
] as const; // prettier-ignore

/** What the configuration makes true of the authorization server, for its metadata document (RFC 8414 section 2). */
@Injectable()
export class ServerMetadataService {
  constructor(private readonly config: RegistrationConfiguration) {}

  /** The members this module can vouch for; `registration_endpoint` is left out while registration is disabled. */
  serverMetadata(): Readonly<Record<string, unknown>> {
    const { issuer, access, registrationEndpoint, server } = this.config;
    return {
      issuer,
      ...(access === 'disabled' ? {} : { registration_endpoint: registrationEndpoint }),
      ...(server.scopes.length > 0 ? { scopes_supported: server.scopes } : {}),
      response_types_supported: server.responseTypes,
      grant_types_supported: server.grantTypes,
      token_endpoint_auth_methods_supported: server.tokenEndpointAuthMethods,
      ...(server.tokenEndpointAuthMethods.includes('private_key_jwt')
        ? { token_endpoint_auth_signing_alg_values_supported: ASYMMETRIC_ALGORITHMS }
        : {}),
    };
  }

  /** The whole document: those members and what `discovery.metadata` adds. */
  document(): Readonly<Record<string, unknown>> {
    return { ...this.config.discovery?.metadata, ...this.serverMetadata() };
  }
}
