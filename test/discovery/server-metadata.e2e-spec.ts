import {
  ServerMetadataService,
  type DynamicRegistrationOptions,
  type MessageAlgorithms,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, NO_OBJECT, NO_TOKEN, notOffered } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { ENCRYPTION_KEYS, FULL_SERVER } from '../support/full-server.js';
import { ISSUER, platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const WELL_KNOWN = '/.well-known/oauth-authorization-server';
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

interface DiscoveryCase {
  readonly title: string;
  readonly options: Partial<DynamicRegistrationOptions>;
  readonly path: string;
  readonly document: Readonly<Record<string, unknown>>;
}

const common = {
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
};

function messages(prefix: string, algorithms: Required<MessageAlgorithms>): Record<string, readonly string[]> {
  return {
    [`${prefix}_signing_alg_values_supported`]: algorithms.signingAlgs,
    [`${prefix}_encryption_alg_values_supported`]: algorithms.encryptionAlgs,
    [`${prefix}_encryption_enc_values_supported`]: algorithms.encryptionEncs,
  };
}

const cases: DiscoveryCase[] = [
  {
    title: 'every feature that is on',
    options: { discovery: true, server: FULL_SERVER, clientSecret: { encryptionKeys: ENCRYPTION_KEYS } },
    path: WELL_KNOWN,
    document: {
      issuer: ISSUER,
      registration_endpoint: `${ISSUER}/register`,
      scopes_supported: FULL_SERVER.scopes,
      response_types_supported: FULL_SERVER.responseTypes,
      grant_types_supported: FULL_SERVER.grantTypes,
      token_endpoint_auth_methods_supported: FULL_SERVER.tokenEndpointAuthMethods,
      token_endpoint_auth_signing_alg_values_supported: [...ALGORITHMS, 'HS256', 'HS384', 'HS512'],
      subject_types_supported: FULL_SERVER.openid.subjectTypes,
      acr_values_supported: FULL_SERVER.openid.acrValues,
      ...messages('id_token', FULL_SERVER.openid.idToken),
      ...messages('userinfo', FULL_SERVER.openid.userinfo),
      ...messages('request_object', FULL_SERVER.requestObjects),
      request_parameter_supported: true,
      request_uri_parameter_supported: true,
      ...messages('introspection', FULL_SERVER.introspection),
      ...messages('authorization', FULL_SERVER.authorizationResponses),
      authorization_details_types_supported: FULL_SERVER.authorizationDetailsTypes,
      tls_client_certificate_bound_access_tokens: true,
      frontchannel_logout_supported: true,
      frontchannel_logout_session_supported: true,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      backchannel_token_delivery_modes_supported: FULL_SERVER.ciba.deliveryModes,
      backchannel_authentication_request_signing_alg_values_supported: FULL_SERVER.ciba.requestSigningAlgs,
      backchannel_user_code_parameter_supported: true,
      client_registration_types_supported: ['automatic', 'explicit'],
    },
  },
  {
    title: 'what the options make true, and nothing else',
    options: { discovery: true },
    path: WELL_KNOWN,
    document: { issuer: ISSUER, registration_endpoint: `${ISSUER}/register`, ...common },
  },
  {
    title: 'what the host adds',
    options: {
      discovery: { metadata: { token_endpoint: `${ISSUER}/token`, code_challenge_methods_supported: ['S256'] } },
    },
    path: WELL_KNOWN,
    document: {
      issuer: ISSUER,
      registration_endpoint: `${ISSUER}/register`,
      ...common,
      token_endpoint: `${ISSUER}/token`,
      code_challenge_methods_supported: ['S256'],
    },
  },
  {
    title: 'the path of the issuer behind the well-known one (RFC 8414 section 3.1)',
    options: { discovery: true, issuer: 'https://auth.example.com/tenants/a', path: 'clients' },
    path: `${WELL_KNOWN}/tenants/a`,
    document: {
      issuer: 'https://auth.example.com/tenants/a',
      registration_endpoint: 'https://auth.example.com/tenants/a/clients',
      ...common,
    },
  },
  {
    title: 'the issuer as it is written, with a slash at its end',
    options: { discovery: true, issuer: 'https://auth.example.com/' },
    path: WELL_KNOWN,
    document: {
      issuer: 'https://auth.example.com/',
      registration_endpoint: 'https://auth.example.com/register',
      ...common,
    },
  },
  {
    title: 'the URL of the endpoint, not the route a proxy has for it',
    options: { discovery: true, mount: '/internal/dcr' },
    path: WELL_KNOWN,
    document: { issuer: ISSUER, registration_endpoint: `${ISSUER}/register`, ...common },
  },
  {
    title: 'no registration endpoint while registration is disabled',
    options: { discovery: true, access: 'disabled' },
    path: WELL_KNOWN,
    document: { issuer: ISSUER, ...common },
  },
  {
    title: 'the one source of what the server supports',
    options: {
      discovery: true,
      access: 'open',
      server: {
        scopes: ['openid', 'tides.read'],
        grantTypes: ['authorization_code'],
        responseTypes: ['code', 'none'],
        tokenEndpointAuthMethods: ['none'],
      },
    },
    path: WELL_KNOWN,
    document: {
      issuer: ISSUER,
      registration_endpoint: `${ISSUER}/register`,
      scopes_supported: ['openid', 'tides.read'],
      response_types_supported: ['code', 'none'],
      grant_types_supported: ['authorization_code'],
      token_endpoint_auth_methods_supported: ['none'],
    },
  },
];

describe.each(platforms)('server metadata, RFC 8414 ($adapter, $database.name)', (platform) => {
  describe.each(cases)('tells $title', ({ options, path, document }) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options });
    });
    afterAll(() => server.close());

    it('in a JSON document without a credential', async () => {
      const { status, headers, body } = await server.request('GET', path);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(body).toEqual(document);
    });

    it('in no member that is null or empty (RFC 8414 section 3.2)', async () => {
      for (const value of Object.values((await server.request('GET', path)).body)) {
        expect(value).not.toBeNull();
        expect(value).not.toBe('');
        expect(value).not.toEqual([]);
      }
    });

    it('to the host too', () => {
      expect(document).toMatchObject(server.app.get(ServerMetadataService).serverMetadata());
    });

    it('to HEAD, and nothing to other methods', async () => {
      const head = await server.request('HEAD', path);
      expect([head.status, head.body]).toEqual([200, undefined]);
      expectRefusal(await server.request('POST', path), notOffered('POST', 'HEAD, GET, OPTIONS'));
    });
  });

  it('is off by default', async () => {
    const server = await startServer(platform);
    try {
      expect((await fetch(server.url + WELL_KNOWN)).status).toBe(404);
    } finally {
      await server.close();
    }
  });
});

