import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { RegistrationPolicy, type RegistrationContext } from '../client-registration/registration.policy.js';
import {
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  InvalidSoftwareStatementError,
} from '../errors/registration.error.js';

/** Keys and redirection URIs are those that a directory has of the software (Open Finance Brasil Dynamic Client Registration section 7.1). */
@Injectable()
export class DirectorySoftwarePolicy extends RegistrationPolicy {
  review(
    proposed: ClientMetadata,
    { operation, credential, softwareStatement, overridden = [] }: RegistrationContext,
  ): ClientMetadata {
    if (!softwareStatement) {
      // Whoever adds a client by hand answers for it.
      if (operation === 'create' || (operation === 'update' && credential === undefined)) return proposed;
      throw new InvalidSoftwareStatementError('software_statement is required');
    }
    const { software_jwks_uri: jwksUri, software_redirect_uris: redirectUris } = softwareStatement.claims;
    if (overridden.includes('jwks') || proposed.jwks !== undefined) {
      throw new InvalidClientMetadataError('jwks must not be sent, but a jwks_uri');
    }
    if (overridden.includes('jwks_uri') || typeof jwksUri !== 'string' || proposed.jwks_uri !== jwksUri) {
      throw new InvalidClientMetadataError('jwks_uri must be software_jwks_uri of the software statement');
    }
    const registered: unknown[] = Array.isArray(redirectUris) ? redirectUris : [];
    const other = proposed.redirect_uris?.findIndex((uri) => !registered.includes(uri)) ?? -1;
    if (other < 0) return proposed;
    throw new InvalidRedirectUriError(
      `redirect_uris[${other}] must be among software_redirect_uris of the software statement`,
    );
  }
}
