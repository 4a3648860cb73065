import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { OutboundRequestError } from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDocumentServer, watchSockets, type DocumentServer } from '../support/document-server.js';
import { outboundRequests, refusalOf } from './outbound-requests.builder.js';

const NAME = 'documents.test';

let server: DocumentServer;
beforeAll(async () => {
  server = await startDocumentServer();
});
afterEach(() => server.forget());
afterAll(() => server.close());

/** Requests that reach the loopback interface by any name below `documents.test`, and give up after a second. */
function local(options: Parameters<typeof outboundRequests>[0] = {}) {
  const made = outboundRequests({ allowLoopback: true, timeoutSeconds: 1, ...options });
  for (const name of [NAME, ...Array.from({ length: 30 }, (_, i) => `n${i}.${NAME}`)]) {
    made.hosts.answer(name, ['127.0.0.1']);
  }
  return made;
}

const get = async (listener: RequestListener, options?: Parameters<typeof local>[0], maximumBytes?: number) => {
  server.answer(listener);
  return local(options).requests.fetch(server.url(NAME), {}, maximumBytes);
};

/** Asserts that every connection of a server ends, and that soon. */
async function expectClosed(of: Pick<DocumentServer, 'openConnections'>): Promise<void> {
  await vi.waitFor(() => expect(of.openConnections).toBe(0), { timeout: 2000, interval: 10 });
}

/** Asserts that a request fails, and leaves no connection behind. */
async function expectFailure(request: Promise<unknown>, message: RegExp, isTransient: boolean): Promise<void> {
  const refusal = await refusalOf(request);
  expect(refusal).toBeInstanceOf(OutboundRequestError);
  expect(refusal).toMatchObject({ message: expect.stringMatching(message), isTransient });
  await expectClosed(server);
}

describe('an outbound request', () => {
  it('is answered with status, headers and the whole body, and leaves no connection', async () => {
    const response = await get((_request, answer) =>
      answer.writeHead(201, { 'content-type': 'text/plain', etag: '"1"' }).end('tides'),
    );
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([201, '"1"', 'tides']);
    await expectClosed(server);
  });

  it('is made as it was asked for, to the name that was given', async () => {
    const { requests } = local();
    server.answer((request, answer) => request.pipe(answer));
    const init = { method: 'POST', headers: { 'x-tide': 'high' }, body: 'tides' };
    const response = await requests.fetch(server.url(NAME, '/path?query=1'), init);
    expect(await response.text()).toBe('tides');
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/path?query=1', headers: { 'x-tide': 'high', host: `${NAME}:${server.port}` } },
    ]);
  });

  it('carries no cookie of an earlier answer', async () => {
    const { requests } = local();
    server.answer((_request, answer) => answer.writeHead(200, { 'set-cookie': 'a=1' }).end());
    await requests.fetch(server.url(NAME));
    await requests.fetch(server.url(NAME));
    expect(server.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  });

  it('has a connection of its own', async () => {
    const { requests } = local();
    server.answerJson({});
    for (let i = 0; i < 3; i++) await requests.fetch(server.url(NAME));
    expect(server.connections).toBe(3);
  });

  it.each([204, 205, 304, 400, 401, 404, 429, 500, 503])('hands on status %i', async (status) => {
    const response = await get((_request, answer) => answer.writeHead(status).end());
    expect(response.status).toBe(status);
  });

  it('ends when its caller ends it', async () => {
    const { requests } = local({ timeoutSeconds: 20 });
    server.answer(() => {});
    const caller = new AbortController();
    const request = requests.fetch(server.url(NAME), { signal: caller.signal });
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    caller.abort();
    await expectFailure(request, /did not answer: /, true);
  });
});

