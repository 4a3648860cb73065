import { gzipSync } from 'node:zlib';
import { OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  BAD_TOKEN,
  CONTENT_CODING,
  expectRefusal,
  invalidMetadata,
  invalidRequest,
  invalidRedirectUri,
  NO_OBJECT,
  NO_REDIRECT_URI,
  NO_TOKEN,
  TOO_LARGE,
  WRONG_MEDIA_TYPE,
  type Refusal,
} from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { rawRequest, type RawRequest, type RawResponse } from '../support/raw-request.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const VALID = JSON.stringify(clientMetadata());
const TOO_DEEP = invalidMetadata('the request body must not nest deeper than 32 levels');

/** Metadata with a member of these bytes, which no JSON encoder would write. */
function withBytes(before: string, bytes: number[], after: string): Buffer {
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

const withMember = (name: string, value: string) => `{"redirect_uris":["https://tides.example/cb"],${name}:${value}}`;

const unreadable: [name: string, body: string | Buffer, refusal: Refusal][] = [
  ['text that is not JSON', 'redirect_uris=https://tides.example/cb', NO_OBJECT],
  ['JSON that is cut short', VALID.slice(0, -1), NO_OBJECT],
  ['JSON with something behind it', `${VALID}x`, NO_OBJECT],
  ['JSON with a comment', `${VALID}/* */`, NO_OBJECT],
  ['JSON with single quotes', VALID.replaceAll('"', "'"), NO_OBJECT],
  ['an array', `[${VALID}]`, NO_OBJECT],
  ['an empty array', '[]', NO_OBJECT],
  ['a number', '1', NO_OBJECT],
  ['a string', '"redirect_uris"', NO_OBJECT],
  ['true', 'true', NO_OBJECT],
  ['null', 'null', NO_OBJECT],
  ['NaN', 'NaN', NO_OBJECT],
  ['nothing', '', NO_OBJECT],
  ['spaces', '   ', NO_OBJECT],
  ['NUL', '\0', NO_OBJECT],
  ['JSON in UTF-16', Buffer.from(VALID, 'utf16le'), NO_OBJECT],
  ['compressed JSON that does not say so', gzipSync(VALID), NO_OBJECT],
  ['20,000 levels of arrays in 40 kB', '['.repeat(20_000) + ']'.repeat(20_000), NO_OBJECT],
  ['20,000 levels without an end', '['.repeat(20_000), NO_OBJECT],
  ['20,000 levels of arrays in an unknown member', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, TOO_DEEP],
  ['8,000 levels of objects', `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`, TOO_DEEP],
  ['8,000 levels in jwks', withMember('"jwks"', `${'{"keys":'.repeat(8000)}1${'}'.repeat(8000)}`), TOO_DEEP],
  ['33 levels', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, TOO_DEEP],
  ['32 levels', `${'{"a":'.repeat(32)}1${'}'.repeat(32)}`, NO_REDIRECT_URI],
  [
    '10,000 redirection URIs',
    JSON.stringify({ redirect_uris: Array(10_000).fill('a:b') }),
    invalidRedirectUri('redirect_uris must not have more than 32 entries'),
  ],
  [
    '10,000 members',
    JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`a${i}`, 1]))),
    invalidRequest(413, 'the request body must not be longer than 65536 bytes'),
  ],
  [
    'NUL in a string',
    withMember('"client_name"', '"a\\u0000b"'),
    invalidMetadata('client_name must not contain control characters'),
  ],
  [
    'a lone surrogate',
    withMember('"client_name"', '"\\ud83c"'),
    invalidMetadata('client_name must be well-formed Unicode'),
  ],
  [
    'a lone surrogate in a variant',
    withMember('"client_name#ja"', '"\\udf0a"'),
    invalidMetadata('client_name#ja must be well-formed Unicode'),
  ],
  [
    'invalid UTF-8 in a string',
    withBytes('{"redirect_uris":["https://tides.example/cb"],"client_name":"', [0xff, 0xfe], '"}'),
    invalidMetadata('client_name must be well-formed Unicode'),
  ],
  [
    'an overlong slash in a URI',
    withBytes('{"redirect_uris":["https://tides.example/..', [0xc0, 0xaf], 'cb"]}'),
    invalidRedirectUri('redirect_uris[0] must contain only the characters of RFC 3986'),
  ],
  [
    'a surrogate in UTF-8',
    withBytes('{"redirect_uris":["https://tides.example/cb"],"software_id":"', [0xed, 0xa0, 0x80], '"}'),
    invalidMetadata('software_id must be well-formed Unicode'),
  ],
  [
    'a member twice, the last one bad',
    '{"redirect_uris":["https://tides.example/cb"],"redirect_uris":["javascript:alert(1)"]}',
    invalidRedirectUri('redirect_uris[0] must not use this scheme'),
  ],
  ['a number beyond all bounds', withMember('"client_name"', '1e999'), invalidMetadata('client_name must be a string')],
  ['a member of markup', '{"<img src=x onerror=alert(1)>":1}', NO_REDIRECT_URI],
  ['a member of the empty name', '{"":1}', NO_REDIRECT_URI],
];

