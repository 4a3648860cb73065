import { describe, expect, it } from 'vitest';
import { FORBIDDEN_SCHEMES } from '../../lib/client-metadata/forbidden-schemes.js';
import { isReverseDomainScheme, parseRedirectUri, redirectUri } from '../../lib/client-metadata/redirect-uri.rules.js';

const broken = (value: unknown) => redirectUri(value).map(({ at, rule }) => at + rule);

const accepted: [string, string][] = [
  ['https://tides.example/cb', 'https'],
  ['https://tides.example', 'https'],
  ['https://tides.example?a=1&b=/../', 'https'],
  ['HTTPS://Tides.EXAMPLE/Cb', 'https'],
  ['https://tides.example:8443/cb', 'https'],
  ['https://tides.example:65535/', 'https'],
  ['https://tides.example./cb', 'https'],
  ['https://xn--mars-5na.example/cb', 'https'],
  ['https://sub_domain.tides.example/cb;v=1/a%2Fb/...', 'https'],
  ['https://192.0.2.7/cb', 'https'],
  ['https://[2001:db8::1]:8443/cb', 'https'],
  ['https://[2001:DB8::1]/cb', 'https'],
  ['https://tides.example/.well-known/..cb', 'https'],
  ['https://tides.example/a@b:c', 'https'],
  ['https://localhost.evil.example/cb', 'https'],
  ['https://localhost/cb', 'https-loopback'],
  ['https://app.LOCALHOST:3000/cb', 'https-loopback'],
  ['https://localhost./cb', 'https-loopback'],
  ['https://127.0.0.2/cb', 'https-loopback'],
  ['https://[::1]/cb', 'https-loopback'],
  ['https://[::ffff:7f00:1]/cb', 'https-loopback'],
  ['http://127.0.0.1', 'http-loopback'],
  ['http://127.0.0.1:33418/', 'http-loopback'],
  ['http://[::1]:8080/cb', 'http-loopback'],
  ['http://LocalHost/cb', 'http-loopback'],
  ['com.example.tides:/cb', 'private-use'],
  ['com.example.tides:/', 'private-use'],
  ['com.example.tides:///cb', 'private-use'],
  ['com.example.tides://cb', 'private-use'],
  ['com.example.tides:cb', 'private-use'],
  ['cursor://anysphere.cursor-mcp/oauth/callback', 'private-use'],
  ['vscode://vscode.github-authentication/did-authenticate', 'private-use'],
  ['vscode-insiders://a/b', 'private-use'],
  ['Msal4b5c://auth', 'private-use'],
  ['app://host:99/cb?x=1', 'private-use'],
];