const ORIGIN = 'http://localhost:6274';
const EVIL = 'https://evil.test';
const cors = ({ headers }: JsonResponse) => ({
  origin: headers.get('access-control-allow-origin'),
  expose: headers.get('access-control-expose-headers'),
  credentials: headers.get('access-control-allow-credentials'),
  varies: headers.get('vary')?.toLowerCase().includes('origin') ?? false,
});
const EXPOSED = 'ETag, Retry-After, WWW-Authenticate';
const ALLOWED = { origin: ORIGIN, expose: EXPOSED, credentials: null, varies: true };
const NOT_ALLOWED = { origin: null, expose: null, credentials: null, varies: true };
const EVERYONE = { origin: '*', expose: EXPOSED, credentials: null, varies: false };
const NOBODY = { origin: null, expose: null, credentials: null, varies: false };

/** One answer of each kind, asked for from an origin. */
async function answers(server: TestServer, origin: string): Promise<Record<string, JsonResponse>> {
  const headers = { origin };
  const token = await server.token();
  const created = await server.request('POST', '/register', { headers, token, body: clientMetadata() });
  const path = `/register/${created.body.client_id}`;
  const own = { headers, token: created.body.registration_access_token as string };
  return {
    created,
    read: await server.request('GET', path, own),
    unauthorized: await server.request('POST', '/register', { headers, body: clientMetadata() }),
    invalid: await server.request('POST', '/register', { headers, token, body: [] }),
    unparsed: await server.request('POST', '/register', { headers, token, body: '{' }),
    notOffered: await server.request('PATCH', '/register', { headers }),
    document: await server.request('GET', WELL_KNOWN, { headers }),
    deleted: await server.request('DELETE', path, own),
  };
}

