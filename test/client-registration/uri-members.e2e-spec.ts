import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata, invalidRedirectUri } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const CHARACTERS = 'must contain only the characters of RFC 3986';
const NOT_ABSOLUTE = 'must be an absolute URI';
const HTTPS_OR_LOOPBACK = 'must use https, or http on 127.0.0.1, [::1] or localhost';
const HTTPS = 'must use https';
const SCHEME = 'must not use this scheme';
const HOST = 'must spell its host in canonical ASCII form';
const NO_HOST = 'must have a host after http:// or https://';
const USER = 'must not contain user information';
const PORT = 'must have a port from 1 to 65535, or none';
const DOTS = 'must not contain dot segments';
const ESCAPE = 'must have two hexadecimal digits after every percent sign';

/** Pages for people, with and without a language tag. */
const WEB_MEMBERS = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'client_uri#ja', 'logo_uri#de-CH'];

/** Active, local and registered schemes: refused everywhere, whatever their letter case. */
const schemes = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'javascript://tides.example/%0aalert(1)',
  'data:text/html,%3Cscript%3Ealert(1)%3C/script%3E',
  'DATA:text/html;base64,PHNjcmlwdD4=',
  'vbscript:msgbox',
  'blob:https://tides.example/1',
  'filesystem:https://tides.example/a',
  'file:///etc/passwd',
  'about:blank',
  'view-source:https://tides.example/',
  'intent://tides.example/',
  'chrome://settings',
  'chrome-extension://abc/x',
  'moz-extension://abc/x',
  'jar:https://tides.example!/',
  'res://shell32.dll/1',
  'shell:AppsFolder',
  'ms-settings:privacy',
  'MS-msdt:/id',
  'ftp://tides.example/',
  'ws://tides.example/',
  'wss://tides.example/',
  'mailto:ops@tides.example',
  'tel:+49401234',
  'sms:+49401234',
  'urn:ietf:wg:oauth:2.0:oob',
  'ldap://tides.example/',
  'gopher://tides.example/',
];

