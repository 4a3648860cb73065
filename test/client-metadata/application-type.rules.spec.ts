import { describe, expect, it } from 'vitest';
import {
  applicationTypeFor,
  redirectUriRules,
  type ApplicationTypeContext,
} from '../../lib/client-metadata/application-type.rules.js';
import { DEFAULT_REDIRECT_URIS, type RedirectUriOptions } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const HTTPS = 'https://tides.example/cb';
const LOOPBACK = 'http://[::1]:8080/cb';
const SECURE_LOOPBACK = 'https://localhost/cb';
const PRIVATE = 'com.example.tides:/cb';
const SHORT = 'tides:/cb';

const context: ApplicationTypeContext = { unsupportedMetadata: 'narrow', grantTypes: ['authorization_code'] };
const implicit: ApplicationTypeContext = { ...context, grantTypes: ['implicit'] };
const reject: ApplicationTypeContext = { ...context, unsupportedMetadata: 'reject' };

describe('application type (OpenID Connect Registration section 2, RFC 8252 section 7)', () => {
  it.each<[string | undefined, string[], ApplicationTypeContext, string]>([
    [undefined, [], context, 'web'],
    ['native', [], context, 'native'],
    ['web', [], context, 'web'],
    [undefined, [HTTPS], context, 'web'],
    [undefined, [SECURE_LOOPBACK], context, 'web'],
    [undefined, [SECURE_LOOPBACK, LOOPBACK], context, 'web'],
    [undefined, [SECURE_LOOPBACK, PRIVATE], context, 'native'],
    [undefined, [HTTPS, LOOPBACK], context, 'native'],
    [undefined, [HTTPS, SHORT], context, 'native'],
    [undefined, [LOOPBACK], implicit, 'native'],
    ['web', [LOOPBACK, HTTPS], context, 'web'],
    ['web', [HTTPS], implicit, 'web'],
    ['native', [HTTPS, LOOPBACK, PRIVATE], context, 'native'],
    ['native', [HTTPS], reject, 'native'],
    // What is no redirection URI has been refused before.
    [undefined, ['javascript:alert(1)'], context, 'web'],
  ])('%j with %j: %#', (requested, uris, given, type) => expect(applicationTypeFor(requested, uris, given)).toBe(type));

  it('is replaced for a web client with a private-use scheme, but in reject mode or with the implicit grant', () => {
    expect(applicationTypeFor('web', [HTTPS, PRIVATE], context)).toBe('native');
    expect(applicationTypeFor('web', [HTTPS, PRIVATE], reject)).toBe('web');
    expect(applicationTypeFor('web', [HTTPS, PRIVATE], implicit)).toBe('web');
  });
});

/** What the rules say of a client whose application type is derived first, as it is at registration. */
function broken(
  requested: string | undefined,
  uris: string[],
  given: ApplicationTypeContext = context,
  options: RedirectUriOptions = {},
): string[] {
  const metadata = {
    redirect_uris: uris,
    grant_types: [...given.grantTypes],
    application_type: applicationTypeFor(requested, uris, given),
  };
  const redirectUris = { ...DEFAULT_REDIRECT_URIS, ...options };
  return redirectUriRules.flatMap(({ check }) =>
    check(metadata, { redirectUris, server: serverCapabilities() }).map(
      ({ field, at, rule }) => `${field}${at} ${rule}`,
    ),
  );
}