const refused: Record<string, unknown[]> = {
  'must be a string': [undefined, null, 1, {}, ['https://tides.example'], new URL('https://tides.example')],
  'must not be empty': [''],
  'must contain only the characters of RFC 3986': [
    ' https://tides.example',
    'https://tides.example/cb ',
    'https://tides.example/c b',
    'java\tscript:alert(1)',
    'https://tides.example\n/cb',
    'https://tides.example\\@evil.example/',
    'https:\\\\tides.example',
    'https://täglich.example/cb',
    'https://ｔides.example/cb',
    'https://tides.example/é',
    'https://tides.example/{id}',
    'https://tides.example/"',
    'https://tides.example/<b>',
    'https://tides.example/^`|',
    'https://tides.example/\0',
    'https://tides.example/\uD800',
  ],
  'must have two hexadecimal digits after every percent sign': [
    'https://tides.example/%',
    'https://tides.example/%2',
    'https://tides.example/%zz',
    'https://tides.example/?%%41',
  ],
  'must be an absolute URI': [
    '/cb',
    '//tides.example/cb',
    'tides.example/cb',
    '?a',
    'cb',
    ':',
    '1app:/cb',
    '%68ttps:/',
  ],
  'must contain brackets and number signs only where RFC 3986 allows them': [
    'https://tides.example/[a]',
    'https://tides.example/?a[]=1',
    'https://tides.example/#a#b',
    'app:a]',
  ],
  'must not contain a fragment': ['https://tides.example/cb#top', 'https://tides.example/cb#', 'app:/cb#', 'app:#x'],
  'must not contain a wildcard': ['https://tides.example/*', 'https://tides.example/cb?a=*', 'app:/*', 'app://*/cb'],
  'must not contain dot segments': [
    'https://tides.example/..',
    'https://tides.example/.',
    'https://tides.example/a/../b',
    'https://tides.example/a/./b',
    'https://tides.example/a/%2e%2e/b',
    'https://tides.example/a/%2E./b',
    'https://tides.example/a/.%2e',
    'https://tides.example/%2E?x',
    'https://tides.example/a/..;x/b',
    'https://tides.example/a/..%3bx/b',
    'https://tides.example/a%2f..%2Fb',
    'https://tides.example/a%5C..%5cb',
    'app:..',
    'app://host/../x',
  ],
  'must not contain user information': [
    'https://tides.example@evil.example/cb',
    'https://@tides.example/cb',
    'https://a:b@tides.example/cb',
    'http://127.0.0.1:33418@evil.example/',
    'http://localhost@evil.example/',
    'app://user@host/cb',
  ],
  'must have a host after http:// or https://': [
    'https:tides.example/cb',
    'https:/tides.example/cb',
    'https:///tides.example/cb',
    'https://',
    'https://?a',
    'http:127.0.0.1/cb',
    'https:',
  ],
  'must have a host before its port': ['https://:443/cb', 'app://:80/cb'],
  'must have a port from 1 to 65535, or none': [
    'https://tides.example:/cb',
    'https://tides.example:0/cb',
    'https://tides.example:0443/cb',
    'https://tides.example:65536/cb',
    'https://tides.example:99999/cb',
    'https://tides.example:4a3/cb',
    'https://tides.example:%38/cb',
    'https://tides.example:1:2/cb',
    'https://[::1]x/cb',
    'https://[::1]:/cb',
    'app://host:/cb',
  ],
  'must have a valid host': ['https://[::1/cb', 'https://[]/cb', 'https://[v1.a]/cb', 'https://[::1::2]/', 'app://a]/'],
  'must spell its host in canonical ASCII form': [
    'http://2130706433/cb',
    'http://0x7f000001/cb',
    'http://0177.0.0.1/cb',
    'http://127.1/cb',
    'http://127.0.0.1./cb',
    'http://127.0.0.%31/cb',
    'https://%74ides.example/cb',
    'https://tides.example%2fevil/cb',
    'https://[0:0:0:0:0:0:0:1]/cb',
    'https://[::ffff:127.0.0.1]/cb',
    'https://1.2.3.4.5/cb',
    'https://tides..example/cb',
    'https://.tides.example/cb',
    'https://tides.example,evil.example/cb',
    "https://tides.example;script-src'none'/cb",
    'https://xn--a/cb',
    'https://*.tides.example/cb',
  ],
  'must use https, or http on 127.0.0.1, [::1] or localhost': [
    'http://tides.example/cb',
    'http://localhost.evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://evil.example/localhost',
    'http://localhost./cb',
    'http://app.localhost/cb',
    'http://127.0.0.2/cb',
    'http://0.0.0.0/cb',
    'http://[::]/cb',
    'http://[::ffff:7f00:1]/cb',
    'HTTP://tides.example/',
  ],
  'must have a host or a path after its scheme': ['app:', 'app://', 'app:?a=1', 'com.example.tides://?a'],
  'must not use this scheme': [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'javascript://tides.example/%0aalert(1)',
    'data:text/html,x',
    'vbscript:x',
    'urn:ietf:wg:oauth:2.0:oob',
    'ms-settings:x',
    'MS-appinstaller://x',
    'ms-:x',
    'mailto:a@tides.example',
    'about:blank',
    'wss://tides.example',
    'coap+tcp://tides.example',
    'z39.50r://tides.example',
  ],
};

describe('redirect URI (RFC 6749 section 3.1.2, RFC 7591 section 5, RFC 8252 section 7)', () => {
  it.each(accepted)('accepts %s as %s', (uri, kind) => {
    expect(broken(uri)).toEqual([]);
    expect(parseRedirectUri(uri)?.kind).toBe(kind);
  });

  for (const [rule, values] of Object.entries(refused)) {
    describe(rule, () => {
      it.each(values)('refuses %j', (value) => {
        expect(broken(value)).toEqual([rule]);
        if (typeof value === 'string') expect(parseRedirectUri(value)).toBeUndefined();
      });
    });
  }

  it('tells rules in the characters of error_description (RFC 7591 section 3.2.2)', () => {
    for (const rule of Object.keys(refused)) expect(rule).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
  });
});

