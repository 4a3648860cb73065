import { Injectable } from '@nestjs/common';
import { SIGNATURE_ALGORITHMS } from '../client-metadata/jwk-types.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import type { ComputedMembers } from './server-metadata.members.js';

/** What the configuration makes true of the authorization server, for its metadata document (RFC 8414 section 2). */
@Injectable()
export class ServerMetadataService {
  constructor(private readonly config: RegistrationConfiguration) {}

  /** The members this module can vouch for; `registration_endpoint` is left out while registration is disabled. */
  serverMetadata(): ComputedMembers {
    const { issuer, access, registrationEndpoint, server } = this.config;
    return {
      issuer,
      ...(access === 'disabled' ? {} : { registration_endpoint: registrationEndpoint }),
      ...(server.scopes.length > 0 ? { scopes_supported: server.scopes } : {}),
      response_types_supported: server.responseTypes,
      grant_types_supported: server.grantTypes,
      token_endpoint_auth_methods_supported: server.tokenEndpointAuthMethods,
      // RFC 8414 section 2 wants them beside this method.
      ...(server.tokenEndpointAuthMethods.includes('private_key_jwt')
        ? { token_endpoint_auth_signing_alg_values_supported: SIGNATURE_ALGORITHMS }
        : {}),
    };
  }

  /** The whole document: those members and what `discovery.metadata` adds. */
  document(): Readonly<Record<string, unknown>> {
    return { ...this.config.discovery?.metadata, ...this.serverMetadata() };
  }
}