/** Spellings that a parser would repair, and hosts that are another one than they look like: [URI, for redirects, for pages, for jwks_uri]. */
const tricks: [uri: string, redirect: string, page: string, keys: string][] = [
  // The raw string, before any parser (CVE-2026-9086).
  ['java\tscript:alert(1)', CHARACTERS, CHARACTERS, CHARACTERS],
  ['java\nscript:alert(1)', CHARACTERS, CHARACTERS, CHARACTERS],
  [' javascript:alert(1)', CHARACTERS, CHARACTERS, CHARACTERS],
  ['\u0001javascript:alert(1)', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https://tides.example/ ', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https://tides.example\\@evil.test/', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https:\\\\evil.test/', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https://tides.example/<b>', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https://tides.example/\0', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https://tides.example/\ud800', CHARACTERS, CHARACTERS, CHARACTERS],
  ['%6aavascript:alert(1)', NOT_ABSOLUTE, NOT_ABSOLUTE, NOT_ABSOLUTE],
  ['https%3a//tides.example/', NOT_ABSOLUTE, NOT_ABSOLUTE, NOT_ABSOLUTE],
  ['//tides.example/', NOT_ABSOLUTE, NOT_ABSOLUTE, NOT_ABSOLUTE],
  ['/cb', NOT_ABSOLUTE, NOT_ABSOLUTE, NOT_ABSOLUTE],
  ['tides.example/cb', NOT_ABSOLUTE, NOT_ABSOLUTE, NOT_ABSOLUTE],
  ['https://tides.example/%', ESCAPE, ESCAPE, ESCAPE],
  ['https://tides.example/%zz', ESCAPE, ESCAPE, ESCAPE],
  ['https:/evil.test/', NO_HOST, NO_HOST, NO_HOST],
  ['https:evil.test', NO_HOST, NO_HOST, NO_HOST],
  ['https:///evil.test/', NO_HOST, NO_HOST, NO_HOST],
  ['http://', NO_HOST, NO_HOST, NO_HOST],
  // A loopback name as the beginning of another one, or as its user (CVE-2026-18211).
  ['http://localhost.evil.test/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://127.0.0.1.evil.test/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://localhost@evil.test/', USER, USER, USER],
  ['http://127.0.0.1:33418@evil.test/', USER, USER, USER],
  ['https://@tides.example/', USER, USER, USER],
  ['http://localhost./', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://0.0.0.0/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://127.0.0.2/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://10.0.0.1/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://169.254.169.254/latest/meta-data/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['http://tides.example/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  ['HTTP://TIDES.EXAMPLE/', HTTPS_OR_LOOPBACK, HTTPS_OR_LOOPBACK, HTTPS],
  // The parser turns all of these into 127.0.0.1, or into a name in ASCII.
  ['http://2130706433/', HOST, HOST, HOST],
  ['http://0x7f000001/', HOST, HOST, HOST],
  ['http://0x7f.0.0.1/', HOST, HOST, HOST],
  ['http://0177.0.0.1/', HOST, HOST, HOST],
  ['http://127.1/', HOST, HOST, HOST],
  ['http://127.0.0.1./', HOST, HOST, HOST],
  ['http://%31%32%37.0.0.1/', HOST, HOST, HOST],
  ['http://local%68ost/', HOST, HOST, HOST],
  ['http://[0:0:0:0:0:0:0:1]/', HOST, HOST, HOST],
  ['http://[::ffff:127.0.0.1]/', HOST, HOST, HOST],
  ['http://\u{24db}ocalhost/', CHARACTERS, CHARACTERS, CHARACTERS],
  ['https://tides\u3002example/', CHARACTERS, CHARACTERS, CHARACTERS],
  // Delimiters of other grammars, wildcards and ports (CVE-2026-7504).
  ['https://*.tides.example/', HOST, HOST, HOST],
  ['https://tides.example;evil.test/', HOST, HOST, HOST],
  ['https://tides.example,evil.test/', HOST, HOST, HOST],
  ['https://tides..example/', HOST, HOST, HOST],
  ['https://tides.example:0/', PORT, PORT, PORT],
  ['https://tides.example:65536/', PORT, PORT, PORT],
  ['https://tides.example:/', PORT, PORT, PORT],
  ['https://tides.example:80:80/', PORT, PORT, PORT],
  ['https://[::1/', 'must have a valid host', 'must have a valid host', 'must have a valid host'],
  ['https://[::g]/', 'must have a valid host', 'must have a valid host', 'must have a valid host'],
  [
    'https://:443/',
    'must have a host before its port',
    'must have a host before its port',
    'must have a host before its port',
  ],
  // Path traversal (CVE-2026-7504).
  ['https://tides.example/cb/../admin', DOTS, DOTS, DOTS],
  ['https://tides.example/cb/..', DOTS, DOTS, DOTS],
  ['https://tides.example/./cb', DOTS, DOTS, DOTS],
  ['https://tides.example/cb/%2e%2e/admin', DOTS, DOTS, DOTS],
  ['https://tides.example/cb/%2E./admin', DOTS, DOTS, DOTS],
  ['https://tides.example/cb/..;/admin', DOTS, DOTS, DOTS],
  ['https://tides.example/cb/..%2fadmin', DOTS, DOTS, DOTS],
  ['https://tides.example/cb/..%5cadmin', DOTS, DOTS, DOTS],
];

describe.each(platforms)('URI members, RFC 7591 sections 2 and 5 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer(platform);
    token = await server.token();
  });
  afterAll(() => server.close());

  const register = (members: Record<string, unknown>) => server.register(clientMetadata(members), token);

  it.each(schemes)('refuses the scheme of %j in every member', async (uri) => {
    expectRefusal(
      await register({ redirect_uris: ['https://tides.example/cb', uri] }),
      invalidRedirectUri(`redirect_uris[1] ${SCHEME}`),
    );
    for (const member of WEB_MEMBERS)
      expectRefusal(await register({ [member]: uri }), invalidMetadata(`${member} ${HTTPS_OR_LOOPBACK}`));
    expectRefusal(await register({ jwks_uri: uri }), invalidMetadata(`jwks_uri ${HTTPS}`));
  });

  it.each(tricks)('refuses %j in every member', async (uri, redirect, page, keys) => {
    expectRefusal(await register({ redirect_uris: [uri] }), invalidRedirectUri(`redirect_uris[0] ${redirect}`));
    for (const member of WEB_MEMBERS)
      expectRefusal(await register({ [member]: uri }), invalidMetadata(`${member} ${page}`));
    expectRefusal(await register({ jwks_uri: uri }), invalidMetadata(`jwks_uri ${keys}`));
  });

  it.each<[string, string]>([
    ['https://tides.example/cb#top', 'must not contain a fragment'],
    ['https://tides.example/cb#', 'must not contain a fragment'],
    ['com.example.tides:/cb#top', 'must not contain a fragment'],
    ['https://tides.example/*', 'must not contain a wildcard'],
    ['https://tides.example/cb?next=*', 'must not contain a wildcard'],
    ['com.example.tides://*/cb', 'must not contain a wildcard'],
    ['com.example.tides:', 'must have a host or a path after its scheme'],
    ['https://tides.example/[a]', 'must contain brackets and number signs only where RFC 3986 allows them'],
  ])('refuses the redirection URI %j: %s', async (uri, rule) =>
    expectRefusal(
      await register({ redirect_uris: ['https://tides.example/cb', uri, 'https://tides.example/ok'] }),
      invalidRedirectUri(`redirect_uris[1] ${rule}`),
    ),
  );

  it.each(['https://tides.example/jwks#a', 'https://tides.example/jwks#'])(
    'refuses the jwks_uri %j',
    async (jwks_uri) =>
      expectRefusal(await register({ jwks_uri }), invalidMetadata('jwks_uri must not contain a fragment')),
  );

  it.each(['http://localhost/jwks', 'http://127.0.0.1:8080/jwks', 'com.example.tides:/jwks'])(
    'refuses the jwks_uri %j, which the server would fetch without TLS',
    async (jwks_uri) => expectRefusal(await register({ jwks_uri }), invalidMetadata('jwks_uri must use https')),
  );

  it.each([
    'https://tides.example',
    'https://tides.example:8443/about?x=1',
    'https://xn--mars-5na.example/',
    'https://192.0.2.7/',
    'https://[2001:db8::1]/',
    'https://localhost.evil.example/',
  ])('accepts %j in every member, as it is written', async (uri) => {
    const members = { ...Object.fromEntries(WEB_MEMBERS.map((member) => [member, uri])), jwks_uri: uri };
    const { status, body } = await register({ ...members, redirect_uris: [uri] });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...members, redirect_uris: [uri] });
  });

  it('accepts a page on the machine itself', async () => {
    for (const uri of ['http://localhost:6274', 'http://127.0.0.1/about', 'http://[::1]/#team'])
      expect((await register({ client_uri: uri, logo_uri: uri, tos_uri: uri, policy_uri: uri })).status).toBe(201);
  });

  it('repeats nothing of what it refuses', async () => {
    for (const uri of ['https://tides.example/<img src=x onerror=alert(1)>', 'javascript:alert(4711)']) {
      const { body } = await register({ redirect_uris: [uri] });
      expect(JSON.stringify(body)).not.toMatch(/onerror|4711|javascript/);
    }
  });

  it('refuses all for one bad entry, and registers nothing', async () => {
    const clients = () => server.dataSource.query('SELECT * FROM oauth_clients');
    const before: unknown[] = await clients();
    await register({ redirect_uris: ['https://tides.example/cb', 'javascript:alert(1)'] });
    expect(await clients()).toHaveLength(before.length);
  });
});
