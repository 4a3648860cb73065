import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  ClientMetadata,
  DynamicRegistrationModule,
  InitialAccessTokenGuard,
  MetadataField,
  RegistrationConfiguration,
  RegistrationListener,
  RegistrationPolicy,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXTRAS } from '../lib/dynamic-registration.options.js';
import { databases } from './support/databases.js';

const issuer = 'https://auth.example.com';
const example = "forRoot({ issuer: 'https://auth.example.com' })";
const configure = (options: unknown) => new RegistrationConfiguration(options as DynamicRegistrationOptions);

class NotMetadata {}

class GetterMetadata extends ClientMetadata {
  // @ts-expect-error -- TypeScript refuses it, and does not check what JavaScript does
  override get client_name() {
    return 'Tide Tables';
  }
}

class AccessorMetadata extends ClientMetadata {
  private kept?: string;

  @MetadataField()
  get tier() {
    return this.kept ?? '';
  }

  set tier(value: string) {
    this.kept = value;
  }
}

class DpopMetadata extends ClientMetadata {
  @MetadataField({ required: true })
  override dpop_bound_access_tokens?: boolean;
}

class MethodMetadata extends ClientMetadata {
  @MetadataField()
  tier() {
    return 'gold';
  }
}

class InheritedNameMetadata extends ClientMetadata {
  @MetadataField()
  override toString = () => 'gold';
}

class GetterBesideMetadata extends ClientMetadata {
  get isNamed() {
    return this.client_name !== undefined;
  }
}

