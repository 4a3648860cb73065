import { RedirectHostsPolicy } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.js';

const HOSTS = ['example.com', '*.example.net', 'ports.example:8443', 'xn--bcher-kva.example'];
const FOREIGN = 'must be at a host that this server accepts';
const LOOPBACK = 'must not be on a loopback host';
const SCHEME = 'must use a private-use scheme that this server accepts';

const strict = new (RedirectHostsPolicy.of({ hosts: HOSTS }))();
const native = new (RedirectHostsPolicy.of({ hosts: HOSTS, loopback: true, privateUseSchemes: ['com.example.app'] }))();

describe('hosts of redirect URIs (RFC 7591 section 5)', () => {
  it.each([
    'https://example.com/cb',
    'https://EXAMPLE.com/cb',
    'https://example.com:443/cb',
    'https://example.com',
    'https://a.example.net/cb',
    'https://a.b.example.net/cb',
    'https://ports.example:8443/cb',
    'https://xn--bcher-kva.example/cb',
    'https://example.com/cb?next=https://evil.example/',
  ])('accepts %s', async (uri) => {
    await expect(verdict(strict, { redirect_uris: [uri] })).resolves.toEqual({ redirect_uris: [uri] });
  });

  it.each([
    ['a name that ends like it', 'https://evilexample.com/cb'],
    ['a name that begins like it', 'https://example.com.evil.test/cb'],
    ['a name below it', 'https://a.example.com/cb'],
    ['the parent of a wildcard', 'https://example.net/cb'],
    ['a name that ends like a wildcard', 'https://evilexample.net/cb'],
    ['a name in front of a wildcard', 'https://a.example.net.evil.test/cb'],
    ['a trailing dot', 'https://example.com./cb'],
    ['a trailing dot below a wildcard', 'https://a.example.net./cb'],
    ['another port', 'https://example.com:8443/cb'],
    ['no port where one is named', 'https://ports.example/cb'],
    ['a port that ends like one named', 'https://ports.example:18443/cb'],
    ['user information', 'https://example.com@evil.test/cb'],
    ['user information of a foreign host', 'https://evil.test@example.com/cb'],
    ['a backslash', 'https://evil.test\\@example.com/cb'],
    ['an encoded host', 'https://example%2ecom/cb'],
    ['an empty label', 'https://a..example.net/cb'],
    ['an empty label alone', 'https://.example.net/cb'],
    ['an IDN that is not encoded', 'https://b\u00fccher.example/cb'],
    ['a letter that looks alike', 'https://ex\u0430mple.com/cb'],
    ['a full-width letter', 'https://\uff45xample.com/cb'],
    ['an address', 'https://192.0.2.1/cb'],
    ['an IPv6 address', 'https://[2001:db8::1]/cb'],
    ['the host in a path', 'https://evil.test/example.com/cb'],
    ['the host in a fragment', 'https://evil.test/#example.com'],
    ['http', 'http://example.com/cb'],
    ['no URI', 'example.com'],
  ])('refuses %s', async (_, uri) => {
    const metadata = { redirect_uris: ['https://example.com/cb', uri] };
    await expect(verdict(strict, metadata)).resolves.toBe(`invalid_redirect_uri: redirect_uris[1] ${FOREIGN}`);
    await expect(verdict(native, metadata)).resolves.toBe(`invalid_redirect_uri: redirect_uris[1] ${FOREIGN}`);
  });

  it.each([
    'http://127.0.0.1/cb',
    'http://127.0.0.1:49152/cb',
    'http://[::1]:49152/cb',
    'http://localhost:49152/cb',
    'https://localhost/cb',
    'https://127.0.0.2/cb',
    'https://tides.localhost/cb',
  ])('accepts %s with the flag alone', async (uri) => {
    const metadata = { redirect_uris: [uri] };
    await expect(verdict(native, metadata)).resolves.toEqual(metadata);
    await expect(verdict(strict, metadata)).resolves.toBe(`invalid_redirect_uri: redirect_uris[0] ${LOOPBACK}`);
  });

  it.each(['com.example.app:/cb', 'COM.example.App:/cb', 'com.example.app://evil.test/cb'])(
    'accepts %s where its scheme is named',
    async (uri) => {
      const metadata = { redirect_uris: [uri] };
      await expect(verdict(native, metadata)).resolves.toEqual(metadata);
      await expect(verdict(strict, metadata)).resolves.toBe(`invalid_redirect_uri: redirect_uris[0] ${SCHEME}`);
    },
  );

  it.each(['com.example.app.evil:/cb', 'com.example:/cb', 'app:/cb', 'com.evil://example.com/cb'])(
    'refuses %s, whose scheme is another one',
    async (uri) => {
      const refusal = `invalid_redirect_uri: redirect_uris[0] ${SCHEME}`;
      await expect(verdict(native, { redirect_uris: [uri] })).resolves.toBe(refusal);
    },
  );

  it.each<[string, string, object]>([
    ['post_logout_redirect_uris', '[1]', { post_logout_redirect_uris: ['https://example.com/', 'https://evil.test/'] }],
    ['claims_redirect_uris', '[0]', { claims_redirect_uris: ['https://evil.test/'] }],
    ['frontchannel_logout_uri', '', { frontchannel_logout_uri: 'https://evil.test/' }],
    ['initiate_login_uri', '', { initiate_login_uri: 'https://evil.test/' }],
  ])('holds for %s, where browsers are sent to too', async (field, at, metadata) => {
    const sent: object = { redirect_uris: ['https://example.com/cb'], ...metadata };
    await expect(verdict(strict, sent)).resolves.toBe(`invalid_client_metadata: ${field}${at} ${FOREIGN}`);
  });

  it('leaves alone what no browser is sent to', async () => {
    const metadata = { client_uri: 'https://evil.test/', jwks_uri: 'https://evil.test/', initiate_login_uri: '' };
    await expect(verdict(strict, metadata)).resolves.toEqual(metadata);
  });
});