describe('the address of an outbound request', () => {
  it('is asked for once, and connected to whatever the name says afterwards', async () => {
    const sockets = watchSockets();
    const { requests, hosts } = local();
    server.answerJson({});
    hosts.answer(NAME, ['127.0.0.1'], ['169.254.169.254']);
    try {
      expect((await requests.fetch(server.url(NAME))).status).toBe(200);
    } finally {
      sockets.stop();
    }
    expect(hosts.questions).toEqual([NAME]);
    expect(sockets.targets).toEqual([`${NAME}:${server.port}`]);
    expect(server.connections).toBe(1);
    await expectFailure(requests.fetch(server.url(NAME)), /not one of the Internet/, true);
    expect(hosts.questions).toEqual([NAME, NAME]);
    expect(server.connections).toBe(1);
  });

  it('is the first that can be connected to', async () => {
    const { requests, hosts } = local();
    server.answerJson({});
    hosts.answer(NAME, ['127.9.9.9', '::1', '127.0.0.1']);
    expect((await requests.fetch(server.url(NAME))).status).toBe(200);
  });

  it('may be an IPv6 address', async () => {
    const other = await startDocumentServer({ address: '::1' });
    try {
      const { requests, hosts } = local();
      other.answerJson({});
      hosts.answer(NAME, ['::1']);
      expect((await requests.fetch(other.url(NAME))).status).toBe(200);
      expect((await requests.fetch(other.url('[::1]'))).status).toBe(200);
      expect(hosts.questions).toEqual([NAME]);
    } finally {
      await other.close();
    }
  });
});

describe('TLS', () => {
  it.each<[string, 'other' | 'self-signed', RegExp]>([
    ['a certificate of another name', 'other', /altnames/],
    ['a self-signed certificate', 'self-signed', /self-signed certificate/],
  ])('refuses %s', async (_what, certificate, message) => {
    const other = await startDocumentServer({ certificate });
    try {
      other.answerJson({});
      for (const host of [NAME, '127.0.0.1']) {
        await expectFailure(local().requests.fetch(other.url(host)), message, true);
      }
      expect(other.requests).toEqual([]);
      await expectClosed(other);
    } finally {
      await other.close();
    }
  });

  it('refuses a server without it', async () => {
    const other = await startDocumentServer({ certificate: 'none' });
    try {
      await expectFailure(local().requests.fetch(`https://${NAME}:${other.port}/`), /did not answer/, true);
      expect(other.requests).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('is left out where allowLoopback is on and the host is of this machine', async () => {
    const other = await startDocumentServer({ certificate: 'none' });
    try {
      other.answerJson({});
      const { requests, hosts } = local();
      hosts.answer('localhost', ['127.0.0.1']);
      for (const host of ['localhost', '127.0.0.1']) expect((await requests.fetch(other.url(host))).status).toBe(200);
      await expectFailure(outboundRequests().requests.fetch(other.url('127.0.0.1')), /must use https/, false);
    } finally {
      await other.close();
    }
  });
});

describe('the time limit', () => {
  const expectInTime = async (request: Promise<unknown>) => {
    const begin = performance.now();
    await expectFailure(request, /did not answer: .*timeout/, true);
    const duration = performance.now() - begin;
    expect(duration).toBeGreaterThan(900);
    expect(duration).toBeLessThan(1900);
  };
  const every = (response: ServerResponse, text: string) => {
    const timer = setInterval(() => response.write(text), 20);
    response.once('close', () => clearInterval(timer));
  };

  it('holds for an answer that does not come', async () => {
    await expectInTime(get(() => {}));
  });

  it('holds for headers that drip', async () => {
    await expectInTime(
      get((_request, { socket }) => {
        socket?.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket?.write('x: 1\r\n'), 20);
        socket?.once('close', () => clearInterval(timer));
      }),
    );
  });

  it('holds for a body that drips', async () => {
    await expectInTime(get((_request, response) => every(response.writeHead(200), ' ')));
  });

  it('holds for a body that stops', async () => {
    await expectInTime(get((_request, response) => response.writeHead(200).write('{')));
  });

  it('holds for a resolver that does not answer, and one that fails later', async () => {
    const { requests, hosts } = local();
    let fail = (_error: Error): void => {};
    const question = new Promise<never>((_resolve, reject) => (fail = reject));
    vi.spyOn(hosts, 'resolve').mockReturnValue(question);
    await expectInTime(requests.fetch(server.url(NAME)));
    fail(new Error('too late'));
    await passed(10);
  });

  it('holds for a connection that never gets to speak TLS, which is closed then', async () => {
    const open = new Set<Socket>();
    const silent = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => {}).once('close', () => open.delete(socket));
      socket.resume();
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      await expectInTime(local().requests.fetch(`https://${NAME}:${port}/`));
      await vi.waitFor(() => expect(open.size).toBe(0), { timeout: 2000 });
    } finally {
      for (const socket of open) socket.destroy();
      silent.close();
    }
  });

  it('counts the time in which a request waits for its turn', async () => {
    const { requests } = local({ concurrent: 1 });
    server.answer(() => {});
    const waiting = [
      requests.fetch(server.url(NAME)),
      requests.fetch(server.url(NAME)),
      requests.fetch(server.url(NAME)),
    ];
    await Promise.all(waiting.map(expectInTime));
    expect(server.requests).toHaveLength(1);
  });
});

