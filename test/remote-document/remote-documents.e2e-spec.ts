import type { OutgoingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { OutboundRequestError, type OutboundRequestOptions } from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RemoteDocuments, type DocumentRequest } from '../../lib/remote-document/remote-documents.js';
import { configurationWith, outboundRequests, refusalOf } from '../outbound-requests/outbound-requests.builder.js';
import { startDocumentServer, type DocumentServer } from '../support/document-server.js';

interface Tide {
  readonly tide: number;
}

let server: DocumentServer;
beforeAll(async () => {
  server = await startDocumentServer();
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-26T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
  server.forget();
});
afterAll(() => server.close());

/** A reader with nothing in its memory. */
function reader(options: OutboundRequestOptions = {}) {
  const all = { allowLoopback: true, timeoutSeconds: 1, ...options };
  const documents = new RemoteDocuments(outboundRequests(all).requests, configurationWith(all));
  return async (request: Partial<DocumentRequest<Tide>> = {}): Promise<Tide> =>
    documents.read({
      purpose: 'tides',
      url: server.url('127.0.0.1', '/tides'),
      maximumBytes: 65_536,
      read: (json) => json as Tide,
      ...request,
    });
}

/** Answers documents that count up, with these headers; with an ETag, 304 for the same one. */
function answerWith(headers: OutgoingHttpHeaders, later: OutgoingHttpHeaders = headers): void {
  let count = 0;
  server.answer((request, response) => {
    const now = count === 0 ? headers : later;
    if (now['etag'] !== undefined && request.headers['if-none-match'] === now['etag']) {
      response.writeHead(304, now).end();
      return;
    }
    count += 1;
    response.writeHead(200, { 'content-type': 'application/json', ...now }).end(JSON.stringify({ tide: count }));
  });
}

const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

/** Asserts that a document is kept for so many seconds, and then asked for again. */
async function expectKept(seconds: number, options: OutboundRequestOptions = {}): Promise<void> {
  const read = reader(options);
  expect(await read()).toEqual({ tide: 1 });
  if (seconds > 0) {
    later(seconds - 1);
    expect(await read(), 'still fresh').toEqual({ tide: 1 });
    expect(server.requests).toHaveLength(1);
    later(2);
  }
  expect(await read(), 'stale').toEqual({ tide: 2 });
  expect(server.requests).toHaveLength(2);
}

describe('a remote document is kept as its origin says (RFC 9111)', () => {
  it.each<[string, number, () => OutgoingHttpHeaders]>([
    ['nothing', 300, () => ({})],
    ['when it was changed, alone', 300, () => ({ 'last-modified': at(-60) })],
    ['max-age', 60, () => ({ 'cache-control': 'max-age=60' })],
    ['max-age in any case, with others', 60, () => ({ 'cache-control': 'Public, Max-Age=60' })],
    ['private', 60, () => ({ 'cache-control': 'private, max-age=60' })],
    ['s-maxage, which is for shared caches', 60, () => ({ 'cache-control': 's-maxage=600, max-age=60' })],
    ['s-maxage alone', 0, () => ({ 'cache-control': 's-maxage=600' })],
    ['max-age=0', 0, () => ({ 'cache-control': 'max-age=0' })],
    ['no-store', 0, () => ({ 'cache-control': 'no-store' })],
    ['No-Store in any case', 0, () => ({ 'cache-control': 'No-Store' })],
    ['no-store with max-age', 0, () => ({ 'cache-control': 'max-age=60, no-store' })],
    ['no-cache', 0, () => ({ 'cache-control': 'no-cache' })],
    ['no-cache of HTTP/1.0', 0, () => ({ pragma: 'no-cache' })],
    ['Expires', 120, () => ({ date: at(0), expires: at(120) })],
    ['Expires in the past', 0, () => ({ date: at(0), expires: at(-120) })],
    ['Expires that is no date', 0, () => ({ date: at(0), expires: '0' })],
    ['Expires beside max-age, which wins', 60, () => ({ expires: at(600), 'cache-control': 'max-age=60' })],
    ['Age', 40, () => ({ 'cache-control': 'max-age=60', age: '20' })],
    ['an Age beyond max-age', 0, () => ({ 'cache-control': 'max-age=60', age: '61' })],
    ['Vary by what is always the same', 60, () => ({ 'cache-control': 'max-age=60', vary: 'accept, origin' })],
    ['Vary: *', 0, () => ({ 'cache-control': 'max-age=60', vary: '*' })],
    ['nonsense', 0, () => ({ 'cache-control': 'max-age=soon' })],
  ])('%s: %i s', async (_what, seconds, headers) => {
    answerWith(headers());
    await expectKept(seconds);
  });

  it('no longer than maximumCacheSeconds, nor than a day', async () => {
    answerWith({ 'cache-control': 'max-age=31536000, immutable' });
    await expectKept(90, { maximumCacheSeconds: 90 });
    server.forget();
    answerWith({ 'cache-control': 'max-age=31536000, immutable' });
    await expectKept(86_400);
  });

  it.each(['no-store', 'no-cache', 'max-age=0', 'max-age=5'])(
    'at least minimumCacheSeconds, also with %s',
    async (directive) => {
      answerWith({ 'cache-control': directive });
      await expectKept(10, { minimumCacheSeconds: 10 });
    },
  );

  it('asks with what it may be told apart by, and JSON alone', async () => {
    answerWith({ 'cache-control': 'no-cache', etag: '"1"', 'last-modified': at(-60) });
    const read = reader();
    await read();
    await read();
    expect(server.requests[0]?.headers).toMatchObject({ accept: 'application/json' });
    expect(server.requests[0]?.headers).not.toHaveProperty('if-none-match');
    expect(server.requests[1]?.headers).toMatchObject({ accept: 'application/json', 'if-none-match': '"1"' });
  });
});