/** Every wrong configuration and what it is answered. */
const WRONG: readonly [unknown, string][] = [
  [undefined, 'the options are missing. Give at least forRoot({ issuer: ... })'],
  [null, 'the options are missing. Give at least forRoot({ issuer: ... })'],
  [{}, `"issuer" is missing. Give the absolute URL clients know you by: ${example}`],
  [{ issuer: undefined }, `"issuer" is missing. Give the absolute URL clients know you by: ${example}`],
  [{ issuer: null }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 7 }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: '' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 'auth.example.com' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: '/auth' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 'https:auth.example.com' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 'https:///auth.example.com' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 'https://auth.example.com ' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: ' https://auth.example.com' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 'https://auth.example.com\n' }, `"issuer" must be an absolute URL: ${example}`],
  [{ issuer: 'https:\\\\auth.example.com' }, `"issuer" must be an absolute URL: ${example}`],
  [
    { issuer: 'https://auth.example.com?a=1' },
    `"issuer" must not have a query or a fragment (RFC 8414 section 2): ${example}`,
  ],
  [
    { issuer: 'https://auth.example.com/?' },
    `"issuer" must not have a query or a fragment (RFC 8414 section 2): ${example}`,
  ],
  [
    { issuer: 'https://auth.example.com#a' },
    `"issuer" must not have a query or a fragment (RFC 8414 section 2): ${example}`,
  ],
  [
    { issuer: 'https://auth.example.com/#' },
    `"issuer" must not have a query or a fragment (RFC 8414 section 2): ${example}`,
  ],
  [{ issuer: 'https://root@auth.example.com' }, `"issuer" must not have a user: ${example}`],
  [{ issuer: 'https://root:x@auth.example.com' }, `"issuer" must not have a user: ${example}`],
  [{ issuer: 'http://auth.example.com' }, `"issuer" must use https, or http on a loopback host: ${example}`],
  [{ issuer: 'http://localhost.example.com' }, `"issuer" must use https, or http on a loopback host: ${example}`],
  [{ issuer: 'ftp://auth.example.com' }, `"issuer" must use https, or http on a loopback host: ${example}`],
  [{ issuer, isuer: issuer }, '"isuer" is no option, did you mean "issuer"?'],
  [
    { issuer, outboundRequests: { timeoutSeconds: 0 } },
    '"outboundRequests.timeoutSeconds" must be a whole number of seconds from 1 to 60',
  ],
  [
    { issuer, outboundRequests: { timeoutSeconds: 1.5 } },
    '"outboundRequests.timeoutSeconds" must be a whole number of seconds from 1 to 60',
  ],
  [
    { issuer, outboundRequests: { timeoutSeconds: 61 } },
    '"outboundRequests.timeoutSeconds" must be a whole number of seconds from 1 to 60',
  ],
  [
    { issuer, clientIdMetadataDocuments: true, server: { tokenEndpointAuthMethods: ['client_secret_basic'] } },
    '"clientIdMetadataDocuments" needs none or private_key_jwt in "server.tokenEndpointAuthMethods"',
  ],
  [
    {
      issuer,
      clientIdMetadataDocuments: true,
      openGrantTypes: ['client_credentials'],
      server: { grantTypes: ['authorization_code'] },
    },
    '"clientIdMetadataDocuments" needs a grant type of "openGrantTypes" in "server.grantTypes"',
  ],
  [{ issuer, clientIdMetadataDocuments: { hosts: [] } }, '"clientIdMetadataDocuments.hosts" must not be empty'],
  [
    { issuer, clientIdMetadataDocuments: { hosts: ['https://client.example'] } },
    '"clientIdMetadataDocuments.hosts[0]" must be host names such as client.example.com or *.example.com',
  ],
  [
    { issuer, outboundRequests: { minimumCacheSeconds: 60, maximumCacheSeconds: 30 } },
    '"outboundRequests.minimumCacheSeconds" must not be greater than "outboundRequests.maximumCacheSeconds"',
  ],
  [
    { issuer, openRegistration: { maximumUnusedClients: -1 } },
    '"openRegistration.maximumUnusedClients" must be a whole number, 0 for any',
  ],
  [
    { issuer, openRegistration: { foldIdentical: true } },
    '"openRegistration.foldIdentical" is for registrations without a token. Add "access": \'open\', or a function that may answer it, or take it out',
  ],
  [
    { issuer, access: 'disabled', openRegistration: { foldIdentical: true } },
    '"openRegistration.foldIdentical" is for registrations without a token. Add "access": \'open\', or a function that may answer it, or take it out',
  ],
  [{ issuer, outboundRequests: { concurrent: 0 } }, '"outboundRequests.concurrent" must be a positive integer'],
  [
    { issuer, outboundRequests: { concurrentPerOrigin: -1 } },
    '"outboundRequests.concurrentPerOrigin" must be a positive integer',
  ],
  [
    { issuer, outboundRequests: { cachedDocuments: 0 } },
    '"outboundRequests.cachedDocuments" must be a positive integer',
  ],
  [
    { issuer, outboundRequests: { maximumCacheSeconds: '60' } },
    '"outboundRequests.maximumCacheSeconds" must be a positive integer',
  ],
  [{ issuer, outboundRequests: { allowLoopback: 'yes' } }, '"outboundRequests.allowLoopback" must be true or false'],
  [
    { issuer, tenants: 2 },
    '"tenants" is no option. The options are issuer, path, mount, access, openGrantTypes, management, server, unsupportedMetadata, inconsistentTypes, redirectUris, limits, preparedStatements, metadata, clientSecret, softwareStatements, registrationAccessToken, clientLifetime, openRegistration, clientIdMetadataDocuments, outboundRequests, cors, discovery',
  ],
  // Names that every object has are no options either.
  ...['constructor', 'toString', 'hasOwnProperty'].map((name): [unknown, string] => [
    { issuer, [name]: true },
    `"${name}" is no option. The options are issuer, path, mount, access, openGrantTypes, management, server, unsupportedMetadata, inconsistentTypes, redirectUris, limits, preparedStatements, metadata, clientSecret, softwareStatements, registrationAccessToken, clientLifetime, openRegistration, clientIdMetadataDocuments, outboundRequests, cors, discovery`,
  ]),
  ...[
    ['polices', 'policies'],
    ['policy', 'policies'],
    ['guard', 'guards'],
    ['listner', 'listeners'],
    ['datasource', 'dataSource'],
    ['data_source', 'dataSource'],
    ['ISSUER', 'issuer'],
    ['Access', 'access'],
    ['redirect_uris', 'redirectUris'],
    ['redirectURIs', 'redirectUris'],
    ['clientSecrets', 'clientSecret'],
    ['registrationAccesToken', 'registrationAccessToken'],
    ['unsuportedMetadata', 'unsupportedMetadata'],
    ['discover', 'discovery'],
    // A member of another option.
    ['scopes', 'server.scopes'],
    ['grantTypes', 'server.grantTypes'],
    ['loopbackHttp', 'redirectUris.loopbackHttp'],
    ['bcryptCost', 'clientSecret.bcryptCost'],
    ['encryptionKeys', 'clientSecret.encryptionKeys'],
    ['openId', 'server.openid'],
    ['mutualTLS', 'server.mutualTls'],
    ['rotation', 'registrationAccessToken.rotation'],
    ['origins', 'cors.origins'],
  ].map(([name = '', meant]): [unknown, string] => [
    { issuer, [name]: [] },
    `"${name}" is no option, did you mean "${meant}"?`,
  ]),
  ...[
    'isGlobal',
    'imports',
    'entities',
    'dataSource',
    'guards',
    'policies',
    'listeners',
    'providers',
    'decorators',
  ].map((name): [unknown, string] => [
    { issuer, [name]: undefined },
    `"${name}" must stand beside the factory, not in what it returns: forRootAsync({ useFactory, ${name}: ... })`,
  ]),
  [{ issuer, path: '/register' }, '"path" must be path segments without a leading slash, such as register'],
  [{ issuer, path: 'register/' }, '"path" must be path segments without a leading slash, such as register'],
  [{ issuer, path: '' }, '"path" must be path segments without a leading slash, such as register'],
  [{ issuer, path: 'a b' }, '"path" must be path segments without a leading slash, such as register'],
  [{ issuer, path: ':id' }, '"path" must be path segments without a leading slash, such as register'],
  [{ issuer, path: 7 }, '"path" must be path segments without a leading slash, such as register'],
  [{ issuer, mount: 'register' }, '"mount" must be an absolute path, such as /oauth/register'],
  [{ issuer, mount: '/register/' }, '"mount" must be an absolute path, such as /oauth/register'],
  [{ issuer, mount: '/' }, '"mount" must be an absolute path, such as /oauth/register'],
  [{ issuer, mount: '/:tenant' }, '"mount" must be an absolute path, such as /oauth/register'],
  [{ issuer, access: 'closed' }, '"access" must be initial-access-token or open or disabled'],
  [{ issuer, access: true }, '"access" must be initial-access-token or open or disabled'],
  [{ issuer, openGrantTypes: 'authorization_code' }, '"openGrantTypes" must be a list of strings'],
  [{ issuer, access: 'opened' }, '"access" must be initial-access-token or open or disabled, did you mean "open"?'],
  [
    { issuer, access: 'initial_access_token' },
    '"access" must be initial-access-token or open or disabled, did you mean "initial-access-token"?',
  ],
  [{ issuer, openGrantTypes: [''] }, '"openGrantTypes" must be a list of strings'],
  [
    { issuer, openGrantTypes: ['authorisation_code'] },
    '"openGrantTypes" contains authorisation_code, which is not available, did you mean "authorization_code"?',
  ],
  [
    { issuer, openGrantTypes: ['urn:ietf:params:oauth:grant-type:device-code'] },
    '"openGrantTypes" contains urn:ietf:params:oauth:grant-type:device-code, which is not available, did you mean "urn:ietf:params:oauth:grant-type:device_code"?',
  ],
  [{ issuer, management: 'all' }, '"management" must be true, false or { read, update, delete }'],
  [{ issuer, management: { read: 'yes' } }, '"management.read" must be true or false'],
  [{ issuer, management: { reed: true } }, '"management.reed" is no option, did you mean "management.read"?'],
  [{ issuer, management: { create: true } }, '"management.create" is no option. The options are read, update, delete'],
  [
    { issuer, management: { valueOf: true } },
    '"management.valueOf" is no option. The options are read, update, delete',
  ],
  [{ issuer, server: [] }, '"server" must be an object'],
  [{ issuer, server: { scope: 'read' } }, '"server.scope" is no option, did you mean "server.scopes"?'],
  [{ issuer, server: { grantType: [] } }, '"server.grantType" is no option, did you mean "server.grantTypes"?'],
  [
    { issuer, server: { response_types: [] } },
    '"server.response_types" is no option, did you mean "server.responseTypes"?',
  ],
  [
    { issuer, server: { acrValues: [] } },
    '"server.acrValues" is no option. The options are scopes, defaultScopes, baselineScopes, grantTypes, responseTypes, tokenEndpointAuthMethods, tokenEndpointAuthSigningAlgs, openid, requestObjects, pushedAuthorizationRequests, authorizationDetailsTypes, dpop, mutualTls, logout, introspection, authorizationResponses, ciba, federation, uma, verifiableCredentials, nfv',
  ],
  [
    { issuer, server: { grantTypes: ['client_credential'] } },
    '"server.grantTypes" contains client_credential, which is not available, did you mean "client_credentials"?',
  ],
  [
    { issuer, server: { grantTypes: ['authorization_code', 'magic'] } },
    '"server.grantTypes" contains magic, which is not available. Other ones are absolute URIs (RFC 6749 section 4.5); known are authorization_code, implicit, client_credentials, refresh_token, urn:ietf:params:oauth:grant-type:jwt-bearer, urn:ietf:params:oauth:grant-type:saml2-bearer, urn:ietf:params:oauth:grant-type:device_code, urn:ietf:params:oauth:grant-type:token-exchange, urn:ietf:params:oauth:grant-type:uma-ticket, urn:ietf:params:oauth:grant-type:pre-authorized_code, urn:openid:params:grant-type:ciba',
  ],
  [
    { issuer, server: { tokenEndpointAuthMethods: ['client_secret_baisc'] } },
    '"server.tokenEndpointAuthMethods" contains client_secret_baisc, which is not available, did you mean "client_secret_basic"?',
  ],
  [
    { issuer, server: { scopes: 'read write' } },
    '"server.scopes" must be a list of scope tokens (RFC 6749 section 3.3), each without spaces',
  ],
  [
    { issuer, server: { scopes: ['read write'] } },
    '"server.scopes" must be a list of scope tokens (RFC 6749 section 3.3), each without spaces',
  ],
  [
    { issuer, server: { scopes: ['read'], defaultScopes: ['write'] } },
    '"server.defaultScopes" contains write, which "server.scopes" does not. Add it there',
  ],
  [
    { issuer, server: { baselineScopes: ['openid'] } },
    '"server.baselineScopes" contains openid, which "server.scopes" does not. Add it there',
  ],
  [{ issuer, server: { grantTypes: [] } }, '"server.grantTypes" must not be empty'],
  [{ issuer, server: { grantTypes: 'implicit' } }, '"server.grantTypes" must be a list of strings'],
  [{ issuer, server: { responseTypes: [7] } }, '"server.responseTypes" must be a list of strings'],
  [{ issuer, server: { tokenEndpointAuthMethods: [] } }, '"server.tokenEndpointAuthMethods" must not be empty'],
  [
    { issuer, server: { tokenEndpointAuthMethods: ['bearer'] } },
    '"server.tokenEndpointAuthMethods" contains bearer, which is not available. Other ones are absolute URIs (RFC 7591 section 2); registered are client_secret_basic, client_secret_post, client_secret_jwt, none, private_key_jwt, tls_client_auth, self_signed_tls_client_auth',
  ],
  [{ issuer, unsupportedMetadata: 'ignore' }, '"unsupportedMetadata" must be narrow or reject'],
  [
    { issuer, unsupportedMetadata: 'rejects' },
    '"unsupportedMetadata" must be narrow or reject, did you mean "reject"?',
  ],
  [{ issuer, inconsistentTypes: 'narrow' }, '"inconsistentTypes" must be reject or repair'],
  [{ issuer, inconsistentTypes: 'repairs' }, '"inconsistentTypes" must be reject or repair, did you mean "repair"?'],
  [{ issuer, inconsistentTypes: true }, '"inconsistentTypes" must be reject or repair'],
  [{ issuer, redirectUris: null }, '"redirectUris" must be an object'],
  [{ issuer, redirectUris: { loopbackHttp: 1 } }, '"redirectUris.loopbackHttp" must be true or false'],
  [
    { issuer, redirectUris: { privateUseSchemes: true } },
    '"redirectUris.privateUseSchemes" must be any or reverse-domain or none',
  ],
  [{ issuer, redirectUris: { claimedHttps: null } }, '"redirectUris.claimedHttps" must be true or false'],
  [
    { issuer, redirectUris: { forbiddenSchemes: 'cursor' } },
    '"redirectUris.forbiddenSchemes" must be a list of strings',
  ],
  [
    { issuer, redirectUris: { wildcards: true } },
    '"redirectUris.wildcards" is no option. The options are loopbackHttp, privateUseSchemes, claimedHttps, forbiddenSchemes',
  ],
  [{ issuer, limits: { redirectUris: 0 } }, '"limits.redirectUris" must be a positive integer'],
  [{ issuer, limits: { uriBytes: 1.5 } }, '"limits.uriBytes" must be a positive integer'],
  [{ issuer, limits: { jwksBytes: Number.POSITIVE_INFINITY } }, '"limits.jwksBytes" must be a positive integer'],
  [
    { issuer, limits: { nameBytes: 10 } },
    '"limits.nameBytes" is no option. The options are redirectUris, uriBytes, scopeBytes, textBytes, listEntries, jwksBytes, objectBytes, softwareStatementBytes, metadataBytes',
  ],
  [{ issuer, metadata: NotMetadata }, '"metadata" must be a class that extends ClientMetadata'],
  ...(
    [
      [GetterMetadata, 'client_name'],
      [AccessorMetadata, 'tier'],
      [MethodMetadata, 'tier'],
      [InheritedNameMetadata, 'toString'],
    ] as const
  ).map(([metadata, name]): [unknown, string] => [
    { issuer, metadata },
    `"metadata" declares ${name}, which is a getter or a method of the class. Make it a plain property`,
  ]),
  ...[undefined, {}, { dpop: false }].map((server): [unknown, string] => [
    { issuer, metadata: DpopMetadata, server },
    '"metadata" requires dpop_bound_access_tokens, which belongs to a feature that "server" does not offer. Switch it on there',
  ]),
  [{ issuer, metadata: new ClientMetadata() }, '"metadata" must be a class that extends ClientMetadata'],
  [{ issuer, clientSecret: 'bcrypt' }, '"clientSecret" must be an object'],
  [
    { issuer, clientSecret: { lifetimeSeconds: -1 } },
    '"clientSecret.lifetimeSeconds" must be a whole number of seconds, 0 for never',
  ],
  [
    { issuer, clientSecret: { lifetimeSeconds: '1h' } },
    '"clientSecret.lifetimeSeconds" must be a whole number of seconds, 0 for never',
  ],
  [
    { issuer, clientSecret: { prefix: 'a secret of mine_' } },
    '"clientSecret.prefix" must have at most 16 characters of A-Z a-z 0-9 - . _ ~',
  ],
  [
    { issuer, clientSecret: { prefix: 'a'.repeat(17) } },
    '"clientSecret.prefix" must have at most 16 characters of A-Z a-z 0-9 - . _ ~',
  ],
  [{ issuer, clientSecret: { hash: 'md5' } }, '"clientSecret.hash" must be sha256 or bcrypt'],
  [
    { issuer, clientSecret: { hash: 'sha-256' } },
    '"clientSecret.hash" must be sha256 or bcrypt, did you mean "sha256"?',
  ],
  [
    { issuer, clientSecret: { hash: 'bcryptjs' } },
    '"clientSecret.hash" must be sha256 or bcrypt, did you mean "bcrypt"?',
  ],
  [{ issuer, clientSecret: { bcryptCost: 4 } }, '"clientSecret.bcryptCost" must be an integer from 10 to 15'],
  [{ issuer, clientSecret: { bcryptCost: 31 } }, '"clientSecret.bcryptCost" must be an integer from 10 to 15'],
  [
    { issuer, clientSecret: { rounds: 10 } },
    '"clientSecret.rounds" is no option. The options are lifetimeSeconds, prefix, hash, bcryptCost, encryptionKeys',
  ],
  [
    { issuer, registrationAccessToken: { rotation: 'always' } },
    '"registrationAccessToken.rotation" must be never or on-update',
  ],
  [{ issuer, cors: true }, '"cors" must be an object'],
  [{ issuer, cors: { origins: 'https://app.example.com' } }, '"cors.origins" must be a list of strings'],
  [{ issuer, discovery: 'on' }, '"discovery" must be true, false or { metadata }'],
  [{ issuer, discovery: { metdata: {} } }, '"discovery.metdata" is no option, did you mean "discovery.metadata"?'],
  [{ issuer, discovery: { metadata: [] } }, '"discovery.metadata" must be an object'],
  [
    { issuer, discovery: { metadata: { issuer: 'https://other.example.com' } } },
    '"discovery.metadata" must not contain issuer, which follows from the other options',
  ],
];

