import {
  RegistrationConfiguration,
  type DynamicRegistrationOptions,
  type ServerOptions,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';

const IDENTIFIERS = 'must be a list of identifiers in printable ASCII, without spaces, quotes and backslashes';
const CIBA = 'urn:openid:params:grant-type:ciba';
const WITH_KEYS = { encryptionKeys: ENCRYPTION_KEYS };

const configure = (server: unknown, clientSecret: DynamicRegistrationOptions['clientSecret'] = {}) =>
  new RegistrationConfiguration({
    issuer: 'https://auth.example.com',
    server: server as ServerOptions,
    clientSecret,
  });

const SIGNATURES = 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519';
const JWS = `${SIGNATURES}, HS256, HS384, HS512`;
const JWE =
  'RSA1_5, RSA-OAEP, RSA-OAEP-256, RSA-OAEP-384, RSA-OAEP-512, ECDH-ES, ECDH-ES+A128KW, ECDH-ES+A192KW, ECDH-ES+A256KW, ' +
  'dir, A128KW, A192KW, A256KW, A128GCMKW, A192GCMKW, A256GCMKW';
const CONTENT = 'A128CBC-HS256, A192CBC-HS384, A256CBC-HS512, A128GCM, A192GCM, A256GCM';

/** The features whose value is an object, and the members it may have. */
const FEATURES = {
  openid: 'subjectTypes, idToken, userinfo, acrValues',
  requestObjects: 'signingAlgs, encryptionAlgs, encryptionEncs, byReference',
  mutualTls: 'boundAccessTokens, endpointAliases',
  logout: 'rpInitiated, frontchannel, backchannel',
  introspection: 'signingAlgs, encryptionAlgs, encryptionEncs',
  authorizationResponses: 'signingAlgs, encryptionAlgs, encryptionEncs',
  ciba: 'deliveryModes, requestSigningAlgs, userCode',
  federation: 'clientRegistrationTypes',
  nfv: 'signingAlgs, encryptionAlgs, encryptionEncs',
} as const;
const featureNames = Object.keys(FEATURES) as (keyof typeof FEATURES)[];

const FLAGS = ['pushedAuthorizationRequests', 'dpop', 'uma', 'verifiableCredentials'] as const;

/** Where algorithms of messages stand: an object with this at the end of the path, and what else it may sign with. */
const MESSAGES: readonly {
  readonly path: string;
  readonly of: (messages: unknown) => unknown;
  readonly jws: string;
}[] = [
  { path: 'openid.idToken', of: (idToken) => ({ openid: { idToken } }), jws: `${JWS}, none` },
  { path: 'openid.userinfo', of: (userinfo) => ({ openid: { userinfo } }), jws: `${JWS}, none` },
  { path: 'requestObjects', of: (requestObjects) => ({ requestObjects }), jws: `${JWS}, none` },
  { path: 'introspection', of: (introspection) => ({ introspection }), jws: JWS },
  { path: 'authorizationResponses', of: (authorizationResponses) => ({ authorizationResponses }), jws: JWS },
  { path: 'nfv', of: (nfv) => ({ nfv }), jws: JWS },
];

const notAvailable = (name: string, value: string, known: string) =>
  `"server.${name}" contains ${value}, which is not available. Available are ${known}`;

/** Every wrong value and what it is answered. */
const WRONG: readonly [unknown, string][] = [
  ...FLAGS.flatMap((name) =>
    [1, 'true', null, {}].map((value): [unknown, string] => [
      { [name]: value },
      `"server.${name}" must be true or false`,
    ]),
  ),
  ...featureNames.flatMap((name) =>
    ['yes', 1, null, []].map((value): [unknown, string] => [
      { [name]: value },
      `"server.${name}" must be true, false or { ${FEATURES[name]} }`,
    ]),
  ),
  ...featureNames.map((name): [unknown, string] => [
    { [name]: { unheardOf: true } },
    `"server.${name}.unheardOf" is no option. The options are ${FEATURES[name]}`,
  ]),
  ...MESSAGES.flatMap(({ path, of, jws }): [unknown, string][] => [
    [
      of({ signingAlg: ['RS256'] }),
      `"server.${path}.signingAlg" is no option, did you mean "server.${path}.signingAlgs"?`,
    ],
    [of({ signingAlgs: 'RS256' }), `"server.${path}.signingAlgs" must be a list of strings`],
    [
      of({ signingAlgs: ['RS25'] }),
      `"server.${path}.signingAlgs" contains RS25, which is not available, did you mean "RS256"?`,
    ],
    [of({ signingAlgs: ['RS256', 'A128KW'] }), notAvailable(`${path}.signingAlgs`, 'A128KW', jws)],
    [of({ encryptionAlgs: [7] }), `"server.${path}.encryptionAlgs" must be a list of strings`],
    [of({ encryptionAlgs: ['RS256'] }), notAvailable(`${path}.encryptionAlgs`, 'RS256', JWE)],
    [of({ encryptionAlgs: ['PBES2-HS256+A128KW'] }), notAvailable(`${path}.encryptionAlgs`, 'PBES2-HS256+A128KW', JWE)],
    [of({ encryptionEncs: [] }), `"server.${path}.encryptionEncs" must not be empty`],
    [of({ encryptionEncs: ['dir'] }), notAvailable(`${path}.encryptionEncs`, 'dir', CONTENT)],
  ]),
  // Nothing but an ID Token, a UserInfo response and a request object may go unsigned.
  ...(['introspection', 'authorizationResponses', 'nfv'] as const).map((name): [unknown, string] => [
    { [name]: { signingAlgs: ['none'] } },
    notAvailable(`${name}.signingAlgs`, 'none', JWS),
  ]),
  [{ tokenEndpointAuthSigningAlgs: 'RS256' }, '"server.tokenEndpointAuthSigningAlgs" must be a list of strings'],
  [{ tokenEndpointAuthSigningAlgs: ['none'] }, notAvailable('tokenEndpointAuthSigningAlgs', 'none', JWS)],
  [{ openid: { subjectTypes: [] } }, '"server.openid.subjectTypes" must not be empty'],
  [
    { openid: { subjectTypes: ['pairwice'] } },
    '"server.openid.subjectTypes" contains pairwice, which is not available, did you mean "pairwise"?',
  ],
  [{ openid: { subjectTypes: ['ephemeral'] } }, notAvailable('openid.subjectTypes', 'ephemeral', 'public, pairwise')],
  [{ openid: { idToken: true } }, '"server.openid.idToken" must be an object'],
  [{ openid: { idToken: { signingAlgs: [] } } }, '"server.openid.idToken.signingAlgs" must not be empty'],
  [{ openid: { userinfo: ['RS256'] } }, '"server.openid.userinfo" must be an object'],
  [{ openid: { acrValues: ['a"b'] } }, `"server.openid.acrValues" ${IDENTIFIERS}`],
  [
    { openid: { idToken: { signingAlgs: ['none'] } } },
    '"server.openid.idToken.signingAlgs" has no algorithm with a key of the server. Add one, such as RS256',
  ],
  [
    { openid: { idToken: { signingAlgs: ['HS256'] } } },
    '"server.openid.idToken.signingAlgs" has no algorithm with a key of the server. Add one, such as RS256',
  ],
  [
    { tokenEndpointAuthSigningAlgs: [] },
    '"server.tokenEndpointAuthSigningAlgs" has no algorithm for private_key_jwt. Add one, or take the method out',
  ],
  [
    { tokenEndpointAuthSigningAlgs: ['HS256'] },
    '"server.tokenEndpointAuthSigningAlgs" has no algorithm for private_key_jwt. Add one, or take the method out',
  ],
  [
    { tokenEndpointAuthMethods: ['client_secret_jwt'], tokenEndpointAuthSigningAlgs: ['RS256'] },
    '"server.tokenEndpointAuthSigningAlgs" has no algorithm for client_secret_jwt. Add one, or take the method out',
  ],
  [{ openid: { acrValues: 'phr' } }, `"server.openid.acrValues" ${IDENTIFIERS}`],
  [{ openid: { acrValues: [''] } }, `"server.openid.acrValues" ${IDENTIFIERS}`],
  [{ requestObjects: { byReference: 'yes' } }, '"server.requestObjects.byReference" must be true or false'],
  [{ authorizationDetailsTypes: 'payment_initiation' }, `"server.authorizationDetailsTypes" ${IDENTIFIERS}`],
  [{ authorizationDetailsTypes: [''] }, `"server.authorizationDetailsTypes" ${IDENTIFIERS}`],
  [{ mutualTls: { boundAccessTokens: 1 } }, '"server.mutualTls.boundAccessTokens" must be true or false'],
  [{ mutualTls: { endpointAliases: {} } }, '"server.mutualTls.endpointAliases" must be true or false'],
  [{ logout: { rpInitiated: null } }, '"server.logout.rpInitiated" must be true or false'],
  [{ logout: { frontchannel: 'yes' } }, '"server.logout.frontchannel" must be true or false'],
  [{ logout: { backchannel: 0 } }, '"server.logout.backchannel" must be true or false'],
  [
    { logout: { backChannel: true } },
    '"server.logout.backChannel" is no option, did you mean "server.logout.backchannel"?',
  ],
  [{ ciba: { deliveryModes: [] } }, '"server.ciba.deliveryModes" must not be empty'],
  [{ ciba: { deliveryModes: ['mail'] } }, notAvailable('ciba.deliveryModes', 'mail', 'poll, ping, push')],
  [{ ciba: { userCode: 'yes' } }, '"server.ciba.userCode" must be true or false'],
  [{ ciba: { requestSigningAlgs: ['none'] } }, notAvailable('ciba.requestSigningAlgs', 'none', SIGNATURES)],
  [{ federation: { clientRegistrationTypes: [] } }, '"server.federation.clientRegistrationTypes" must not be empty'],
  [{ federation: { clientRegistrationTypes: [1] } }, `"server.federation.clientRegistrationTypes" ${IDENTIFIERS}`],
  // The password grant must not be used (RFC 9700 section 2.4).
  ...[['password'], ['authorization_code', 'password'], ['magic', 'password']].map((grantTypes): [unknown, string] => [
    { grantTypes },
    '"server.grantTypes" contains password, which must not be used (RFC 9700 section 2.4). Take it out',
  ]),
  ...[undefined, false].map((ciba): [unknown, string] => [
    { grantTypes: ['authorization_code', CIBA], ciba },
    `"server.grantTypes" contains ${CIBA}. Add "server.ciba", or take it out`,
  ]),
];

describe('what the authorization server supports', () => {
  it.each(WRONG)('is not %j', (server, message) => {
    for (const clientSecret of [{}, WITH_KEYS]) {
      expect(() => configure(server, clientSecret)).toThrow(new Error(`DynamicRegistrationModule: ${message}`));
    }
  });

  it.each<[ServerOptions]>([
    [{}],
    [{ tokenEndpointAuthSigningAlgs: ['PS256', 'ES256', 'Ed25519'] }],
    [{ tokenEndpointAuthMethods: ['none'], tokenEndpointAuthSigningAlgs: [] }],
    ...[...featureNames, ...FLAGS].flatMap((name): [ServerOptions][] => [[{ [name]: true }], [{ [name]: false }]]),
    ...[...featureNames, ...FLAGS].map((name): [ServerOptions] => [{ [name]: undefined }]),
    ...featureNames.map((name): [ServerOptions] => [{ [name]: {} }]),
    [{ openid: { subjectTypes: ['pairwise'], acrValues: ['phr'], idToken: { signingAlgs: ['none', 'ES256'] } } }],
    [{ openid: { idToken: {}, userinfo: { signingAlgs: [] } } }],
    [{ openid: { userinfo: { encryptionAlgs: ['ECDH-ES'], encryptionEncs: ['A256GCM'] } } }],
    [{ requestObjects: { signingAlgs: ['none'], byReference: true } }],
    [{ authorizationDetailsTypes: ['payment_initiation'] }],
    [{ mutualTls: { boundAccessTokens: false, endpointAliases: true } }],
    [{ logout: { rpInitiated: false, frontchannel: false, backchannel: false } }],
    [{ introspection: { signingAlgs: undefined, encryptionAlgs: [] } }],
    [{ ciba: { deliveryModes: ['push'], requestSigningAlgs: ['ES256'], userCode: true } }],
    [{ grantTypes: [CIBA], ciba: {} }],
    [{ federation: { clientRegistrationTypes: ['explicit'] } }],
  ])('is %j', (server) => {
    expect(() => configure(server)).not.toThrow();
  });

  it('is no MAC for authentication requests (CIBA section 4), and no curve without keys here', () => {
    for (const alg of ['HS256', 'HS384', 'HS512', 'ES256K', 'Ed448']) {
      expect(() => configure({ ciba: { requestSigningAlgs: ['ES256', alg] } }, WITH_KEYS)).toThrow(
        `DynamicRegistrationModule: "server.ciba.requestSigningAlgs" contains ${alg}, which is not available`,
      );
    }
  });

  it('is everything there is client metadata for, with a key for client secrets', () => {
    expect(() => configure(FULL_SERVER, WITH_KEYS)).not.toThrow();
  });
});

describe('an algorithm whose key is the client secret (OpenID Connect Core section 10)', () => {
  const SYMMETRIC = {
    signingAlgs: ['HS256', 'HS384', 'HS512'],
    encryptionAlgs: ['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'],
  } as const;

  /** Every place where one can stand, beside one of another kind. */
  const PLACES: readonly [unknown, string, string][] = [
    [
      { tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_jwt'] },
      'tokenEndpointAuthMethods',
      'client_secret_jwt',
    ],
    ...SYMMETRIC.signingAlgs.map((alg): [unknown, string, string] => [
      { tokenEndpointAuthSigningAlgs: ['RS256', alg] },
      'tokenEndpointAuthSigningAlgs',
      alg,
    ]),
    ...MESSAGES.flatMap(({ path, of }) => [
      ...SYMMETRIC.signingAlgs.map((alg): [unknown, string, string] => [
        of({ signingAlgs: ['RS256', alg] }),
        `${path}.signingAlgs`,
        alg,
      ]),
      ...SYMMETRIC.encryptionAlgs.map((alg): [unknown, string, string] => [
        of({ encryptionAlgs: ['RSA-OAEP', alg] }),
        `${path}.encryptionAlgs`,
        alg,
      ]),
    ]),
  ];

  it.each(PLACES)('ends the start without a key for client secrets: %j', (server, list, name) => {
    const message =
      `DynamicRegistrationModule: "server.${list}" contains ${name}, for which the server needs client secrets in clear. ` +
      'Add "clientSecret.encryptionKeys", or take it out';
    for (const clientSecret of [undefined, {}, { encryptionKeys: undefined }, { encryptionKeys: [] }]) {
      expect(() => configure(server, clientSecret)).toThrow(new Error(message));
    }
    expect(() => configure(server, WITH_KEYS)).not.toThrow();
  });

  it.each<[ServerOptions]>([
    [{ openid: true, requestObjects: true, introspection: true, authorizationResponses: true, nfv: true, ciba: true }],
    [{ tokenEndpointAuthMethods: ['private_key_jwt'] }],
    // Content is encrypted with a key of its own.
    [{ introspection: { encryptionAlgs: ['RSA-OAEP'], encryptionEncs: ['A128CBC-HS256'] } }],
  ])('is none that is a default: %j', (server) => {
    expect(() => configure(server)).not.toThrow();
  });
});