describe('a document that is asked for again (RFC 9111 section 4.3)', () => {
  it('is the same where the origin says so, and good again', async () => {
    answerWith({ 'cache-control': 'max-age=60', etag: '"1"' });
    const read = reader();
    const first = await read();
    later(61);
    expect(await read()).toBe(first);
    expect(server.requests).toHaveLength(2);
    later(59);
    expect(await read()).toBe(first);
    expect(server.requests).toHaveLength(2);
  });

  it('with no-cache is asked for each time', async () => {
    answerWith({ 'cache-control': 'no-cache', etag: '"1"' });
    const read = reader();
    for (let i = 0; i < 3; i++) expect(await read()).toEqual({ tide: 1 });
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"', '"1"']);
  });

  it('is another one where it has changed', async () => {
    answerWith({ 'cache-control': 'max-age=60', etag: '"1"' }, { 'cache-control': 'max-age=60', etag: '"2"' });
    const read = reader();
    await read();
    later(61);
    expect(await read()).toEqual({ tide: 2 });
    expect(server.requests[1]?.headers['if-none-match']).toBe('"1"');
    later(61);
    expect(await read()).toEqual({ tide: 2 });
    expect(server.requests[2]?.headers['if-none-match']).toBe('"2"');
  });

  it('is asked for however fresh it is, where a kept one will not do', async () => {
    answerWith({ 'cache-control': 'max-age=60' });
    const read = reader();
    await read();
    expect(await read({ isRenewed: true })).toEqual({ tide: 2 });
    expect(await read()).toEqual({ tide: 2 });
  });

  it('is forgotten where the origin now forbids to keep it', async () => {
    answerWith({ 'cache-control': 'max-age=60' }, { 'cache-control': 'no-store' });
    const read = reader();
    await read();
    for (const tide of [2, 3]) expect(await read({ isRenewed: tide === 2 })).toEqual({ tide });
  });

  it('is refused where nothing is kept and the origin says it is the same', async () => {
    server.answer((_request, response) => response.writeHead(304).end());
    expect(await refusalOf(reader()())).toMatchObject({ message: 'the answer has status 304', isTransient: false });
  });

  it('is not the same by a 304 that nobody asked for (RFC 9110 section 15.4.5)', async () => {
    answerWith({ 'cache-control': 'max-age=60' });
    const read = reader();
    expect(await read()).toEqual({ tide: 1 });
    later(61);
    server.answer((_request, response) => response.writeHead(304, { 'cache-control': 'max-age=600' }).end());
    expect(await refusalOf(read())).toMatchObject({ message: 'the answer has status 304', isTransient: false });
    answerWith({});
    expect(await read()).toEqual({ tide: 1 });
  });
});