const mediaTypes: [name: string, headers: readonly (readonly [string, string])[], refusal: Refusal][] = [
  ['none', [], WRONG_MEDIA_TYPE],
  ['an empty one', [['Content-Type', '']], WRONG_MEDIA_TYPE],
  ['a form', [['Content-Type', 'application/x-www-form-urlencoded']], WRONG_MEDIA_TYPE],
  ['a form with files', [['Content-Type', 'multipart/form-data; boundary=x']], WRONG_MEDIA_TYPE],
  ['text', [['Content-Type', 'text/plain']], WRONG_MEDIA_TYPE],
  ['text that is JSON', [['Content-Type', 'text/json']], WRONG_MEDIA_TYPE],
  ['another kind of JSON', [['Content-Type', 'application/ld+json']], WRONG_MEDIA_TYPE],
  ['one that begins like JSON', [['Content-Type', 'application/jsonp']], WRONG_MEDIA_TYPE],
  ['JSON in a list', [['Content-Type', 'text/plain, application/json']], WRONG_MEDIA_TYPE],
  ['nonsense', [['Content-Type', '/;;=']], WRONG_MEDIA_TYPE],
  ['ISO 8859-1', [['Content-Type', 'application/json; charset=iso-8859-1']], WRONG_MEDIA_TYPE],
  ['UTF-16', [['Content-Type', 'application/json; charset=utf-16']], WRONG_MEDIA_TYPE],
  ['UTF-7', [['Content-Type', 'application/json; charset=utf-7']], WRONG_MEDIA_TYPE],
  ['an unknown charset', [['Content-Type', 'application/json; charset=tides']], WRONG_MEDIA_TYPE],
  ['a content coding with a bad body', [JSON_TYPE, ['Content-Encoding', 'gzip']], CONTENT_CODING],
  ['deflate', [JSON_TYPE, ['Content-Encoding', 'deflate']], CONTENT_CODING],
  ['br', [JSON_TYPE, ['Content-Encoding', 'br']], CONTENT_CODING],
  ['an unknown content coding', [JSON_TYPE, ['Content-Encoding', 'tides']], CONTENT_CODING],
  ['two content codings', [JSON_TYPE, ['Content-Encoding', 'gzip, gzip']], CONTENT_CODING],
];

