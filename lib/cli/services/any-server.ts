import { randomBytes } from 'node:crypto';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  JWE_ALGORITHMS,
  JWS_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
} from '../../client-metadata/jose-algorithms.js';
import { ClientMetadataValidator, type Explanation } from '../../client-metadata/client-metadata.validator.js';
import type { DynamicRegistrationOptions } from '../../dynamic-registration.options.js';
import { RegistrationConfiguration } from '../../registration-configuration.js';
import type { MessageAlgorithms, ServerOptions } from '../../server.options.js';
import {
  AUTH_METHODS,
  GRANT_TYPES,
  isAbsoluteUri,
  isExtensionGrant,
  isToken,
} from '../../start-checks/server.check.js';

/**
 * The configuration of a server that offers everything, and whatever values of its own vocabularies the metadata names: with it all syntax and the
 * rules across fields are judged, and nothing that only a server knows.
 */
export function anyServerFor(
  metadata: unknown,
  options: Omit<DynamicRegistrationOptions, 'issuer' | 'server'> = {},
): DynamicRegistrationOptions {
  return {
    ...options,
    // No URL is made from it: the command line emits none.
    issuer: 'http://localhost',
    server: serverFor(metadata),
    // A statement that some server has verified is kept; of a new one nothing is known here.
    softwareStatements: { mode: 'optional', resolveKey: () => undefined },
    // Nothing is encrypted with it: it stands for a server that can.
    clientSecret: {
      ...options.clientSecret,
      encryptionKeys: [{ id: 'none', key: randomBytes(32).toString('base64') }],
    },
  };
}

/** Every rule that metadata violates at such a server. */
export async function explainMetadata(metadata: unknown): Promise<Explanation> {
  return new ClientMetadataValidator(new RegistrationConfiguration(anyServerFor(metadata))).explain(metadata);
}

/** Stands for the values of servers that the metadata does not name: without one, a server would not know the field. */
const ANY = 'any';

function serverFor(metadata: unknown): ServerOptions {
  const named = (member: string): string[] => {
    const value: unknown = Object(metadata)[member];
    const list: unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
    return list.filter((entry): entry is string => typeof entry === 'string' && entry !== '');
  };
  const signed: MessageAlgorithms = {
    signingAlgs: JWS_ALGORITHMS,
    encryptionAlgs: JWE_ALGORITHMS,
    encryptionEncs: CONTENT_ENCRYPTION_ALGORITHMS,
  };
  const unsigned: MessageAlgorithms = { ...signed, signingAlgs: [...JWS_ALGORITHMS, 'none'] };
  return {
    scopes: named('scope').filter(isToken),
    grantTypes: [...GRANT_TYPES, ...named('grant_types').filter(isExtensionGrant)],
    responseTypes: [
      'code',
      'id_token',
      'token',
      'id_token token',
      'code id_token',
      'code token',
      'code id_token token',
      'none',
      ...named('response_types'),
    ],
    tokenEndpointAuthMethods: [
      ...AUTH_METHODS,
      ...[...named('token_endpoint_auth_method'), ...named('token_endpoint_auth_methods_supported')].filter(
        isAbsoluteUri,
      ),
    ],
    openid: {
      subjectTypes: ['public', 'pairwise'],
      idToken: unsigned,
      userinfo: unsigned,
      acrValues: [...named('default_acr_values').filter(isToken), ANY],
    },
    requestObjects: { ...unsigned, byReference: true },
    pushedAuthorizationRequests: true,
    authorizationDetailsTypes: [...named('authorization_details_types').filter(isToken), ANY],
    dpop: true,
    mutualTls: { endpointAliases: true },
    logout: true,
    introspection: signed,
    authorizationResponses: signed,
    ciba: { deliveryModes: ['poll', 'ping', 'push'], requestSigningAlgs: SIGNATURE_ALGORITHMS, userCode: true },
    federation: {
      clientRegistrationTypes: ['automatic', 'explicit', ...named('client_registration_types').filter(isToken)],
    },
    uma: true,
    verifiableCredentials: true,
    nfv: signed,
  };
}