describe('a wrong configuration', () => {
  it.each(WRONG)('%j ends the start and names the way out', (options, message) => {
    expect(() => configure(options)).toThrow(new Error(`DynamicRegistrationModule: ${message}`));
  });

  it.each([
    { issuer: 'https://auth.example.com/' },
    { issuer: 'https://auth.example.com/tenants/acme' },
    { issuer: 'https://auth.example.com:8443' },
    { issuer: 'http://localhost:3000' },
    { issuer: 'http://127.0.0.1:3000' },
    { issuer: 'http://[::1]:3000' },
    { issuer, path: 'oauth/register' },
    { issuer, mount: '/oauth/register' },
    { issuer, metadata: GetterBesideMetadata },
    { issuer, metadata: DpopMetadata, server: { dpop: true } },
    { issuer, inconsistentTypes: 'repair' },
    { issuer, server: { tokenEndpointAuthMethods: ['none', 'https://acme.example/methods/badge'] } },
    { issuer, access: () => 'open' },
    { issuer, management: { update: false } },
    { issuer, clientSecret: { prefix: '' } },
    { issuer, server: { responseTypes: [] } },
    {
      issuer,
      server: { grantTypes: ['urn:openid:params:grant-type:ciba', 'https://acme.example/grants/badge'], ciba: true },
    },
    { issuer, openGrantTypes: ['urn:acme:device', 'urn:ietf:params:oauth:grant-type:device_code'] },
    { issuer, limits: { textBytes: undefined } },
    { issuer, path: undefined, server: undefined, clientSecret: undefined },
    { issuer, discovery: { metadata: { service_documentation: 'https://docs.example.com' } } },
  ])('is not %j', (options) => {
    expect(() => configure(options)).not.toThrow();
  });
});

