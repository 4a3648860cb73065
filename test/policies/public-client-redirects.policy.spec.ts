import { PublicClientRedirectsPolicy } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.js';

const strict = new (PublicClientRedirectsPolicy.of())();
const wider = new (PublicClientRedirectsPolicy.of({
  claimedHosts: ['app.example.com', '*.claimed.example'],
  reverseDomainSchemes: true,
}))();

const publicClient = (uri: string) => ({ token_endpoint_auth_method: 'none', redirect_uris: [uri] });
const refusal = (places: string) =>
  `invalid_redirect_uri: redirect_uris[0] must be ${places} in a client with token_endpoint_auth_method none`;
const STRICT = refusal('on a loopback host');
const WIDER = refusal('on a loopback host or at a claimed host or of a scheme in reverse domain form');

describe('redirect URIs of public clients (RFC 8252 section 8.6)', () => {
  it.each(['http://127.0.0.1:49152/cb', 'http://[::1]/cb', 'http://localhost/cb', 'https://localhost:8443/cb'])(
    'may be %s',
    async (uri) => {
      await expect(verdict(strict, publicClient(uri))).resolves.toEqual(publicClient(uri));
    },
  );

  it.each(['https://app.example.com/cb', 'https://a.claimed.example/cb', 'com.example.app:/cb'])(
    'may be %s where that is allowed',
    async (uri) => {
      await expect(verdict(wider, publicClient(uri))).resolves.toEqual(publicClient(uri));
      await expect(verdict(strict, publicClient(uri))).resolves.toBe(STRICT);
    },
  );

  it.each([
    'https://example.com/cb',
    'https://evilapp.example.com/cb',
    'https://app.example.com.evil.test/cb',
    'https://app.example.com:8443/cb',
    'https://claimed.example/cb',
    'https://localhost.evil.test/cb',
    'http://app.example.com/cb',
    'cursor://cb',
    'no uri',
  ])('must not be %s', async (uri) => {
    await expect(verdict(wider, publicClient(uri))).resolves.toBe(WIDER);
    await expect(verdict(strict, publicClient(uri))).resolves.toBe(STRICT);
  });

  it('are judged one by one', async () => {
    const metadata = {
      ...publicClient('http://127.0.0.1/cb'),
      redirect_uris: ['http://127.0.0.1/cb', 'https://evil.test/'],
    };
    await expect(verdict(strict, metadata)).resolves.toMatch(/redirect_uris\[1\] must be on a loopback host/);
  });

  it.each(['client_secret_basic', 'private_key_jwt', 'tls_client_auth'])(
    'are of no concern with %s',
    async (token_endpoint_auth_method) => {
      const metadata = { ...publicClient('https://example.com/cb'), token_endpoint_auth_method };
      await expect(verdict(strict, metadata)).resolves.toEqual(metadata);
    },
  );

  it('need not be there: a device has none (RFC 8628)', async () => {
    const metadata = { token_endpoint_auth_method: 'none', redirect_uris: [] };
    await expect(verdict(strict, metadata)).resolves.toEqual(metadata);
  });
});

describe('options of PublicClientRedirectsPolicy', () => {
  it.each<[string, unknown, string]>([
    ['null', null, '"PublicClientRedirectsPolicy" must be given its options as an object'],
    [
      'a URL',
      { claimedHosts: ['https://app.example.com'] },
      '"PublicClientRedirectsPolicy.claimedHosts[0]" must be host names such as client.example.com or *.example.com',
    ],
    [
      'the machine of the user',
      { claimedHosts: ['app.example.com', '*.localhost'] },
      '"PublicClientRedirectsPolicy.claimedHosts[1]" must not be on the machine of the user. Take it out, it is always accepted',
    ],
    [
      'a list of schemes',
      { reverseDomainSchemes: ['com.example.app'] },
      '"PublicClientRedirectsPolicy.reverseDomainSchemes" must be true or false',
    ],
    [
      'an unknown option',
      { hosts: [] },
      '"PublicClientRedirectsPolicy.hosts" is no option. The options are claimedHosts, reverseDomainSchemes',
    ],
  ])('stop the start with %s', (_, options, message) => {
    expect(() => PublicClientRedirectsPolicy.of(options as object)).toThrow(
      new Error(`DynamicRegistrationModule: ${message}`),
    );
  });

  it('may be an empty list of hosts', () => {
    expect(() => PublicClientRedirectsPolicy.of({ claimedHosts: [] })).not.toThrow();
  });
});
