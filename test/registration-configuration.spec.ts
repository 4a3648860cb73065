import { ClientMetadata, RegistrationConfiguration } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';

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
      redirectUris: { loopbackHttp: true, privateUseSchemes: 'any', claimedHttps: true, forbiddenSchemes: [] },
      limits: {
        redirectUris: 32,
        uriBytes: 2048,
        scopeBytes: 4096,
        textBytes: 1024,
        listEntries: 32,
        jwksBytes: 32_768,
      },
      metadata: ClientMetadata,
      clientSecret: { lifetimeSeconds: 0, prefix: 'cs_', hash: 'sha256', bcryptCost: 10 },
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