describe('outboundRequests.allowLoopback', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('ends the start in production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => configure({ issuer, outboundRequests: { allowLoopback: true } })).toThrow(
      new Error(
        'DynamicRegistrationModule: "outboundRequests.allowLoopback" is for development: take it out, or start with another NODE_ENV than production',
      ),
    );
    expect(() => configure({ issuer, outboundRequests: { allowLoopback: false } })).not.toThrow();
  });

  it.each(['development', 'test', ''])('is taken where NODE_ENV is %j', (name) => {
    vi.stubEnv('NODE_ENV', name);
    expect(() => configure({ issuer, outboundRequests: { allowLoopback: true } })).not.toThrow();
  });
});

const sqlite = databases.filter(({ kind }) => kind === 'sqlite');

describe.each(sqlite)('a wrong configuration of the module', (database) => {
  /** The error with which an application ends that imports this. */
  async function failure(imported: () => DynamicModule): Promise<string> {
    const created = await database.create();
    try {
      const typeorm = { ...created.options, autoLoadEntities: true, retryAttempts: 0 } as TypeOrmModuleOptions;
      @Module({ imports: [TypeOrmModule.forRoot(typeorm), imported()] })
      class HostModule {}
      const app = await NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
      await app.close();
      return 'none';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await created.drop();
    }
  }

  const missing = `DynamicRegistrationModule: "issuer" is missing. Give the absolute URL clients know you by: ${example}`;

  it.each<[string, () => DynamicModule]>([
    ['forRoot', () => DynamicRegistrationModule.forRoot({} as DynamicRegistrationOptions)],
    [
      'useFactory of forRootAsync',
      () => DynamicRegistrationModule.forRootAsync({ useFactory: () => ({}) as DynamicRegistrationOptions }),
    ],
    [
      'an asynchronous useFactory of forRootAsync',
      () => DynamicRegistrationModule.forRootAsync({ useFactory: async () => ({}) as DynamicRegistrationOptions }),
    ],
    [
      'useClass of forRootAsync',
      () =>
        DynamicRegistrationModule.forRootAsync({
          useClass: class {
            createDynamicRegistrationOptions = () => ({}) as DynamicRegistrationOptions;
          },
        }),
    ],
  ])('ends the start by %s', async (_, imported) => {
    await expect(failure(imported)).resolves.toBe(missing);
  });

  it.each([
    'isGlobal',
    'imports',
    'entities',
    'dataSource',
    'guards',
    'policies',
    'listeners',
    'providers',
    'decorators',
  ])('ends the start when a factory returns %s, which Nest reads before', async (name) => {
    const useFactory = () => ({ issuer, [name]: [] });
    await expect(failure(() => DynamicRegistrationModule.forRootAsync({ useFactory }))).resolves.toBe(
      `DynamicRegistrationModule: "${name}" must stand beside the factory, not in what it returns: forRootAsync({ useFactory, ${name}: ... })`,
    );
  });

  class WrongOptions {
    createDynamicRegistrationOptions = () => ({ issuer, polices: [] }) as DynamicRegistrationOptions;
  }

  @Module({ providers: [WrongOptions], exports: [WrongOptions] })
  class WrongOptionsModule {}

  const besideFactory = { useFactory: () => ({ issuer }), polices: [] };
  const wrong = () => ({ issuer, polices: [] }) as DynamicRegistrationOptions;
  it.each<[string, () => DynamicModule]>([
    ['forRoot', () => DynamicRegistrationModule.forRoot(wrong())],
    ['useFactory', () => DynamicRegistrationModule.forRootAsync({ useFactory: wrong })],
    ['an asynchronous useFactory', () => DynamicRegistrationModule.forRootAsync({ useFactory: async () => wrong() })],
    ['useClass', () => DynamicRegistrationModule.forRootAsync({ useClass: WrongOptions })],
    [
      'useExisting',
      () => DynamicRegistrationModule.forRootAsync({ imports: [WrongOptionsModule], useExisting: WrongOptions }),
    ],
    ['what stands beside a factory', () => DynamicRegistrationModule.forRootAsync(besideFactory)],
  ])('ends the start with the nearest name for one that is wrong in %s', async (_, imported) => {
    await expect(failure(imported)).resolves.toBe(
      'DynamicRegistrationModule: "polices" is no option, did you mean "policies"?',
    );
  });

  it.each<[object | undefined, string]>([
    [
      { useFactory: () => ({ issuer }), issuer },
      '"issuer" must stand in what the factory returns, not beside it: forRootAsync({ useFactory: () => ({ issuer: ... }) })',
    ],
    [
      { useFactory: () => ({ issuer }), clientSecret: { hash: 'bcrypt' } },
      '"clientSecret" must stand in what the factory returns, not beside it: forRootAsync({ useFactory: () => ({ clientSecret: ... }) })',
    ],
    [{ useFactroy: () => ({ issuer }) }, '"useFactroy" is no option, did you mean "useFactory"?'],
    [{ useFactory: () => ({ issuer }), injects: [] }, '"injects" is no option, did you mean "inject"?'],
    [{ useFactory: () => ({ issuer }), scopes: [] }, '"scopes" is no option, did you mean "server.scopes"?'],
    [
      { useFactory: () => ({ issuer }), tenants: 2 },
      '"tenants" is no option. Beside a factory stand useFactory, useClass, useExisting, inject, provideInjectionTokensFrom, isGlobal, imports, entities, dataSource, guards, policies, listeners, providers, decorators',
    ],
    [{}, 'forRootAsync takes one of useFactory, useClass, useExisting, and was given none'],
    [
      { useFactory: () => ({ issuer }), useClass: WrongOptions },
      'forRootAsync takes one of useFactory, useClass, useExisting, and was given useFactory and useClass',
    ],
    [undefined, 'the options are missing. Give at least forRootAsync({ useFactory: () => ({ issuer: ... }) })'],
  ])('ends the start by forRootAsync(%o)', (options, message) => {
    expect(() => DynamicRegistrationModule.forRootAsync(options as never)).toThrow(
      new Error(`DynamicRegistrationModule: ${message}`),
    );
  });

  it('ends the start by forRoot without options', () => {
    expect(() => DynamicRegistrationModule.forRoot(undefined as never)).toThrow(
      new Error('DynamicRegistrationModule: the options are missing. Give at least forRoot({ issuer: ... })'),
    );
  });

  it('ends the start when a factory returns nothing', async () => {
    const useFactory = () => undefined as unknown as DynamicRegistrationOptions;
    await expect(failure(() => DynamicRegistrationModule.forRootAsync({ useFactory }))).resolves.toBe(
      'DynamicRegistrationModule: the options are missing. Give at least forRoot({ issuer: ... })',
    );
  });
});

