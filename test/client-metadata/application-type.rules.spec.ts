import { describe, expect, it } from 'vitest';
import { applicationTypeFor, type ApplicationTypeContext } from '../../lib/client-metadata/application-type.rules.js';
import { DEFAULT_REDIRECT_URIS, type RedirectUriOptions } from '../../lib/dynamic-registration.options.js';
import { InvalidRedirectUriError } from '../../lib/errors/registration.error.js';

const HTTPS = 'https://tides.example/cb';
const LOOPBACK = 'http://[::1]:8080/cb';
const SECURE_LOOPBACK = 'https://localhost/cb';
const PRIVATE = 'com.example.tides:/cb';
const SHORT = 'tides:/cb';

const context = (
  redirectUris: RedirectUriOptions = {},
  rest: Partial<ApplicationTypeContext> = {},
): ApplicationTypeContext => ({
  redirectUris: { ...DEFAULT_REDIRECT_URIS, ...redirectUris },
  unsupportedMetadata: 'narrow',
  grantTypes: ['authorization_code'],
  ...rest,
});
const implicit = context({}, { grantTypes: ['implicit'] });
const reject = context({}, { unsupportedMetadata: 'reject' });

describe('application type (OpenID Connect Registration section 2, RFC 8252 section 7)', () => {
  it.each<[string | undefined, string[], ApplicationTypeContext, string]>([
    [undefined, [], context(), 'web'],
    ['native', [], context(), 'native'],
    ['web', [], context(), 'web'],
    [undefined, [HTTPS], context(), 'web'],
    [undefined, [SECURE_LOOPBACK], context(), 'web'],
    [undefined, [HTTPS, LOOPBACK], context(), 'native'],
    [undefined, [HTTPS, SHORT], context(), 'native'],
    [undefined, [LOOPBACK], implicit, 'native'],
    ['web', [LOOPBACK, HTTPS], context(), 'web'],
    ['web', [HTTPS], implicit, 'web'],
    ['web', [HTTPS, PRIVATE], context(), 'native'],
    ['native', [HTTPS, LOOPBACK, PRIVATE], context(), 'native'],
    ['native', [PRIVATE], context({ privateUseSchemes: 'reverse-domain' }), 'native'],
    ['native', [PRIVATE], context({ forbiddenSchemes: ['example'] }), 'native'],
    // What is no redirection URI has been refused before.
    [undefined, ['javascript:alert(1)'], context(), 'web'],
  ])('%j with %j: %#', (requested, uris, given, type) => expect(applicationTypeFor(requested, uris, given)).toBe(type));

  it.each<[string | undefined, string[], ApplicationTypeContext, string]>([
    ['web', [PRIVATE], reject, 'redirect_uris[0] must not use a private-use scheme in a web client'],
    ['web', [PRIVATE], implicit, 'redirect_uris[0] must not use a private-use scheme in a web client'],
    [
      'web',
      [HTTPS, LOOPBACK],
      implicit,
      'redirect_uris[1] must use https and no loopback host with the implicit grant of a web client',
    ],
    [
      undefined,
      [SECURE_LOOPBACK],
      implicit,
      'redirect_uris[0] must use https and no loopback host with the implicit grant of a web client',
    ],
    ['web', [LOOPBACK], context({ loopbackHttp: false }), 'redirect_uris[0] must use https in a web client'],
    [
      'native',
      [PRIVATE, SECURE_LOOPBACK],
      context(),
      'redirect_uris[1] must use http on a loopback host in a native client',
    ],
    ['native', [HTTPS], context({ claimedHttps: false }), 'redirect_uris[0] must not use https in a native client'],
    [
      undefined,
      [PRIVATE],
      context({ privateUseSchemes: 'none' }),
      'redirect_uris[0] must not use a private-use scheme',
    ],
    [
      undefined,
      [PRIVATE, SHORT],
      context({ privateUseSchemes: 'reverse-domain' }),
      'redirect_uris[1] must use a scheme in reverse domain form, with a period',
    ],
    [undefined, ['TIDES:/cb'], context({ forbiddenSchemes: ['Tides'] }), 'redirect_uris[0] must not use this scheme'],
    [undefined, [HTTPS], context({ forbiddenSchemes: ['https'] }), 'redirect_uris[0] must not use this scheme'],
  ])('%j with %j is refused: %#', (requested, uris, given, message) =>
    expect(() => applicationTypeFor(requested, uris, given)).toThrow(new InvalidRedirectUriError(message)),
  );

  it('counts entries as they were sent', () =>
    expect(() => applicationTypeFor('web', ['javascript:alert(1)', PRIVATE], reject)).toThrow(
      /^redirect_uris\[1\] must not/,
    ));
});
