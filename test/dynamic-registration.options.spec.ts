import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  ClientMetadata,
  DynamicRegistrationModule,
  RegistrationConfiguration,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { databases } from './support/databases.js';

const issuer = 'https://auth.example.com';
const example = "forRoot({ issuer: 'https://auth.example.com' })";
const configure = (options: unknown) => new RegistrationConfiguration(options as DynamicRegistrationOptions);

class NotMetadata {}

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
  [
    { issuer, isuer: issuer },
    '"isuer" is no option. The options are issuer, path, mount, access, openGrantTypes, management, server, unsupportedMetadata, redirectUris, limits, metadata, clientSecret, registrationAccessToken, cors, discovery',
  ],
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
  [{ issuer, openGrantTypes: [''] }, '"openGrantTypes" must be a list of strings'],
  [{ issuer, management: 'all' }, '"management" must be an object'],
  [{ issuer, management: { read: 'yes' } }, '"management.read" must be true or false'],
  [{ issuer, management: { reed: true } }, '"management.reed" is no option. The options are read, update, delete'],
  [{ issuer, server: [] }, '"server" must be an object'],
  [
    { issuer, server: { scope: 'read' } },
    '"server.scope" is no option. The options are scopes, defaultScopes, baselineScopes, grantTypes, responseTypes, tokenEndpointAuthMethods',
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
    { issuer, server: { tokenEndpointAuthMethods: ['client_secret_jwt'] } },
    '"server.tokenEndpointAuthMethods" contains client_secret_jwt, which is not available. Available are client_secret_basic, client_secret_post, none, private_key_jwt, self_signed_tls_client_auth',
  ],
  [{ issuer, unsupportedMetadata: 'ignore' }, '"unsupportedMetadata" must be narrow or reject'],
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
    '"limits.nameBytes" is no option. The options are redirectUris, uriBytes, scopeBytes, textBytes, listEntries, jwksBytes',
  ],
  [{ issuer, metadata: NotMetadata }, '"metadata" must be a class that extends ClientMetadata'],
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
  [{ issuer, clientSecret: { bcryptCost: 4 } }, '"clientSecret.bcryptCost" must be an integer from 10 to 15'],
  [{ issuer, clientSecret: { bcryptCost: 31 } }, '"clientSecret.bcryptCost" must be an integer from 10 to 15'],
  [
    { issuer, clientSecret: { rounds: 10 } },
    '"clientSecret.rounds" is no option. The options are lifetimeSeconds, prefix, hash, bcryptCost',
  ],
  [{ issuer, registrationAccessToken: { rotation: 'always' } }, '"registrationAccessToken.rotation" must be never'],
  [{ issuer, cors: true }, '"cors" must be an object'],
  [{ issuer, cors: { origins: 'https://app.example.com' } }, '"cors.origins" must be a list of strings'],
  [{ issuer, discovery: 'on' }, '"discovery" must be an object'],
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
    { issuer, access: () => 'open' },
    { issuer, management: { update: false } },
    { issuer, clientSecret: { prefix: '' } },
    { issuer, server: { responseTypes: [] } },
    { issuer, limits: { textBytes: undefined } },
    { issuer, path: undefined, server: undefined, clientSecret: undefined },
    { issuer, discovery: { metadata: { service_documentation: 'https://docs.example.com' } } },
  ])('is not %j', (options) => {
    expect(() => configure(options)).not.toThrow();
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

  it('ends the start when a factory returns nothing', async () => {
    const useFactory = () => undefined as unknown as DynamicRegistrationOptions;
    await expect(failure(() => DynamicRegistrationModule.forRootAsync({ useFactory }))).resolves.toBe(
      'DynamicRegistrationModule: the options are missing. Give at least forRoot({ issuer: ... })',
    );
  });
});
