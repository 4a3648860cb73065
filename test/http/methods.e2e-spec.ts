import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, expectRefusalHeaders, notOffered } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { rawRequest } from '../support/raw-request.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const routes = {
  registration: { path: '/register', offered: ['POST'], allow: 'POST, OPTIONS' },
  configuration: { path: '/register/a', offered: ['GET', 'PUT', 'DELETE'], allow: 'HEAD, GET, PUT, DELETE, OPTIONS' },
  metadata: { path: '/.well-known/oauth-authorization-server', offered: ['GET'], allow: 'HEAD, GET, OPTIONS' },
} as const;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const refused = Object.values(routes).flatMap(({ path, offered, allow }) =>
  METHODS.filter((method) => !(offered as readonly string[]).includes(method)).map((method) => ({
    method,
    path,
    allow,
  })),
);

describe.each(platforms)('methods, RFC 9110 section 15.5.6 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { discovery: true } });
  });
  afterAll(() => server.close());

  it.each(refused)('answers $method $path with 405 and Allow: $allow', async ({ method, path, allow }) => {
    expectRefusal(await server.request(method, path), notOffered(method, allow));
  });

  it.each(refused)('answers $method $path so whatever the credential and the body', async ({ method, path, allow }) => {
    const body = method === 'GET' ? {} : { body: clientMetadata() };
    for (const credential of [{ token: await server.token() }, { headers: { authorization: 'Basic x' } }])
      expectRefusal(await server.request(method, path, { ...credential, ...body }), notOffered(method, allow));
  });

  const bodies = [
    ['an empty one of JSON', [['Content-Type', 'application/json']], ''],
    ['malformed JSON', [['Content-Type', 'application/json']], '{'],
    ['another media type', [['Content-Type', 'application/xml']], '<a/>'],
    ['no media type', [], 'x'],
    ['an unknown content coding', [['Content-Type', 'application/json'], ['Content-Encoding', 'foo']], 'x'], // prettier-ignore
    ['chunks of nothing', [['Content-Type', 'application/json'], ['Transfer-Encoding', 'chunked']], '0\r\n\r\n'], // prettier-ignore
  ] as const satisfies readonly (readonly [string, readonly (readonly [string, string])[], string])[];
  const send = (method: string, path: string, headers: readonly (readonly [string, string])[], body: string) =>
    rawRequest(server.port, { method, path, headers, body });

  it.each(bodies)('are judged before the body, even if it is %s', async (_name, headers, body) => {
    for (const { method, path, allow } of refused) {
      const { status, headers: answered } = await send(method, path, headers, body);
      expect([method, path, status, answered.get('allow')]).toEqual([method, path, 405, allow]);
    }
    for (const { path, allow } of Object.values(routes)) {
      const { status, headers: answered } = await send('OPTIONS', path, headers, body);
      expect([path, status, answered.get('allow')]).toEqual([path, 204, allow]);
    }
  });

  it.each(bodies)('GET and DELETE ignore a body, even if it is %s', async (_name, headers, body) => {
    const client = (await server.register(clientMetadata())).body;
    const path = `/register/${client.client_id}`;
    const authorized = [['Authorization', `Bearer ${client.registration_access_token}`] as const, ...headers];
    expect((await send('GET', path, authorized, body)).status).toBe(200);
    expect((await send('DELETE', path, authorized, body)).status).toBe(204);
    expect((await send('GET', path, authorized, body)).status).toBe(401);
  });

  it.each(['/register//', '/register//x', '/register/x/y', '/registerx'])('leaves %s to the host', async (path) => {
    for (const method of ['POST', 'PATCH', 'OPTIONS']) {
      const { status, headers } = await server.request(method, path);
      expect([method, status, headers.get('allow')]).toEqual([method, 404, null]);
    }
  });

  it('answers HEAD where GET is not offered with 405 and no body', async () => {
    const response = await server.request('HEAD', '/register');
    expect(response.status).toBe(405);
    expect(response.body).toBeUndefined();
    expectRefusalHeaders(response, notOffered('GET', 'POST, OPTIONS'));
  });

  it('answers HEAD without a credential as GET', async () => {
    const get = await server.request('GET', '/register/a');
    const head = await server.request('HEAD', '/register/a');
    expect(head.status).toBe(401);
    expect(head.body).toBeUndefined();
    expect(head.headers.get('www-authenticate')).toBe('Bearer');
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
  });

  it.each(Object.values(routes))('answers OPTIONS $path with 204 and Allow: $allow', async ({ path, allow }) => {
    const { status, headers, body } = await server.request('OPTIONS', path);
    expect(status).toBe(204);
    expect(headers.get('allow')).toBe(allow);
    expect(body).toBeUndefined();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    ['with a body that is no JSON', [['Content-Type', 'application/json']] as const, '{'],
    ['with another media type', [['Content-Type', 'text/plain']] as const, 'x'],
    [
      'with two credentials',
      [['Authorization', 'Bearer a'] as const, ['Authorization', 'Basic b'] as const],
      undefined,
    ],
    [
      'of a browser',
      [['Origin', 'https://evil.test'] as const, ['Access-Control-Request-Method', 'POST'] as const],
      undefined,
    ],
  ])('never ends OPTIONS %s in a 5xx', async (_name, headers, body) => {
    for (const { path } of Object.values(routes)) {
      const { status } = await rawRequest(server.port, {
        method: 'OPTIONS',
        path,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      expect(status).toBeLessThan(500);
    }
  });

  it.each(['TRACE', 'PROPFIND', 'SEARCH', 'LOCK', 'QUERY', 'M-SEARCH', 'LINK'])(
    'never ends %s in a 5xx, and reflects no header',
    async (method) => {
      for (const { path } of Object.values(routes)) {
        const response = await rawRequest(server.port, {
          method,
          path,
          headers: [['Authorization', 'Bearer very-secret-token']],
        });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(response.text).not.toContain('very-secret-token');
      }
    },
  );

  it('still answers afterwards', async () => expect((await server.register(clientMetadata())).status).toBe(201));
});