describe('forbidden schemes (RFC 8252 section 7.1: a private-use scheme is not a registered one)', () => {
  const named = `javascript data vbscript blob filesystem file about view-source intent chrome jar res shell
    search search-ms feed mhtml mk its hcp devtools edge resource smb ssh itms-services livescript mocha wyciwyg
    wscript ftp ws wss mailto tel sms urn ldap`.split(/\s+/);
  it.each(named)('holds %s', (scheme) => expect(FORBIDDEN_SCHEMES.has(scheme)).toBe(true));
  it.each(['http', 'https', 'cursor', 'vscode', 'com.example.tides', 'slack', 'msal'])('leaves out %s', (scheme) =>
    expect(FORBIDDEN_SCHEMES.has(scheme)).toBe(false),
  );
  it.each(
    `chrome-extension chrome-untrusted chrome-search chrome-devtools
      moz-extension safari-web-extension webkit-extension any-extension
      ms-settings ms-its ms-msdt x-apple.systempreferences x-apple-helpbasic a c z`.split(/\s+/),
  )('refuses %s, which belongs to a browser or a system', (scheme) => {
    for (const uri of [`${scheme}:/windows`, `${scheme}://host/cb`, `${scheme.toUpperCase()}:cb`])
      expect(broken(uri), uri).toEqual(['must not use this scheme']);
  });
  it.each(
    `cursor vscode vscode-insiders windsurf zed claude warp raycast obsidian
      com.example.app msauth msauth.com.example.app ab extension chromeos x-applet edgeapp`.split(/\s+/),
  )('accepts %s, which an application can have', (scheme) => expect(broken(`${scheme}://oauth/callback`)).toEqual([]));
  it('refuses every one of them in any case, with a host and with a path', () => {
    expect(FORBIDDEN_SCHEMES.size).toBeGreaterThan(100);
    for (const scheme of FORBIDDEN_SCHEMES) {
      expect(scheme).toMatch(/^[a-z][a-z0-9+.-]*$/);
      for (const uri of [`${scheme}:/cb`, `${scheme}://host/cb`, `${scheme.toUpperCase()}:cb`])
        expect(broken(uri), uri).toEqual(['must not use this scheme']);
    }
  });
});

describe('parsed redirect URI', () => {
  it('keeps path and query as written and lower-cases scheme and host', () =>
    expect(parseRedirectUri('HTTP://LOCALHOST:8080/Cb%2f?A=%41')).toEqual({
      kind: 'http-loopback',
      scheme: 'http',
      host: 'localhost',
      port: '8080',
      path: '/Cb%2f',
      query: 'A=%41',
    }));
  it('has no host without an authority', () =>
    expect(parseRedirectUri('com.example.tides:/cb')).toEqual({
      kind: 'private-use',
      scheme: 'com.example.tides',
      path: '/cb',
    }));
  it('tells an empty query from none', () => {
    expect(parseRedirectUri('https://tides.example/?')?.query).toBe('');
    expect(parseRedirectUri('https://tides.example/')?.query).toBeUndefined();
  });
  it('knows a reverse domain scheme by its period (RFC 8252 section 8.4)', () => {
    expect(isReverseDomainScheme('com.example.tides')).toBe(true);
    expect(isReverseDomainScheme('cursor')).toBe(false);
  });
});

describe('cost', () => {
  const many = 1_000_000;
  it.each([
    ['a long path', `https://tides.example/${'a/'.repeat(many / 2)}`],
    ['dots', `https://tides.example/${'.'.repeat(many)}`],
    ['percent signs', `https://tides.example/${'%2e'.repeat(many / 3)}`],
    ['slashes', `https://tides.example/${'/'.repeat(many)}`],
    ['a long host', `https://${'a.'.repeat(many / 2)}!`],
    ['a long label', `https://${'a'.repeat(many)}/`],
    ['a long host below localhost', `https://${'localhost.'.repeat(many / 10)}x/`],
    ['a long scheme', `${'a'.repeat(many)}:/cb`],
    ['a scheme without end', 'a'.repeat(many)],
    ['a long port', `https://tides.example:${'1'.repeat(many)}/`],
    ['brackets', `https://${'['.repeat(many)}/`],
    ['colons', `https://${':'.repeat(many)}/`],
    ['at signs', `https://${'@'.repeat(many)}/`],
    ['fragments', `https://tides.example/${'#'.repeat(many)}`],
    ['a bad end', `https://tides.example/${'a'.repeat(many)}\\`],
  ])('has a verdict on 1 MB of %s', (_name, uri) => {
    expect(redirectUri(uri)).toEqual(expect.any(Array));
  });
});
