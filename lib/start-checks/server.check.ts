import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  isSymmetric,
  JWE_ALGORITHMS,
  JWS_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
} from '../client-metadata/jose-algorithms.js';
import { CIBA_GRANT } from '../client-metadata/backchannel-authentication.rules.js';
import { serverCapabilities } from '../server.capabilities.js';
import type { MessageAlgorithms, ServerOptions } from '../server.options.js';
import { flag, knownWords, members, must, orBoolean, some, words, type Check } from './value.checks.js';
import { nearestName } from './nearest-name.js';
import { fail } from '../errors/start-failure.js';

/** The registered client authentication methods. */
export const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'none',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
];

/** The grant types of RFC 6749 but `password`, and the URIs of the others that are registered. */
export const GRANT_TYPES = [
  'authorization_code',
  'implicit',
  'client_credentials',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:saml2-bearer',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:uma-ticket',
  'urn:ietf:params:oauth:grant-type:pre-authorized_code',
  CIBA_GRANT,
];

const scopes = tokens('must be a list of scope tokens (RFC 6749 section 3.3), each without spaces');

/** What is shown to clients that ask for another one, in the characters of `error_description` (RFC 6749 section 5.2). */
const identifiers = tokens('must be a list of identifiers in printable ASCII, without spaces, quotes and backslashes');

/** Grant types (RFC 7591 section 2). */
export const grantTypes: Check = (value, name) =>
  Array.isArray(value) && value.includes('password')
    ? `"${name}" contains password, which must not be used (RFC 9700 section 2.4). Take it out`
    : otherGrantTypes(value, name);

const otherGrantTypes = knownWords(
  'Other ones are absolute URIs (RFC 6749 section 4.5); known are',
  GRANT_TYPES,
  isExtensionGrant,
);

const oneOf = (...known: readonly string[]) => knownWords('Available are', known, () => false);

/** Algorithms of one kind of message; those that none signs are for some kinds alone. */
const messages = (...unsigned: 'none'[]) => ({
  signingAlgs: oneOf(...JWS_ALGORITHMS, ...unsigned),
  encryptionAlgs: oneOf(...JWE_ALGORITHMS),
  encryptionEncs: some(oneOf(...CONTENT_ENCRYPTION_ALGORITHMS)),
});

const feature = (checks: Readonly<Record<string, Check>>) => {
  const names = Object.keys(checks);
  return orBoolean(members(checks, `must be true, false or { ${names.join(', ')} }`));
};

/** What the authorization server supports. */
export const server = members({
  scopes,
  defaultScopes: scopes,
  baselineScopes: scopes,
  grantTypes: some(grantTypes),
  responseTypes: words,
  tokenEndpointAuthMethods: some(
    knownWords('Other ones are absolute URIs (RFC 7591 section 2); registered are', AUTH_METHODS, isAbsoluteUri),
  ),
  tokenEndpointAuthSigningAlgs: oneOf(...JWS_ALGORITHMS),
  openid: feature({
    subjectTypes: some(oneOf('public', 'pairwise')),
    idToken: members({ ...messages('none'), signingAlgs: some(oneOf(...JWS_ALGORITHMS, 'none')) }),
    userinfo: members(messages('none')),
    acrValues: identifiers,
  }),
  requestObjects: feature({ ...messages('none'), byReference: flag }),
  pushedAuthorizationRequests: flag,
  authorizationDetailsTypes: identifiers,
  dpop: flag,
  mutualTls: feature({ boundAccessTokens: flag, endpointAliases: flag }),
  logout: feature({ rpInitiated: flag, frontchannel: flag, backchannel: flag }),
  introspection: feature(messages()),
  authorizationResponses: feature(messages()),
  ciba: feature({
    deliveryModes: some(oneOf('poll', 'ping', 'push')),
    requestSigningAlgs: oneOf(...SIGNATURE_ALGORITHMS),
    userCode: flag,
  }),
  federation: feature({ clientRegistrationTypes: some(identifiers) }),
  uma: flag,
  verifiableCredentials: flag,
  nfv: feature(messages()),
});

