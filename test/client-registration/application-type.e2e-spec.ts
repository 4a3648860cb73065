import type { DynamicRegistrationOptions } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidRedirectUri } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

type Asked = [application_type: string | undefined, redirect_uris: string[], grant_types?: string[]];

interface ApplicationTypeCase {
  readonly title: string;
  readonly options?: Partial<DynamicRegistrationOptions>;
  readonly registered: readonly (readonly [asked: Asked, application_type: string])[];
  readonly refused?: readonly (readonly [asked: Asked, description: string])[];
}

const HTTPS = 'https://tides.example/cb';
const LOOPBACK = 'http://127.0.0.1:33418/cb';
const LOOPBACK_6 = 'http://[::1]/cb';
const LOCALHOST = 'http://localhost:8080/cb';
const SECURE_LOOPBACK = 'https://localhost:3000/cb';
const PRIVATE = 'com.example.tides:/cb';
const SHORT = 'cursor://anysphere.cursor-mcp/oauth/callback';
const NO_PRIVATE_IN_WEB = 'must not use a private-use scheme in a web client';
const IMPLICIT = 'must use https and no loopback host with the implicit grant of a web client';
const SECURE_IN_NATIVE = 'must use http on a loopback host in a native client';
const withImplicit = {
  server: { grantTypes: ['authorization_code', 'implicit'], responseTypes: ['code', 'token'] },
} as const;

