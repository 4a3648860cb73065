import type { Type } from '@nestjs/common';
import type { DynamicRegistrationOptions } from '../dynamic-registration.options.js';
import type { RegistrationPolicy } from '../client-registration/registration.policy.js';
import type { ServerOptions } from '../server.options.js';
import type { SoftwareStatementIssuer } from '../software-statement/software-statement.options.js';
import { DirectorySoftwarePolicy } from './directory-software.policy.js';

/** Which directory vouches for the software. */
export interface OpenFinanceBrasilOptions {
  readonly environment: 'production' | 'sandbox';
  /** The `iss` of the statements of the directory, of which published texts disagree. @default 'Open Banking Open Banking Brasil prod SSA issuer', or `sandbox` */
  readonly issuer?: string;
  /** The URL of the keys of the directory. @default its published one */
  readonly jwksUri?: string;
}

/** What to spread into the options of `forRoot`. */
export interface OpenFinanceBrasil extends Pick<
  DynamicRegistrationOptions,
  'softwareStatements' | 'registrationAccessToken' | 'openGrantTypes'
> {
  /** Add your scopes: `server: { ...brasil.server, scopes: ['openid', 'accounts'] }`. */
  readonly server: ServerOptions;
  readonly policies: Type<RegistrationPolicy>[];
}

const DIRECTORIES = {
  production: { name: 'prod', host: 'keystore.directory.openbankingbrasil.org.br' },
  sandbox: { name: 'sandbox', host: 'keystore.sandbox.directory.openbankingbrasil.org.br' },
} as const;

const CLAIMS = {
  software_client_name: 'client_name',
  software_client_uri: 'client_uri',
  software_logo_uri: 'logo_uri',
  software_tos_uri: 'tos_uri',
  software_policy_uri: 'policy_uri',
  software_jwks_uri: 'jwks_uri',
} as const satisfies SoftwareStatementIssuer['claims'];

const GRANT_TYPES = ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'];

const SERVER: ServerOptions = {
  grantTypes: GRANT_TYPES,
  responseTypes: ['code id_token', 'code'],
  tokenEndpointAuthMethods: ['private_key_jwt', 'tls_client_auth'],
  tokenEndpointAuthSigningAlgs: ['PS256'],
  openid: { idToken: { signingAlgs: ['PS256'], encryptionAlgs: ['RSA-OAEP'], encryptionEncs: ['A256GCM'] } },
  requestObjects: { signingAlgs: ['PS256'] },
  pushedAuthorizationRequests: true,
  mutualTls: true,
};

/**
 * Registration as Open Finance Brasil has it (Open Finance Brasil Financial-grade API Dynamic Client Registration section 7): a PS256 statement
 * of the directory, not older than five minutes, for each registration and each update, where that of the registration will do; keys at
 * `software_jwks_uri` alone, redirection URIs among `software_redirect_uris`, and registration access tokens that stay. Scopes by the roles of
 * an organisation, and the client certificate of the caller, are for a policy and a guard of yours.
 */
export function openFinanceBrasil({ environment, issuer, jwksUri }: OpenFinanceBrasilOptions): OpenFinanceBrasil {
  const { name, host } = DIRECTORIES[environment];
  return {
    softwareStatements: {
      mode: 'required',
      issuers: [
        {
          issuer: issuer ?? `Open Banking Open Banking Brasil ${name} SSA issuer`,
          jwksUri: jwksUri ?? `https://${host}/openbanking.jwks`,
          algorithms: ['PS256'],
          maximumAgeSeconds: 300,
          requiredOnUpdate: true,
          claims: CLAIMS,
        },
      ],
    },
    registrationAccessToken: { rotation: 'never' },
    // With `access: 'open'` it is the statement that lets clients in.
    openGrantTypes: GRANT_TYPES,
    server: SERVER,
    policies: [DirectorySoftwarePolicy],
  };
}