/**
 * What the options promise together must be offered, too.
 * @throws Error naming the option and the way out
 */
export function checkServer(options: ServerOptions, encryptionKeys: readonly unknown[]): void {
  const server = serverCapabilities(options);
  for (const name of ['defaultScopes', 'baselineScopes'] as const) {
    const unknown = server[name].find((scope) => !server.scopes.includes(scope));
    if (unknown !== undefined)
      fail(`"server.${name}" contains ${unknown}, which "server.scopes" does not. Add it there`);
  }
  if (server.grantTypes.includes(CIBA_GRANT) && !server.ciba.offered)
    fail(`"server.grantTypes" contains ${CIBA_GRANT}. Add "server.ciba", or take it out`);
  for (const [method, isFit] of Object.entries(SIGNED_BY)) {
    if (server.tokenEndpointAuthMethods.includes(method) && !server.tokenEndpointAuthSigningAlgs.some(isFit))
      fail(`"server.tokenEndpointAuthSigningAlgs" has no algorithm for ${method}. Add one, or take the method out`);
  }
  // What a public client is given: a shared secret it has none, and unsigned is for those who ask (OpenID Connect Core section 2).
  if (server.openid.offered && !server.openid.idToken.signingAlgs.some(isAsymmetric))
    fail('"server.openid.idToken.signingAlgs" has no algorithm with a key of the server. Add one, such as RS256');
  if (encryptionKeys.length > 0) return;
  const symmetric = algorithmLists(options).find(([, algs]) => algs.some(needsClearSecret));
  if (symmetric) {
    const [name, algs] = symmetric;
    fail(
      `"server.${name}" contains ${algs.find(needsClearSecret)}, for which the server needs client secrets in clear. ` +
        'Add "clientSecret.encryptionKeys", or take it out',
    );
  }
}

/** What scopes and other vocabularies of a server consist of (RFC 6749 section 3.3). */
export function isToken(value: unknown): boolean {
  return typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value);
}

function tokens(rule: string): Check {
  return must((value) => Array.isArray(value) && value.every(isToken), rule);
}

function isAsymmetric(alg: string): boolean {
  return SIGNATURE_ALGORITHMS.includes(alg);
}

/** The methods that sign their assertions, and with what. */
const SIGNED_BY: Readonly<Record<string, (alg: string) => boolean>> = {
  private_key_jwt: isAsymmetric,
  client_secret_jwt: isSymmetric,
};

/** Every list of the options that names algorithms, or methods that use them. */
function algorithmLists(options: ServerOptions): (readonly [string, readonly string[]])[] {
  const openid = typeof options.openid === 'object' ? options.openid : {};
  const messages: Readonly<Record<string, boolean | MessageAlgorithms | undefined>> = {
    'openid.idToken': openid.idToken,
    'openid.userinfo': openid.userinfo,
    requestObjects: options.requestObjects,
    introspection: options.introspection,
    authorizationResponses: options.authorizationResponses,
    nfv: options.nfv,
  };
  return [
    ['tokenEndpointAuthMethods', options.tokenEndpointAuthMethods ?? []],
    ['tokenEndpointAuthSigningAlgs', options.tokenEndpointAuthSigningAlgs ?? []],
    ...Object.entries(messages).flatMap(([name, message]) => {
      const { signingAlgs = [], encryptionAlgs = [] } = typeof message === 'object' ? message : {};
      return [
        [`${name}.signingAlgs`, signingAlgs],
        [`${name}.encryptionAlgs`, encryptionAlgs],
      ] as const;
    }),
  ];
}

function needsClearSecret(name: string): boolean {
  return name === 'client_secret_jwt' || isSymmetric(name);
}

/** Extension grants are absolute URIs; one that almost is a known one is a slip. */
export function isExtensionGrant(grant: string): boolean {
  return isAbsoluteUri(grant) && nearestName(grant, GRANT_TYPES) === undefined;
}

/** How an extension is named. */
export function isAbsoluteUri(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:./i.test(value);
}