describe('redirection URIs of an application type (OpenID Connect Registration section 2, RFC 8252 section 7)', () => {
  it.each<[string | undefined, string[], ApplicationTypeContext?, RedirectUriOptions?]>([
    [undefined, []],
    [undefined, [HTTPS, LOOPBACK, PRIVATE, SHORT]],
    [undefined, [SECURE_LOOPBACK, LOOPBACK]],
    ['web', [HTTPS, LOOPBACK, SECURE_LOOPBACK]],
    ['web', [HTTPS], implicit],
    ['web', [HTTPS, PRIVATE]],
    [undefined, [LOOPBACK], implicit],
    ['native', [HTTPS, LOOPBACK, PRIVATE], reject],
    ['native', [PRIVATE], context, { privateUseSchemes: 'reverse-domain' }],
    ['native', [PRIVATE], context, { forbiddenSchemes: ['example'] }],
    ['native', [LOOPBACK], context, { loopbackHttp: false, privateUseSchemes: 'none', claimedHttps: false }],
    ['web', [HTTPS], context, { loopbackHttp: false, privateUseSchemes: 'none', claimedHttps: false }],
  ])('%j with %j is legal: %#', (requested, uris, given, options) =>
    expect(broken(requested, uris, given, options)).toEqual([]),
  );

  it.each<[string | undefined, string[], ApplicationTypeContext, RedirectUriOptions, string]>([
    ['web', [PRIVATE], reject, {}, 'redirect_uris[0] must not use a private-use scheme in a web client'],
    ['web', [PRIVATE], implicit, {}, 'redirect_uris[0] must not use a private-use scheme in a web client'],
    [
      'web',
      [HTTPS, LOOPBACK],
      implicit,
      {},
      'redirect_uris[1] must use https and no loopback host with the implicit grant of a web client',
    ],
    [
      undefined,
      [SECURE_LOOPBACK],
      implicit,
      {},
      'redirect_uris[0] must use https and no loopback host with the implicit grant of a web client',
    ],
    ['web', [LOOPBACK], context, { loopbackHttp: false }, 'redirect_uris[0] must use https in a web client'],
    [
      'native',
      [PRIVATE, SECURE_LOOPBACK],
      context,
      {},
      'redirect_uris[1] must use http on a loopback host in a native client',
    ],
    ['native', [HTTPS], context, { claimedHttps: false }, 'redirect_uris[0] must not use https in a native client'],
    [
      undefined,
      [PRIVATE],
      context,
      { privateUseSchemes: 'none' },
      'redirect_uris[0] must not use a private-use scheme',
    ],
    [
      undefined,
      [PRIVATE, SHORT],
      context,
      { privateUseSchemes: 'reverse-domain' },
      'redirect_uris[1] must use a scheme in reverse domain form, with a period',
    ],
    [undefined, ['TIDES:/cb'], context, { forbiddenSchemes: ['Tides'] }, 'redirect_uris[0] must not use this scheme'],
    [undefined, [HTTPS], context, { forbiddenSchemes: ['https'] }, 'redirect_uris[0] must not use this scheme'],
  ])('%j with %j is refused: %#', (requested, uris, given, options, message) =>
    expect(broken(requested, uris, given, options)).toEqual([message]),
  );

  it('are counted as they were sent', () =>
    expect(broken('web', ['javascript:alert(1)', PRIVATE], reject)).toEqual([
      'redirect_uris[1] must not use a private-use scheme in a web client',
    ]));

  it('are judged entry by entry, and each by the configuration first', () =>
    expect(broken('native', [SECURE_LOOPBACK, SHORT, HTTPS], context, { forbiddenSchemes: ['tides'] })).toEqual([
      'redirect_uris[1] must not use this scheme',
      'redirect_uris[0] must use http on a loopback host in a native client',
    ]));

  it('say nothing more about an entry that the configuration refuses', () => {
    expect(broken('native', [SECURE_LOOPBACK], context, { forbiddenSchemes: ['HTTPS'] })).toEqual([
      'redirect_uris[0] must not use this scheme',
    ]);
    expect(broken('web', [PRIVATE], reject, { privateUseSchemes: 'none' })).toEqual([
      'redirect_uris[0] must not use a private-use scheme',
    ]);
  });

  it('are judged for the type web without one', () =>
    expect(
      redirectUriRules.flatMap(({ check }) =>
        check({ redirect_uris: [PRIVATE] }, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() }),
      ),
    ).toEqual([{ field: 'redirect_uris', at: '[0]', rule: 'must not use a private-use scheme in a web client' }]));
});

describe('other URIs a browser is sent to (RP-Initiated Logout section 3.1, UMA 2.0 Grant section 2)', () => {
  const uris = [HTTPS, LOOPBACK, SECURE_LOOPBACK, PRIVATE];
  const rulesOf = (metadata: Parameters<(typeof redirectUriRules)[number]['check']>[0]) =>
    redirectUriRules.flatMap(({ check }) =>
      check(metadata, {
        redirectUris: { ...DEFAULT_REDIRECT_URIS, privateUseSchemes: 'reverse-domain' },
        server: serverCapabilities(),
      }),
    );

  it.each(['post_logout_redirect_uris', 'claims_redirect_uris'] as const)(
    '%s follow the rules of redirect_uris',
    (field) => {
      expect(rulesOf({ [field]: uris, application_type: 'native' })).toEqual([
        { field, at: '[2]', rule: 'must use http on a loopback host in a native client' },
      ]);
      expect(rulesOf({ [field]: uris, application_type: 'web' })).toEqual([
        { field, at: '[3]', rule: 'must not use a private-use scheme in a web client' },
      ]);
      expect(rulesOf({ [field]: [HTTPS, SHORT], application_type: 'native' })).toEqual([
        { field, at: '[1]', rule: 'must use a scheme in reverse domain form, with a period' },
      ]);
    },
  );
});
