import { SIGNATURE_ALGORITHMS } from './client-metadata/jose-algorithms.js';
import {
  DEFAULT_SERVER,
  defined,
  type ServerOptions,
  type MessageAlgorithms,
  type OpenIdOptions,
  type RequestObjectOptions,
  type MutualTlsOptions,
  type LogoutOptions,
  type CibaOptions,
  type FederationOptions,
} from './server.options.js';

const HMAC = ['HS256', 'HS384', 'HS512'];

/** {@link ServerOptions} with every default applied; of a feature that is off nothing is supported. */
export interface ServerCapabilities {
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];
  readonly baselineScopes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly responseTypes: readonly string[];
  readonly tokenEndpointAuthMethods: readonly string[];
  readonly tokenEndpointAuthSigningAlgs: readonly string[];
  readonly openid: Offered & {
    readonly subjectTypes: readonly string[];
    readonly idToken: Required<MessageAlgorithms>;
    readonly userinfo: Required<MessageAlgorithms>;
    readonly acrValues: readonly string[];
  };
  readonly requestObjects: Offered & Required<RequestObjectOptions>;
  readonly pushedAuthorizationRequests: boolean;
  readonly authorizationDetailsTypes: readonly string[];
  readonly dpop: boolean;
  readonly mutualTls: Offered & Required<MutualTlsOptions>;
  readonly logout: Required<LogoutOptions>;
  readonly introspection: Required<MessageAlgorithms>;
  readonly authorizationResponses: Required<MessageAlgorithms>;
  readonly ciba: Offered & Required<CibaOptions>;
  readonly federation: Offered & Required<FederationOptions>;
  readonly uma: boolean;
  readonly verifiableCredentials: boolean;
  readonly nfv: Required<MessageAlgorithms>;
}

interface Offered {
  readonly offered: boolean;
}

/** Applies the defaults. */
export function serverCapabilities(options: ServerOptions = {}): ServerCapabilities {
  const server = defined(DEFAULT_SERVER, options);
  const { openid, requestObjects, mutualTls, logout, ciba, federation } = server;
  const offers = (method: string) => server.tokenEndpointAuthMethods.includes(method);
  return {
    ...server,
    defaultScopes: options.defaultScopes ?? server.scopes,
    tokenEndpointAuthSigningAlgs: options.tokenEndpointAuthSigningAlgs ?? [
      ...(offers('private_key_jwt') ? SIGNATURE_ALGORITHMS : []),
      ...(offers('client_secret_jwt') ? HMAC : []),
    ],
    openid: {
      offered: openid !== false,
      subjectTypes: openid === false ? [] : (membersOf<OpenIdOptions>(openid).subjectTypes ?? ['public']),
      idToken: messages(openid === false ? false : (membersOf<OpenIdOptions>(openid).idToken ?? true)),
      userinfo: messages(membersOf(openid).userinfo ?? false, []),
      acrValues: membersOf(openid).acrValues ?? [],
    },
    requestObjects: {
      offered: requestObjects !== false,
      ...messages(requestObjects, SIGNATURE_ALGORITHMS),
      byReference: membersOf(requestObjects).byReference ?? false,
    },
    mutualTls: {
      offered: mutualTls !== false,
      ...feature(
        mutualTls,
        { boundAccessTokens: true, endpointAliases: false },
        { boundAccessTokens: false, endpointAliases: false },
      ),
    },
    logout: feature(
      logout,
      { rpInitiated: true, frontchannel: true, backchannel: true },
      { rpInitiated: false, frontchannel: false, backchannel: false },
    ),
    introspection: messages(server.introspection),
    authorizationResponses: messages(server.authorizationResponses),
    ciba: {
      offered: ciba !== false,
      ...feature(
        ciba,
        { deliveryModes: ['poll'], requestSigningAlgs: [], userCode: false },
        { deliveryModes: [], requestSigningAlgs: [], userCode: false },
      ),
    },
    federation: {
      offered: federation !== false,
      ...feature(federation, { clientRegistrationTypes: ['automatic', 'explicit'] }, { clientRegistrationTypes: [] }),
    },
    nfv: messages(server.nfv),
  };
}

/** What is supported of a kind of message. */
function messages(
  option: boolean | MessageAlgorithms,
  signingAlgs: readonly string[] = ['RS256'],
): Required<MessageAlgorithms> {
  if (option === false) return { signingAlgs: [], encryptionAlgs: [], encryptionEncs: [] };
  const { encryptionAlgs = [], ...given } = membersOf(option);
  const encryptionEncs = encryptionAlgs.length > 0 ? (given.encryptionEncs ?? ['A128CBC-HS256']) : [];
  return { signingAlgs: given.signingAlgs ?? signingAlgs, encryptionAlgs, encryptionEncs };
}

/** What is supported of a feature: with its own members, with the defaults, or nothing. */
function feature<T extends object>(option: boolean | Partial<T>, defaults: T, nothing: T): T {
  return option === false ? nothing : defined(defaults, membersOf(option));
}

function membersOf<T extends object>(option: boolean | T): Partial<T> {
  return typeof option === 'object' ? option : {};
}