describe('options of RedirectHostsPolicy', () => {
  const RULE = 'must be host names such as client.example.com or *.example.com';
  it.each<[string, unknown, string]>([
    ['nothing', undefined, '"RedirectHostsPolicy" must be given its options as an object'],
    ['no host', {}, '"RedirectHostsPolicy.hosts" is missing: RedirectHostsPolicy.of({ hosts: ... })'],
    ['an empty list', { hosts: [] }, '"RedirectHostsPolicy.hosts" must not be empty'],
    ['a text', { hosts: 'example.com' }, `"RedirectHostsPolicy.hosts" must be a list: entries ${RULE}`],
    ['a URL', { hosts: ['https://example.com'] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    ['upper case', { hosts: ['example.com', 'Example.com'] }, `"RedirectHostsPolicy.hosts[1]" ${RULE}`],
    ['an IDN that is not encoded', { hosts: ['b\u00fccher.example'] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    ['any host', { hosts: ['*'] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    ['a pattern', { hosts: ['*.*.example.com'] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    ['a wildcard within', { hosts: ['a*.example.com'] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    ['an expression', { hosts: [/example/] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    ['a trailing dot', { hosts: ['example.com.'] }, `"RedirectHostsPolicy.hosts[0]" ${RULE}`],
    [
      'the machine of the user',
      { hosts: ['localhost'] },
      '"RedirectHostsPolicy.hosts[0]" must not be on the machine of the user. Give loopback: true in its place',
    ],
    ['a flag as text', { hosts: HOSTS, loopback: 'yes' }, '"RedirectHostsPolicy.loopback" must be true or false'],
    [
      'a scheme that is no private one',
      { hosts: HOSTS, privateUseSchemes: ['javascript'] },
      '"RedirectHostsPolicy.privateUseSchemes[0]" must be a private-use scheme in lower case without its colon, such as com.example.app',
    ],
    [
      'https as a scheme',
      { hosts: HOSTS, privateUseSchemes: ['https'] },
      '"RedirectHostsPolicy.privateUseSchemes[0]" must be a private-use scheme in lower case without its colon, such as com.example.app',
    ],
    [
      'an unknown option',
      { host: ['example.com'] },
      '"RedirectHostsPolicy.host" is no option, did you mean "RedirectHostsPolicy.hosts"?',
    ],
  ])('stop the start with %s', (_, options, message) => {
    expect(() => RedirectHostsPolicy.of(options as { hosts: string[] })).toThrow(
      new Error(`DynamicRegistrationModule: ${message}`),
    );
  });

  it('make a class that has the name of the policy', () => {
    expect(RedirectHostsPolicy.of({ hosts: HOSTS }).name).toBe('RedirectHostsPolicy');
  });

  it('are kept as they were given', async () => {
    const hosts = ['example.com'];
    const policy = new (RedirectHostsPolicy.of({ hosts }))();
    hosts.push('evil.test');
    const refusal = `invalid_redirect_uri: redirect_uris[0] ${FOREIGN}`;
    await expect(verdict(policy, { redirect_uris: ['https://evil.test/'] })).resolves.toBe(refusal);
  });
});
