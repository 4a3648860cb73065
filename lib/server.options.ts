/**
 * What the authorization server supports: the one source for validation, defaults and discovery. A feature that is off takes its client
 * metadata with it: the fields are unknown then, ignored like any other and never returned. In every list the preferred value comes first.
 */
export interface ServerOptions {
  /** Scopes a client may register. An empty list means no scope, never all. @default [] */
  readonly scopes?: readonly string[];
  /** Scopes of a client that asks for none, or for none that is known. @default the value of `scopes` */
  readonly defaultScopes?: readonly string[];
  /** Scopes every client gets beside its own. @default [] */
  readonly baselineScopes?: readonly string[];
  /** Grant types (RFC 7591 section 2); `password` is none of them (RFC 9700 section 2.4). @default ['authorization_code', 'refresh_token', 'client_credentials'] */
  readonly grantTypes?: readonly string[];
  /** Response types (RFC 7591 section 2). @default ['code'] */
  readonly responseTypes?: readonly string[];
  /** Client authentication methods. @default ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'] */
  readonly tokenEndpointAuthMethods?: readonly string[];
  /** JWS algorithms of `private_key_jwt` and `client_secret_jwt` (RFC 8414 section 2). @default those of public keys, and HS256, HS384, HS512 with `client_secret_jwt` */
  readonly tokenEndpointAuthSigningAlgs?: readonly string[];
  /** OpenID Connect (OpenID Connect Registration section 2). @default false */
  readonly openid?: boolean | OpenIdOptions;
  /** Request objects (RFC 9101, OpenID Connect Core section 6). @default false */
  readonly requestObjects?: boolean | RequestObjectOptions;
  /** Pushed authorization requests (RFC 9126). @default false */
  readonly pushedAuthorizationRequests?: boolean;
  /** Types of rich authorization requests (RFC 9396). @default [] */
  readonly authorizationDetailsTypes?: readonly string[];
  /** Demonstrating proof of possession (RFC 9449). @default false */
  readonly dpop?: boolean;
  /** Mutual TLS (RFC 8705). @default false */
  readonly mutualTls?: boolean | MutualTlsOptions;
  /** Logout (OpenID Connect RP-Initiated, Front-Channel and Back-Channel Logout). @default false */
  readonly logout?: boolean | LogoutOptions;
  /** Signed introspection responses (RFC 9701). @default false */
  readonly introspection?: boolean | MessageAlgorithms;
  /** Signed authorization responses (JARM). @default false */
  readonly authorizationResponses?: boolean | MessageAlgorithms;
  /** Client-initiated backchannel authentication (CIBA Core). @default false */
  readonly ciba?: boolean | CibaOptions;
  /** OpenID Federation. @default false */
  readonly federation?: boolean | FederationOptions;
  /** User-Managed Access 2.0. @default false */
  readonly uma?: boolean;
  /** OpenID for Verifiable Presentations and for Verifiable Credential Issuance. @default false */
  readonly verifiableCredentials?: boolean;
  /** Access tokens of network functions (ETSI GS NFV-SEC 022). @default false */
  readonly nfv?: boolean | MessageAlgorithms;
}

/** Algorithms of one kind of message (RFC 7518). */
export interface MessageAlgorithms {
  /** JWS algorithms. HMAC needs `clientSecret.encryptionKeys`. @default ['RS256']; of request objects all of public keys, of UserInfo none */
  readonly signingAlgs?: readonly string[];
  /** JWE algorithms for the key; none means that these messages are never encrypted. @default [] */
  readonly encryptionAlgs?: readonly string[];
  /** JWE algorithms for the content. @default ['A128CBC-HS256'] with `encryptionAlgs`, else [] */
  readonly encryptionEncs?: readonly string[];
}

export interface OpenIdOptions {
  /** @default ['public'] */
  readonly subjectTypes?: readonly string[];
  readonly idToken?: MessageAlgorithms;
  /** UserInfo responses beside plain JSON. @default none */
  readonly userinfo?: MessageAlgorithms;
  /** Authentication context class references. @default [] */
  readonly acrValues?: readonly string[];
}

export interface RequestObjectOptions extends MessageAlgorithms {
  /** Whether a request object may be given by reference, so that clients register `request_uris`. @default false */
  readonly byReference?: boolean;
}

export interface MutualTlsOptions {
  /** Certificate-bound access tokens (RFC 8705 section 3). @default true */
  readonly boundAccessTokens?: boolean;
  /** `mtls_endpoint_aliases` (RFC 8705 section 5). @default false */
  readonly endpointAliases?: boolean;
}

export interface LogoutOptions {
  /** @default true */
  readonly rpInitiated?: boolean;
  /** @default true */
  readonly frontchannel?: boolean;
  /** @default true */
  readonly backchannel?: boolean;
}

export interface CibaOptions {
  /** @default ['poll'] */
  readonly deliveryModes?: readonly string[];
  /** JWS algorithms of signed authentication requests, none of them HMAC. @default [] */
  readonly requestSigningAlgs?: readonly string[];
  /** Whether user codes are supported. @default false */
  readonly userCode?: boolean;
}

export interface FederationOptions {
  /** @default ['automatic', 'explicit'] */
  readonly clientRegistrationTypes?: readonly string[];
}

export const DEFAULT_SERVER = {
  scopes: [],
  baselineScopes: [],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  responseTypes: ['code'],
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'],
  openid: false,
  requestObjects: false,
  pushedAuthorizationRequests: false,
  authorizationDetailsTypes: [],
  dpop: false,
  mutualTls: false,
  logout: false,
  introspection: false,
  authorizationResponses: false,
  ciba: false,
  federation: false,
  uma: false,
  verifiableCredentials: false,
  nfv: false,
} as const satisfies ServerOptions;

/** An option that is `undefined` counts as not given. */
export function defined<D extends object, O extends object>(defaults: D, options: O | undefined): Required<O> & D {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as Required<O> & D;
}