class SomePolicy extends RegistrationPolicy {
  review = (proposed: ClientMetadata) => proposed;
}

class SomeListener extends RegistrationListener {
  handle(): void {}
}

class SomeClass {}

/** Every wrong static option and what it is answered. */
const WRONG_EXTRAS: readonly [object, string][] = [
  [{ isGlobal: 'yes' }, '"isGlobal" must be true or false'],
  [{ imports: SomeClass }, '"imports" must be a list of modules'],
  [{ entities: SomeClass }, '"entities" must be an object'],
  [{ entities: [SomeClass] }, '"entities" must be an object'],
  [{ entities: { clients: SomeClass } }, '"entities.clients" is no option, did you mean "entities.client"?'],
  [{ entities: { user: SomeClass } }, '"entities.user" is no option. The options are client, initialAccessToken'],
  ...[null, 'App', {}, () => SomeClass].map((client): [object, string] => [
    { entities: { client } },
    '"entities.client" must be an entity class, such as entities: { client: App }',
  ]),
  [
    { entities: { initialAccessToken: new SomeClass() } },
    '"entities.initialAccessToken" must be an entity class, such as entities: { client: App }',
  ],
  ...[7, '', SomeClass].map((dataSource): [object, string] => [
    { dataSource },
    '"dataSource" must be the name of a data source, as in TypeOrmModule.forRoot({ name: \'auth\', ... })',
  ]),
  [{ guards: [InitialAccessTokenGuard] }, '"guards" must be an object'],
  [
    { guards: { registrations: InitialAccessTokenGuard } },
    '"guards.registrations" is no option, did you mean "guards.registration"?',
  ],
  [
    { guards: { management: SomeClass } },
    '"guards.management" is no option. The options are registration, configuration',
  ],
  ...[SomeClass, 'guard', null, {}, () => true].map((registration): [object, string] => [
    { guards: { registration } },
    '"guards.registration" must extend InitialAccessTokenGuard',
  ]),
  ...[SomePolicy, new SomePolicy(), {}].map((policies): [object, string] => [
    { policies },
    '"policies" must be a list of classes that extend RegistrationPolicy, such as policies: [MyPolicy]',
  ]),
  // `undefined` is what a circular import leaves of a class.
  ...[SomeClass, SomeListener, RegistrationPolicy, new SomePolicy(), undefined, null, 'SomePolicy', () => true].map(
    (wrong): [object, string] => [
      { policies: [SomePolicy, wrong] },
      '"policies[1]" must be a class that extends RegistrationPolicy, such as policies: [MyPolicy]',
    ],
  ),
  [
    // oxlint-disable-next-line no-sparse-arrays -- a comma too much is a mistake to tell
    { policies: [, SomePolicy] },
    '"policies[0]" must be a class that extends RegistrationPolicy, such as policies: [MyPolicy]',
  ],
  ...[SomeClass, SomePolicy, new SomeListener(), undefined].map((wrong): [object, string] => [
    { listeners: [wrong] },
    '"listeners[0]" must be a class that extends RegistrationListener, such as listeners: [MyListener]',
  ]),
  [{ providers: { provide: SomeClass } }, '"providers" must be a list of providers'],
  ...[undefined, 'SomeClass', { useClass: SomeClass }].map((wrong): [object, string] => [
    { providers: [SomeClass, wrong] },
    '"providers[1]" must be a class or { provide, ... }',
  ]),
  [{ decorators: () => undefined }, '"decorators" must be a list of class decorators, such as decorators: [Public()]'],
  ...[undefined, 'Public', {}].map((wrong): [object, string] => [
    { decorators: [wrong] },
    '"decorators[0]" must be a class decorator, such as decorators: [Public()]',
  ]),
];

describe('a wrong static option', () => {
  it.each(WRONG_EXTRAS)('%o ends the start, beside a factory too', (extras, message) => {
    const error = new Error(`DynamicRegistrationModule: ${message}`);
    expect(() => DynamicRegistrationModule.forRoot({ issuer, ...extras })).toThrow(error);
    expect(() => DynamicRegistrationModule.forRootAsync({ useFactory: () => ({ issuer }), ...extras })).toThrow(error);
  });

  it('is not one that is undefined', () => {
    const names = Object.keys(EXTRAS);
    const extras = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(() => DynamicRegistrationModule.forRoot({ issuer, ...extras })).not.toThrow();
    expect(() => DynamicRegistrationModule.forRoot({ issuer, entities: { client: undefined } })).not.toThrow();
  });
});