describe('what is never kept', () => {
  const answerOnce = (status: number, headers: OutgoingHttpHeaders, body: string | Buffer): void => {
    server.answer((_request, response) => {
      response.writeHead(status, { 'cache-control': 'max-age=60', ...headers }).end(body);
      server.answerJson({ tide: 7 }, { 'cache-control': 'max-age=60' });
    });
  };
  const json = { 'content-type': 'application/json' };

  type Unkept = [string, boolean, number, OutgoingHttpHeaders, string | Buffer];
  const withStatus = (isTransient: boolean, ...statuses: number[]): Unkept[] =>
    statuses.map((status) => [`status ${status}`, isTransient, status, json, '{"tide":1}']);

  it.each<Unkept>([
    ...withStatus(false, 201, 203, 204, 206, 301, 302, 307, 308, 400, 401, 403, 404, 410),
    ...withStatus(true, 429, 500, 502, 503, 504),
    ['no media type', false, 200, {}, '{"tide":1}'],
    ['text/html', false, 200, { 'content-type': 'text/html' }, '{"tide":1}'],
    ['text/json', false, 200, { 'content-type': 'text/json' }, '{"tide":1}'],
    ['a media type that begins like JSON', false, 200, { 'content-type': 'application/json5' }, '{"tide":1}'],
    ['two media types', false, 200, { 'content-type': 'application/json, text/html' }, '{"tide":1}'],
    ['no JSON', false, 200, json, '{"tide":1'],
    ['nothing', false, 200, json, ''],
    ['too many bytes', false, 200, json, `"${'x'.repeat(65_535)}"`],
    ['truncated gzip', false, 200, { ...json, 'content-encoding': 'gzip' }, gzipSync('{"tide":1}').subarray(0, 20)],
  ])('%s', async (_what, isTransient, status, headers, body) => {
    answerOnce(status, headers, body);
    const read = reader();
    const refusal = await refusalOf(read());
    expect(refusal).toBeInstanceOf(OutboundRequestError);
    expect(refusal).toMatchObject({ isTransient });
    expect(await read()).toEqual({ tide: 7 });
  });

  it.each(['application/jwk-set+json', 'APPLICATION/JSON; charset=utf-8', 'application/problem.v1+json'])(
    'takes %s for JSON',
    async (type) => {
      answerOnce(200, { 'content-type': type }, '{"tide":1}');
      expect(await reader()()).toEqual({ tide: 1 });
    },
  );

  it('what is not acceptable, while an acceptable one of before stays as long as it was good', async () => {
    answerWith({ 'cache-control': 'max-age=60' });
    const read = reader();
    const refuse = () => {
      throw new OutboundRequestError('no tide', false);
    };
    expect(await refusalOf(read({ read: refuse }))).toMatchObject({ message: 'no tide' });
    expect(await read()).toEqual({ tide: 2 });
    expect(await refusalOf(read({ read: refuse, isRenewed: true }))).toMatchObject({ message: 'no tide' });
    expect(await read()).toEqual({ tide: 2 });
    later(61);
    expect(await read()).toEqual({ tide: 4 });
  });

  it('a stale document, when its origin has an error', async () => {
    answerOnce(200, json, '{"tide":1}');
    const read = reader();
    await read();
    later(61);
    answerOnce(500, json, '{}');
    expect(await refusalOf(read())).toMatchObject({ message: 'the answer has status 500' });
  });
});

describe('the memory', () => {
  const url = (path: number | string) => server.url('127.0.0.1', `/${path}`);

  it('knows a document by its URL and what it is read for', async () => {
    answerWith({});
    const read = reader();
    const requests = [{}, { purpose: 'moons' }, { url: url('moons') }, { url: url('tides?a') }];
    for (const request of [...requests, ...requests]) await read(request);
    expect(server.requests).toHaveLength(4);
    expect(await Promise.all(requests.map(read))).toEqual([1, 2, 3, 4].map((tide) => ({ tide })));
  });

  it('holds `cachedDocuments`, and forgets what was not used for the longest time', async () => {
    answerWith({});
    const read = reader({ cachedDocuments: 3 });
    for (const path of [1, 2, 3, 1, 4]) await read({ url: url(path) });
    expect(server.requests).toHaveLength(4);
    for (const path of [1, 3, 4]) await read({ url: url(path) });
    expect(server.requests).toHaveLength(4);
    await read({ url: url(2) });
    expect(server.requests).toHaveLength(5);
  });

  it('holds 16 MiB', async () => {
    server.answerJson({ tide: 1, text: 'x'.repeat(5 * 1024 * 1024) });
    const read = reader();
    for (const path of [1, 2, 3, 4, 4, 3, 2, 1]) await read({ url: url(path), maximumBytes: 8 * 1024 * 1024 });
    expect(server.requests).toHaveLength(5);
  });
});

describe('reads of the same document at the same time', () => {
  it('are one request', async () => {
    answerWith({ 'cache-control': 'no-store' });
    const read = reader();
    const documents = await Promise.all(Array.from({ length: 1000 }, async () => read()));
    expect(new Set(documents).size).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(await read()).toEqual({ tide: 2 });
  });

  it('fail together, and leave the next one alone', async () => {
    server.answer((_request, response) => response.destroy());
    const read = reader();
    const refusals = await Promise.all(Array.from({ length: 1000 }, async () => refusalOf(read())));
    expect(new Set(refusals).size).toBe(1);
    expect(refusals[0]).toBeInstanceOf(OutboundRequestError);
    expect(server.requests).toHaveLength(1);
    answerWith({});
    expect(await read()).toEqual({ tide: 1 });
  });

  it('for other purposes are other requests', async () => {
    answerWith({});
    const read = reader();
    await Promise.all(['tides', 'moons', 'tides', 'moons'].map(async (purpose) => read({ purpose })));
    expect(server.requests).toHaveLength(2);
  });
});