const cases: ApplicationTypeCase[] = [
  {
    title: 'by default',
    registered: [
      [[undefined, [HTTPS]], 'web'],
      [[undefined, [SECURE_LOOPBACK]], 'web'],
      [[undefined, [LOOPBACK]], 'native'],
      [[undefined, [LOOPBACK_6]], 'native'],
      [[undefined, [LOCALHOST]], 'native'],
      [[undefined, [PRIVATE]], 'native'],
      [[undefined, [SHORT]], 'native'],
      [[undefined, [SHORT, HTTPS, LOCALHOST]], 'native'],
      [[undefined, [HTTPS, 'https://vscode.dev/redirect', 'http://127.0.0.1/', LOOPBACK]], 'native'],
      [['web', [HTTPS]], 'web'],
      [['web', [LOOPBACK, LOCALHOST]], 'web'],
      [['web', [SECURE_LOOPBACK, HTTPS]], 'web'],
      [['native', [HTTPS]], 'native'],
      [['native', [PRIVATE, LOOPBACK, LOOPBACK_6, LOCALHOST, HTTPS]], 'native'],
      // The server may replace what was asked for (RFC 7591 section 3.2.1).
      [['web', [PRIVATE]], 'native'],
      [['web', [SHORT, HTTPS, LOCALHOST]], 'native'],
    ],
    refused: [
      [['native', [PRIVATE, SECURE_LOOPBACK]], `redirect_uris[1] ${SECURE_IN_NATIVE}`],
      [['native', ['https://127.0.0.1/cb']], `redirect_uris[0] ${SECURE_IN_NATIVE}`],
      [['native', ['https://app.localhost/cb']], `redirect_uris[0] ${SECURE_IN_NATIVE}`],
      [[undefined, [PRIVATE, SECURE_LOOPBACK]], `redirect_uris[1] ${SECURE_IN_NATIVE}`],
    ],
  },
  {
    title: 'where unsupported values are refused',
    options: { unsupportedMetadata: 'reject' },
    registered: [
      [[undefined, [SHORT, HTTPS, LOCALHOST]], 'native'],
      [['web', [LOOPBACK]], 'web'],
    ],
    refused: [
      [['web', [PRIVATE]], `redirect_uris[0] ${NO_PRIVATE_IN_WEB}`],
      [['web', [HTTPS, LOCALHOST, SHORT]], `redirect_uris[2] ${NO_PRIVATE_IN_WEB}`],
    ],
  },
  {
    title: 'with the implicit grant (OpenID Connect Registration section 2)',
    options: withImplicit,
    registered: [
      [['web', [HTTPS], ['implicit']], 'web'],
      [['web', [LOOPBACK], ['authorization_code']], 'web'],
      [['native', [LOOPBACK, PRIVATE], ['implicit']], 'native'],
    ],
    refused: [
      [['web', [HTTPS, LOOPBACK], ['implicit']], `redirect_uris[1] ${IMPLICIT}`],
      [['web', [LOCALHOST], ['authorization_code', 'implicit']], `redirect_uris[0] ${IMPLICIT}`],
      [['web', [SECURE_LOOPBACK], ['implicit']], `redirect_uris[0] ${IMPLICIT}`],
      [[undefined, [SECURE_LOOPBACK], ['implicit']], `redirect_uris[0] ${IMPLICIT}`],
      [['web', [PRIVATE], ['implicit']], `redirect_uris[0] ${NO_PRIVATE_IN_WEB}`],
    ],
  },
  {
    title: 'without http on a loopback host for web clients',
    options: { redirectUris: { loopbackHttp: false } },
    registered: [
      [['web', [HTTPS]], 'web'],
      [['native', [LOOPBACK]], 'native'],
      [[undefined, [LOOPBACK]], 'native'],
    ],
    refused: [[['web', [HTTPS, LOOPBACK]], 'redirect_uris[1] must use https in a web client']],
  },
  {
    title: 'with private-use schemes in reverse domain form alone (RFC 8252 section 8.4)',
    options: { redirectUris: { privateUseSchemes: 'reverse-domain' } },
    registered: [[[undefined, [PRIVATE]], 'native']],
    refused: [
      [[undefined, [PRIVATE, SHORT]], 'redirect_uris[1] must use a scheme in reverse domain form, with a period'],
      [['web', [SHORT]], 'redirect_uris[0] must use a scheme in reverse domain form, with a period'],
    ],
  },
  {
    title: 'without private-use schemes and claimed https',
    options: { redirectUris: { privateUseSchemes: 'none', claimedHttps: false } },
    registered: [
      [[undefined, [LOOPBACK]], 'native'],
      [['web', [HTTPS]], 'web'],
    ],
    refused: [
      [[undefined, [HTTPS, PRIVATE]], 'redirect_uris[1] must not use a private-use scheme'],
      [['native', [HTTPS]], 'redirect_uris[0] must not use https in a native client'],
      [[undefined, [LOOPBACK, HTTPS]], 'redirect_uris[1] must not use https in a native client'],
    ],
  },
  {
    title: 'with schemes the host forbids',
    options: { redirectUris: { forbiddenSchemes: ['Cursor', 'vscode'] } },
    registered: [[[undefined, [PRIVATE]], 'native']],
    refused: [
      [[undefined, [SHORT]], 'redirect_uris[0] must not use this scheme'],
      [[undefined, [PRIVATE, 'VSCODE://a/b']], 'redirect_uris[1] must not use this scheme'],
      [[undefined, ['javascript:alert(1)']], 'redirect_uris[0] must not use this scheme'],
    ],
  },
];

describe.each(platforms)('application type, RFC 8252 section 7 ($adapter, $database.name)', (platform) => {
  describe.each(cases)('$title', ({ options = {}, registered, refused = [] }) => {
    let server: TestServer;
    let token: string;
    beforeAll(async () => {
      server = await startServer({ ...platform, options });
      token = await server.token();
    });
    afterAll(() => server.close());

    const register = ([application_type, redirect_uris, grant_types]: Asked) =>
      server.register(clientMetadata({ application_type, redirect_uris, grant_types }), token);

    it.each(registered)('registers %j as %s', async (asked, application_type) => {
      const { status, body } = await register(asked);
      expect(status).toBe(201);
      expect(body).toMatchObject({ application_type, redirect_uris: asked[1] });
    });

    it.each(refused)('refuses %j: %s', async (asked, description) =>
      expectRefusal(await register(asked), invalidRedirectUri(description)),
    );
  });
});