describe.each(platforms)('bad input ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { server: { scopes: ['tides'] } } });
    token = await server.token();
  });
  afterAll(() => server.close());
  // Whatever came before it, the server still answers.
  afterEach(async () => expect((await server.register(clientMetadata(), token)).status).toBe(201));

  const post = (request: RawRequest): Promise<RawResponse> =>
    rawRequest(server.port, {
      ...request,
      headers: [['Authorization', `Bearer ${token}`], ...(request.headers ?? [JSON_TYPE])],
    });
  const clients = () => server.dataSource.getRepository(OAuthClient).count();

  describe('in the body', () => {
    it.each(unreadable)('refuses %s', async (_name, body, refusal) => {
      const before = await clients();
      const response = await post({ body });
      expectRefusal(response, refusal);
      expect(response.text).not.toContain('onerror');
      expect(await clients()).toBe(before);
    });

    it.each(unreadable)('refuses %s in an update, and changes nothing', async (_name, body, { status }) => {
      const { body: client } = await server.register(clientMetadata(), token);
      const location = { token: client.registration_access_token };
      const before = await server.request('GET', `/register/${client.client_id}`, location);
      const response = await rawRequest(server.port, {
        method: 'PUT',
        path: `/register/${client.client_id}`,
        headers: [['Authorization', `Bearer ${client.registration_access_token}`], JSON_TYPE],
        body,
      });
      // Whatever else is wrong, an update lacks the client_id before all.
      const error = status === 413 ? 'invalid_request' : 'invalid_client_metadata';
      expectRefusal(response, { status, error, description: /./ });
      expect((await server.request('GET', `/register/${client.client_id}`, location)).body).toEqual(before.body);
    });

    it('refuses 2 MB', async () => {
      const response = await post({ body: JSON.stringify(clientMetadata({ filler: 'a'.repeat(2 * 1024 * 1024) })) });
      expectRefusal(response, TOO_LARGE);
    });

    it('refuses 2 MB in chunks', async () => {
      const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
      const body = `${chunk.repeat(32)}0\r\n\r\n`;
      expectRefusal(await post({ headers: [JSON_TYPE, ['Transfer-Encoding', 'chunked']], body }), TOO_LARGE);
    });

    it('refuses 2 MB that were compressed to 2 kB', async () => {
      const body = gzipSync(JSON.stringify(clientMetadata({ filler: 'a'.repeat(2 * 1024 * 1024) })));
      const response = await post({ headers: [JSON_TYPE, ['Content-Encoding', 'gzip']], body });
      expect([413, 415]).toContain(response.status);
      expectRefusal(response, response.status === 413 ? TOO_LARGE : CONTENT_CODING);
    });

    it('takes JSON in chunks', async () => {
      const body = `5\r\n${VALID.slice(0, 5)}\r\n${(VALID.length - 5).toString(16)}\r\n${VALID.slice(5)}\r\n0\r\n\r\n`;
      const response = await post({ headers: [JSON_TYPE, ['Transfer-Encoding', 'chunked']], body });
      expect(response.status).toBe(201);
    });

    it('refuses chunks that hold nothing', async () => {
      const response = await post({ headers: [JSON_TYPE, ['Transfer-Encoding', 'chunked']], body: '0\r\n\r\n' });
      // Express parses no bytes to an empty object.
      expectRefusal(response, platform.adapter === 'express' ? NO_REDIRECT_URI : NO_OBJECT);
    });

    it('refuses no body and no length', async () => expectRefusal(await post({}), NO_OBJECT));

    it('takes the last of two members of one name, for judging as for storing', async () => {
      const response = await post({
        body: '{"redirect_uris":["javascript:alert(1)"],"redirect_uris":["https://tides.example/cb"],"client_name":1,"client_name":"b"}',
      });
      expect(response.status).toBe(201);
      expect(response.body).toMatchObject({ client_name: 'b', redirect_uris: ['https://tides.example/cb'] });
    });

    it.each([
      '"__proto__":{"redirect_uris":["javascript:alert(1)"],"admin":true}',
      '"constructor":{"prototype":{"admin":true}}',
      '"nested":{"__proto__":{"admin":true}}',
      '"\\u005f_proto__":{"admin":true}',
    ])('is not impressed by {%s}', async (member) => {
      const response = await post({ body: `{${member},${VALID.slice(1)}` });
      // Fastify's parser refuses what Express ignores.
      if (platform.adapter === 'express') expect(response.status).toBe(201);
      else expectRefusal(response, NO_OBJECT);
      expect(response.text).not.toContain('admin');
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
      expect(await server.register({}, token)).toMatchObject({ status: 400 });
    });

    it('ignores the names of inherited members', async () => {
      const names = ['hasOwnProperty', 'toString', 'valueOf', 'constructor', 'then', 'toJSON', 'length'];
      const inherited = Object.fromEntries(names.map((name) => [name, 'a']));
      const { status, body } = await server.register({ ...inherited, ...clientMetadata() }, token);
      expect(status).toBe(201);
      for (const name of names) expect(Object.hasOwn(body, name)).toBe(false);
    });

    it('reads a byte order mark as the parser of the host does, and never ends in a 5xx', async () => {
      const response = await post({ body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(VALID)]) });
      if (response.status !== 201) expectRefusal(response, NO_OBJECT);
    });
  });

  describe('in media type, charset and content coding', () => {
    it.each(mediaTypes)('refuses %s', async (_name, headers, refusal) => {
      const before = await clients();
      expectRefusal(await post({ headers, body: VALID }), refusal);
      expect(await clients()).toBe(before);
    });

    it.each(['gzip', 'GZIP', 'x-gzip'])('refuses a body in %s', async (coding) =>
      expectRefusal(
        await post({ headers: [JSON_TYPE, ['Content-Encoding', coding]], body: gzipSync(VALID) }),
        CONTENT_CODING,
      ),
    );

    it.each([
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'application/json; charset="utf-8"',
    ])('takes %s', async (type) => {
      const { status } = await post({ headers: [['Content-Type', type]], body: VALID });
      expect(status).toBe(201);
    });

    it('takes the identity coding', async () => {
      const { status } = await post({ headers: [JSON_TYPE, ['Content-Encoding', 'identity']], body: VALID });
      expect(status).toBe(201);
    });

    it.each(['text/html', 'text/html,application/xhtml+xml;q=0.9', 'application/xml', 'image/*', '', 'x'])(
      'answers in JSON whatever Accept says: %j',
      async (accept) => {
        const good = await post({ headers: [JSON_TYPE, ['Accept', accept]], body: VALID });
        expect(good.status).toBe(201);
        expect(good.headers.get('content-type')).toMatch(/^application\/json/);
        expectRefusal(await post({ headers: [JSON_TYPE, ['Accept', accept]], body: '[]' }), NO_OBJECT);
        expectRefusal(
          await rawRequest(server.port, { headers: [JSON_TYPE, ['Accept', accept]], body: VALID }),
          NO_TOKEN,
        );
      },
    );
  });

  describe('in the path', () => {
    it.each(['%', '%2', '%zz', '%c0%af', '%ed%a0%80', '%ff', 'a%'])(
      'refuses the malformed percent-encoding %s',
      async (id) => {
        for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
          const response = await rawRequest(server.port, {
            method,
            path: `/register/${id}`,
            headers: [['Authorization', 'Bearer a'], ...(method === 'PUT' ? [JSON_TYPE] : [])],
            ...(method === 'PUT' ? { body: VALID } : {}),
          });
          expect(response.status).toBe(400);
          // Fastify refuses it before it knows a route, in words of its own.
          if (platform.adapter === 'express') {
            expectRefusal(response, {
              status: 400,
              error: 'invalid_request',
              description: 'the path must be valid percent-encoding',
            });
          } else expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        }
      },
    );

    it.each([
      'http:///register',
      'http://a:99999/register',
      'http://a:99999/register/x',
      'http://[bad/register',
      'http://a%zz/register',
      'x:/register',
      '/register#f',
      '/register/..',
    ])('answers the request target %s without an error of the server', async (path) => {
      for (const method of ['GET', 'POST', 'PATCH', 'OPTIONS', 'DELETE']) {
        const { status } = await rawRequest(server.port, { method, path, headers: [JSON_TYPE], body: '{' });
        expect([method, status < 500]).toEqual([method, true]);
      }
    });

    it.each([
      '/register/a/b',
      '/register/..%2f..%2fetc%2fpasswd/x',
      '/register//',
      '//register',
      '/register/%2e%2e',
      `/register/${'a'.repeat(101)}`,
      `/register/${'a'.repeat(8000)}`,
      '/register/a;b=c',
      "/register/'%20OR%201=1--",
      '/register/a%00b',
      '/register/%0d%0aSet-Cookie:%20a=b',
      '/register?',
      '/register/?a=%',
      '*',
    ])('never answers %s with a 5xx', async (path) => {
      for (const method of ['GET', 'POST', 'DELETE', 'HEAD']) {
        const response = await rawRequest(server.port, { method, path, headers: [['Authorization', 'Bearer a']] });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(response.headers.get('set-cookie')).toBeNull();
      }
    });
  });

  describe('in the Authorization header', () => {
    it.each([
      ['8 KB', `Bearer ${'a'.repeat(8192)}`],
      ['only padding', 'Bearer ===='],
      ['tabs', 'Bearer\ta'],
      ['a comma list', 'Bearer a, Bearer b'],
      ['parameters', 'Bearer token="a"'],
      ['a scheme without an end', 'Bearer'.repeat(100)],
      ['SQL', "Bearer ' OR '1'='1"],
      ['percent-encoding', 'Bearer %00'],
      ['UTF-8', 'Bearer tábua'],
      ['Negotiate', 'Negotiate YII='],
    ])('refuses %s on every operation', async (_name, authorization) => {
      for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
        const response = await rawRequest(server.port, {
          method,
          path: method === 'POST' ? '/register' : '/register/a',
          headers: [['Authorization', authorization], JSON_TYPE],
          ...(method === 'POST' || method === 'PUT' ? { body: VALID } : {}),
        });
        expectRefusal(response, BAD_TOKEN);
      }
    });
  });
});