describe('the size limit', () => {
  const encoded = (encoding: string, body: Buffer) => (_request: unknown, response: ServerResponse) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(body);
  const ENCODINGS = [
    ['gzip', gzipSync],
    ['br', (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['deflate', deflateSync],
  ] as const;

  it('is 65536 bytes, or what the caller says', async () => {
    const of =
      (bytes: number): RequestListener =>
      (_request, response) =>
        response.end('x'.repeat(bytes));
    expect(await (await get(of(65_536))).text()).toHaveLength(65_536);
    await expectFailure(get(of(65_537)), /longer than 65536 bytes/, false);
    expect(await (await get(of(10), {}, 10)).text()).toHaveLength(10);
    await expectFailure(get(of(11), {}, 10), /longer than 10 bytes/, false);
  });

  it('ends an endless body', async () => {
    let sent = 0;
    const endless: RequestListener = (_request, response) => {
      const more = () => {
        do sent += 16_384;
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    };
    await expectFailure(get(endless), /longer than/, false);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it.each(ENCODINGS)('is of the decompressed body: %s', async (encoding, compress) => {
    const good = await get(encoded(encoding, compress(Buffer.from('{"tide":"high"}'))));
    expect(await good.json()).toEqual({ tide: 'high' });
    expect(good.headers.has('content-encoding')).toBe(false);
    const before = process.memoryUsage().rss;
    await expectFailure(get(encoded(encoding, compress(Buffer.alloc(64 * 1024 * 1024)))), /longer than/, false);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('ends a body that is compressed again and again', async () => {
    const layers = 5;
    let body: Buffer = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < layers; i++) body = gzipSync(body);
    await expectFailure(get(encoded(Array(layers).fill('gzip').join(', '), body)), /longer than/, false);
    const many = get(encoded(Array(50).fill('gzip').join(', '), body));
    await expectFailure(many, /did not answer/, true);
  });

  it('leaves a body refused that is shorter than it says', async () => {
    await expectFailure(
      get((_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{}');
        setImmediate(() => response.destroy());
      }),
      /did not answer/,
      true,
    );
  });

  it('bounds the headers', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'x'.repeat(500)]));
    await expectFailure(
      get((_request, response) => response.writeHead(200, many).end()),
      /did not answer: .*header/i,
      true,
    );
  });

  it('leaves what is no HTTP refused', async () => {
    await expectFailure(
      get((_request, response) => response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n')),
      /did not answer/,
      true,
    );
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('%i is an answer, and not followed', async (status) => {
    const target = await startDocumentServer({ certificate: 'none' });
    try {
      for (const location of [target.url('127.0.0.1'), server.url('127.0.0.1', '/second'), '/second', '//127.0.0.1/']) {
        server.forget();
        const response = await get((_request, answer) => answer.writeHead(status, { location }).end('x'));
        expect(response.status).toBe(status);
        expect(server.requests).toHaveLength(1);
      }
      expect(target.connections).toBe(0);
    } finally {
      await target.close();
    }
  });

  it.each(['refresh', 'link', 'alt-svc'])('by %s is none', async (name) => {
    const value = { refresh: '0;url=/second', link: '</second>; rel=preload', 'alt-svc': `h2=":${server.port}"` }[name];
    await get((_request, answer) => answer.writeHead(200, { [name]: value }).end());
    expect(server.requests).toHaveLength(1);
  });
});

describe('a proxy of the environment', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is not used', async () => {
    const proxy = await startDocumentServer({ certificate: 'none' });
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']) {
      vi.stubEnv(name, proxy.url('127.0.0.1'));
    }
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    try {
      expect((await get((_request, response) => response.end())).status).toBe(200);
      expect(server.connections).toBe(1);
      expect(proxy.connections).toBe(0);
    } finally {
      await proxy.close();
    }
  });
});

describe('requests at the same time', () => {
  /** Sends 30 requests to so many origins; answers none until so many have come and no more do, and then each as the next one may come. */
  async function mostOf(options: { concurrent?: number; concurrentPerOrigin: number }, origins: number, first: number) {
    const { requests } = local({ ...options, timeoutSeconds: 20 });
    const held = new Map<ServerResponse, string>();
    const most = { inAll: 0, ofOne: 0 };
    let isHeld = true;
    const release = () => {
      for (const response of held.keys()) response.end();
      held.clear();
    };
    server.answer((request, response) => {
      held.set(response, request.headers.host ?? '');
      const all = [...held.values()];
      most.inAll = Math.max(most.inAll, all.length);
      most.ofOne = Math.max(most.ofOne, ...all.map((one) => all.filter((other) => other === one).length));
      if (!isHeld) setTimeout(release, 20);
    });
    const sent = Array.from({ length: 30 }, async (_, i) => requests.fetch(server.url(`n${i % origins}.${NAME}`)));
    await vi.waitFor(() => expect(held.size).toBe(first), { timeout: 5000 });
    await passed(100);
    isHeld = false;
    release();
    await Promise.all(sent);
    expect(server.requests).toHaveLength(30);
    return most;
  }

  it('are no more than `concurrentPerOrigin` to one', async () => {
    expect(await mostOf({ concurrentPerOrigin: 3 }, 1, 3)).toEqual({ inAll: 3, ofOne: 3 });
  });

  it('are no more than `concurrent` to all', async () => {
    expect(await mostOf({ concurrent: 5, concurrentPerOrigin: 2 }, 3, 5)).toEqual({ inAll: 5, ofOne: 2 });
  });

  it('to an origin that does not answer stop none to another one', async () => {
    const { requests } = local({ timeoutSeconds: 2 });
    server.answer((request, response) => {
      if (request.headers.host?.startsWith('n1.')) response.end();
    });
    const dead = Array.from({ length: 40 }, async () => refusalOf(requests.fetch(server.url(NAME))));
    await vi.waitFor(() => expect(server.requests).toHaveLength(4));
    const begin = performance.now();
    expect((await requests.fetch(server.url(`n1.${NAME}`))).status).toBe(200);
    expect(performance.now() - begin).toBeLessThan(1500);
    for (const refusal of await Promise.all(dead)) expect(refusal).toMatchObject({ isTransient: true });
    // None of those that waited was sent when its time was over.
    expect(server.requests).toHaveLength(5);
  });

  it('wait in a line of 100 to one origin, behind which none is taken', async () => {
    const { requests } = local();
    server.answer(() => {});
    const refusals = await Promise.all(
      Array.from({ length: 110 }, async () => refusalOf(requests.fetch(server.url(NAME)))),
    );
    const tooMany = refusals.filter((error) => error instanceof Error && error.message.startsWith('too many'));
    expect(tooMany).toHaveLength(6);
    expect(tooMany[0]).toMatchObject({ message: 'too many requests to one origin', isTransient: true });
    server.answerJson({});
    expect((await requests.fetch(server.url(NAME))).status).toBe(200);
  });

  it('wait in a line of 500 in all, behind which none is taken', async () => {
    const { requests, hosts } = local({ concurrent: 1, concurrentPerOrigin: 1 });
    const names = Array.from({ length: 520 }, (_one, index) => `n${index}.${NAME}`);
    for (const name of names) hosts.answer(name, ['127.0.0.1']);
    server.answer(() => {});
    const refusals = await Promise.all(names.map(async (name) => refusalOf(requests.fetch(server.url(name)))));
    const tooMany = refusals.filter((error) => error instanceof Error && error.message === 'too many requests');
    expect(tooMany).toHaveLength(19);
    expect(tooMany[0]).toMatchObject({ isTransient: true });
    expect(server.requests).toHaveLength(1);
  });

  it('which fail make room for others', async () => {
    const { requests } = local({ concurrent: 1, concurrentPerOrigin: 1 });
    server.answer((_request, response) => response.destroy());
    for (let i = 0; i < 5; i++) await expectFailure(requests.fetch(server.url(NAME)), /did not answer/, true);
    await refusalOf(requests.fetch(server.url('unknown.test')));
    server.answerJson({});
    expect((await requests.fetch(server.url(NAME))).status).toBe(200);
  });
});
