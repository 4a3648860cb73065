import {
  ClientMetadata,
  RegistrationConfiguration,
  type ServerCapabilities,
  type ServerOptions,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SERVER } from '../lib/server.options.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from './support/full-server.js';

const issuer = 'https://auth.example.com';

describe('configuration of the module', () => {
  it('has every default', () => {
    expect(new RegistrationConfiguration({ issuer })).toMatchObject({
      issuer,
      registrationEndpoint: 'https://auth.example.com/register',
      mount: '/register',
      access: 'initial-access-token',
      openGrantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      management: { read: true, update: true, delete: true },
      server: {
        scopes: [],
        defaultScopes: [],
        baselineScopes: [],
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
        responseTypes: ['code'],
        tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'],
      },
      unsupportedMetadata: 'narrow',
      inconsistentTypes: 'reject',
      redirectUris: { loopbackHttp: true, privateUseSchemes: 'any', claimedHttps: true, forbiddenSchemes: [] },
      limits: {
        redirectUris: 32,
        uriBytes: 2048,
        scopeBytes: 4096,
        textBytes: 1024,
        listEntries: 32,
        jwksBytes: 32_768,
        objectBytes: 8192,
        softwareStatementBytes: 16_384,
        metadataBytes: 65_536,
      },
      metadata: ClientMetadata,
      clientSecret: { lifetimeSeconds: 0, prefix: 'cs_', hash: 'sha256', bcryptCost: 10, encryptionKeys: [] },
    });
  });

  it('takes an option that is undefined for one that is not given', () => {
    const config = new RegistrationConfiguration({
      issuer,
      path: undefined,
      management: { read: undefined, update: false },
      server: { scopes: undefined, grantTypes: undefined },
      limits: { uriBytes: undefined },
      clientSecret: { hash: undefined },
    });
    expect(config).toMatchObject({
      mount: '/register',
      management: { read: true, update: false, delete: true },
      server: { scopes: [], grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'] },
      limits: { uriBytes: 2048 },
      clientSecret: { hash: 'sha256' },
    });
  });

  it.each([
    ['https://auth.example.com', undefined, undefined, 'https://auth.example.com/register', '/register'],
    ['https://auth.example.com/', undefined, undefined, 'https://auth.example.com/register', '/register'],
    ['https://auth.example.com/acme', undefined, undefined, 'https://auth.example.com/acme/register', '/acme/register'],
    [
      'https://auth.example.com/acme/',
      'oauth/dcr',
      undefined,
      'https://auth.example.com/acme/oauth/dcr',
      '/acme/oauth/dcr',
    ],
    ['https://auth.example.com/acme', 'dcr', '/internal/dcr', 'https://auth.example.com/acme/dcr', '/internal/dcr'],
  ])(
    'of issuer %s, path %s and mount %s has its endpoint at %s and mounts it at %s',
    (issuer, path, mount, url, route) => {
      const config = new RegistrationConfiguration({ issuer, ...(path && { path }), ...(mount && { mount }) });
      expect(config.issuer).toBe(issuer);
      expect(config.registrationEndpoint).toBe(url);
      expect(config.mount).toBe(route);
      expect(config.registrationClientUri('a b/c')).toBe(`${url}/a%20b%2Fc`);
    },
  );

  it.each([
    [true, true],
    [false, false],
    [{ read: false, update: false, delete: false }, false],
    [{ read: false, update: false }, true],
    [{}, true],
  ])('with management %j lets clients manage themselves: %s', (management, expected) => {
    expect(new RegistrationConfiguration({ issuer, management }).isManageable).toBe(expected);
  });

  it('gives a client every scope when none are the default ones', () => {
    const of = (server: object) => new RegistrationConfiguration({ issuer, server }).server.defaultScopes;
    expect(of({ scopes: ['read', 'write'] })).toEqual(['read', 'write']);
    expect(of({ scopes: ['read', 'write'], defaultScopes: ['read'] })).toEqual(['read']);
    expect(of({ scopes: ['read', 'write'], defaultScopes: [] })).toEqual([]);
  });

  it('does not change any more', () => {
    const config = new RegistrationConfiguration({ issuer });
    expect(() => Object.assign(config, { issuer: 'https://evil.example' })).toThrow(TypeError);
  });
});

describe('what the authorization server supports', () => {
  const of = (server: ServerOptions): ServerCapabilities =>
    new RegistrationConfiguration({ issuer, server, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } }).server;

  const SIGNATURES = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
  const NO_MESSAGES = { signingAlgs: [], encryptionAlgs: [], encryptionEncs: [] };
  const RS256 = { ...NO_MESSAGES, signingAlgs: ['RS256'] };

  /** Of a feature that is off. */
  const NOTHING = {
    openid: { offered: false, subjectTypes: [], idToken: NO_MESSAGES, userinfo: NO_MESSAGES, acrValues: [] },
    requestObjects: { offered: false, ...NO_MESSAGES, byReference: false },
    pushedAuthorizationRequests: false,
    authorizationDetailsTypes: [],
    dpop: false,
    mutualTls: { offered: false, boundAccessTokens: false, endpointAliases: false },
    logout: { rpInitiated: false, frontchannel: false, backchannel: false },
    introspection: NO_MESSAGES,
    authorizationResponses: NO_MESSAGES,
    ciba: { offered: false, deliveryModes: [], requestSigningAlgs: [], userCode: false },
    federation: { offered: false, clientRegistrationTypes: [] },
    uma: false,
    verifiableCredentials: false,
    nfv: NO_MESSAGES,
  } as const satisfies Partial<ServerCapabilities>;

  /** Of a feature that is on, and no more is said about it. */
  const DEFAULTS = {
    openid: { offered: true, subjectTypes: ['public'], idToken: RS256, userinfo: NO_MESSAGES, acrValues: [] },
    requestObjects: { offered: true, ...NO_MESSAGES, signingAlgs: SIGNATURES, byReference: false },
    mutualTls: { offered: true, boundAccessTokens: true, endpointAliases: false },
    logout: { rpInitiated: true, frontchannel: true, backchannel: true },
    introspection: RS256,
    authorizationResponses: RS256,
    ciba: { offered: true, deliveryModes: ['poll'], requestSigningAlgs: [], userCode: false },
    federation: { offered: true, clientRegistrationTypes: ['automatic', 'explicit'] },
    nfv: RS256,
  } as const satisfies Partial<ServerCapabilities>;
  const features = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];

  it('is nothing beyond RFC 7591 by default', () => {
    expect(of({})).toEqual({
      ...NOTHING,
      scopes: [],
      defaultScopes: [],
      baselineScopes: [],
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      responseTypes: ['code'],
      tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'],
      tokenEndpointAuthSigningAlgs: SIGNATURES,
    });
    expect(of(DEFAULT_SERVER)).toEqual(of({}));
  });

  it.each(features)('is nothing of %s that is false or undefined', (name) => {
    expect(of({ [name]: false })).toEqual(of({}));
    expect(of({ [name]: undefined })).toEqual(of({}));
  });

  it.each(features)('is the defaults of %s that is true, or an object that leaves everything out', (name) => {
    const { [name]: _feature, ...others } = of({});
    const { [name]: feature, ...rest } = of({ [name]: true });
    expect(feature).toEqual(DEFAULTS[name]);
    expect(rest).toEqual(others);
    const members = Object.fromEntries(Object.keys(DEFAULTS[name]).map((member) => [member, undefined]));
    delete members['offered'];
    expect(of({ [name]: {} })[name]).toEqual(DEFAULTS[name]);
    expect(of({ [name]: members })[name]).toEqual(DEFAULTS[name]);
  });

  it.each(['pushedAuthorizationRequests', 'dpop', 'uma', 'verifiableCredentials'] as const)(
    'is %s where it is true',
    (name) => {
      expect(of({ [name]: true })).toEqual({ ...of({}), [name]: true });
      expect(of({ [name]: undefined })).toEqual(of({}));
    },
  );

  it.each<[ServerOptions, Partial<ServerCapabilities>]>([
    [
      { openid: { subjectTypes: ['pairwise'], acrValues: ['phr'] } },
      { openid: { ...DEFAULTS.openid, subjectTypes: ['pairwise'], acrValues: ['phr'] } },
    ],
    [
      { openid: { idToken: { encryptionAlgs: ['ECDH-ES'] } } },
      {
        openid: {
          ...DEFAULTS.openid,
          idToken: { signingAlgs: ['RS256'], encryptionAlgs: ['ECDH-ES'], encryptionEncs: ['A128CBC-HS256'] },
        },
      },
    ],
    [
      { openid: { userinfo: { encryptionAlgs: ['dir'], encryptionEncs: ['A256GCM'] } } },
      {
        openid: {
          ...DEFAULTS.openid,
          userinfo: { signingAlgs: [], encryptionAlgs: ['dir'], encryptionEncs: ['A256GCM'] },
        },
      },
    ],
    [
      { requestObjects: { encryptionAlgs: ['RSA-OAEP'], byReference: true } },
      {
        requestObjects: {
          offered: true,
          signingAlgs: SIGNATURES,
          encryptionAlgs: ['RSA-OAEP'],
          encryptionEncs: ['A128CBC-HS256'],
          byReference: true,
        },
      },
    ],
    [
      { mutualTls: { endpointAliases: true } },
      { mutualTls: { offered: true, boundAccessTokens: true, endpointAliases: true } },
    ],
    [
      { mutualTls: { boundAccessTokens: false } },
      { mutualTls: { offered: true, boundAccessTokens: false, endpointAliases: false } },
    ],
    [{ logout: { frontchannel: false } }, { logout: { rpInitiated: true, frontchannel: false, backchannel: true } }],
    [{ introspection: { signingAlgs: ['ES256'] } }, { introspection: { ...NO_MESSAGES, signingAlgs: ['ES256'] } }],
    // Content is encrypted only with a key that is, too.
    [{ introspection: { encryptionEncs: ['A256GCM'] } }, { introspection: RS256 }],
    [{ authorizationResponses: { signingAlgs: [] } }, { authorizationResponses: NO_MESSAGES }],
    [
      { nfv: { encryptionAlgs: ['A128KW'] } },
      { nfv: { ...RS256, encryptionAlgs: ['A128KW'], encryptionEncs: ['A128CBC-HS256'] } },
    ],
    [
      { ciba: { deliveryModes: ['push'], requestSigningAlgs: ['ES256'] } },
      { ciba: { offered: true, deliveryModes: ['push'], requestSigningAlgs: ['ES256'], userCode: false } },
    ],
    [
      { federation: { clientRegistrationTypes: ['explicit'] } },
      { federation: { offered: true, clientRegistrationTypes: ['explicit'] } },
    ],
  ])('with %j has what is given, beside the defaults of the rest', (server, expected) => {
    expect(of(server)).toEqual({ ...of({}), ...expected });
  });

  it.each<[string[], readonly string[]]>([
    [['private_key_jwt'], SIGNATURES],
    [['client_secret_jwt'], ['HS256', 'HS384', 'HS512']],
    [
      ['client_secret_jwt', 'private_key_jwt'],
      [...SIGNATURES, 'HS256', 'HS384', 'HS512'],
    ],
    [['client_secret_basic', 'none'], []],
  ])('are the algorithms that authentication by %j can use', (tokenEndpointAuthMethods, expected) => {
    expect(of({ tokenEndpointAuthMethods }).tokenEndpointAuthSigningAlgs).toEqual(expected);
    const given = { tokenEndpointAuthMethods, tokenEndpointAuthSigningAlgs: ['ES256', 'HS256'] };
    expect(of(given).tokenEndpointAuthSigningAlgs).toEqual(['ES256', 'HS256']);
  });

  it('takes with a feature that is off its client metadata, and leaves the rest', () => {
    const names = (server: ServerOptions) =>
      new Set(
        new RegistrationConfiguration({
          issuer,
          server,
          clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
        }).metadataTable.keys(),
      );
    const all = names(FULL_SERVER);
    for (const feature of features) {
      const { [feature]: _off, ...others } = FULL_SERVER;
      const grantTypes = FULL_SERVER.grantTypes.filter((grant) => !grant.endsWith(`:${feature}`));
      const left = names({ ...others, grantTypes });
      expect([feature, left.size < all.size, [...left].every((name) => all.has(name))]).toEqual([feature, true, true]);
    }
  });
});