const preflight = (server: TestServer, path: string, origin: string) =>
  server.request('OPTIONS', path, {
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,authorization,mcp-protocol-version',
    },
  });

describe.each(platforms)('calls from a browser ($adapter, $database.name)', (platform) => {
  describe('of a listed origin', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: { discovery: true, cors: { origins: [ORIGIN] } } });
    });
    afterAll(() => server.close());

    it('may read every answer, refusals included, without credentials', async () => {
      for (const [name, response] of Object.entries(await answers(server, ORIGIN)))
        expect({ name, ...cors(response) }).toEqual({ name, ...ALLOWED });
    });

    it('of no other origin', async () => {
      for (const origin of [EVIL, 'null', `${ORIGIN}.evil.test`, ORIGIN.toUpperCase(), 'http://localhost:62740']) {
        for (const [name, response] of Object.entries(await answers(server, origin)))
          expect({ name, asked: origin, ...cors(response) }).toEqual({ name, asked: origin, ...NOT_ALLOWED });
      }
    });

    it.each(['/register', '/register/a', WELL_KNOWN])('are announced by a preflight request to %s', async (path) => {
      const allowed = await preflight(server, path, ORIGIN);
      expect(allowed.status).toBe(204);
      expect(cors(allowed)).toEqual(ALLOWED);
      expect(allowed.headers.get('access-control-allow-headers')).toBe(
        'content-type, authorization, if-match, mcp-protocol-version',
      );
      expect(allowed.headers.get('access-control-allow-methods')).toBe(allowed.headers.get('allow'));
      expect(allowed.headers.get('access-control-max-age')).toBe('600');
      expect(cors(await preflight(server, path, EVIL))).toEqual(NOT_ALLOWED);
    });

    it('answers them like any other', async () => {
      const { unauthorized, unparsed, notOffered: patched } = await answers(server, ORIGIN);
      if (!unauthorized || !unparsed || !patched) throw new Error('an answer is missing');
      expectRefusal(unauthorized, NO_TOKEN);
      expectRefusal(unparsed, NO_OBJECT);
      expectRefusal(patched, notOffered('PATCH', 'POST, OPTIONS'));
    });
  });

  describe('of every origin', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: { discovery: true, cors: { origins: '*' } } });
    });
    afterAll(() => server.close());

    it('may read every answer, without credentials', async () => {
      for (const [name, response] of Object.entries(await answers(server, EVIL)))
        expect({ name, ...cors(response) }).toEqual({ name, ...EVERYONE });
      expect(cors(await preflight(server, '/register', EVIL))).toEqual(EVERYONE);
    });
  });

  describe('while the option is off', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: { discovery: true } });
    });
    afterAll(() => server.close());

    it('may read nothing', async () => {
      for (const [name, response] of Object.entries(await answers(server, ORIGIN)))
        expect({ name, ...cors(response) }).toEqual({ name, ...NOBODY });
      const { headers } = await preflight(server, '/register', ORIGIN);
      expect(headers.get('access-control-allow-methods')).toBeNull();
      expect(headers.get('access-control-allow-headers')).toBeNull();
    });
  });
});
