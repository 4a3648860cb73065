import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureLog } from '../support/captured-log.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { redirect_uris: ['https://tides.example/cb'] };
const remote = databases.filter(({ kind }) => kind !== 'sqlite');

/** A line to a database server that can be cut. */
class Line {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly target: URL) {}

  async open(): Promise<number> {
    this.server = createServer((near) => {
      const far = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this.port;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

describe.each(remote)('a database that is lost ($name)', (database) => {
  let server: TestServer;
  let line: Line;
  beforeAll(async () => {
    const behindLine: TestDatabase = {
      ...database,
      create: async () => {
        const created = await database.create();
        line = new Line(new URL(created.url));
        const url = new URL(created.url);
        url.hostname = '127.0.0.1';
        url.port = String(await line.open());
        return { ...created, options: { ...created.options, url: url.href } as typeof created.options };
      },
    };
    server = await startServer({ database: behindLine });
  });
  afterAll(async () => {
    await server.close();
    await line.cut();
  });

  it('is 503 with Retry-After for every request, never a 401, and is found again', async () => {
    const token = await server.token({ maxUses: 2 });
    const client = await server.register(BODY, token);
    const path = `/register/${client.body.client_id}`;
    const own: string = client.body.registration_access_token;
    await line.cut();
    const log = captureLog();
    const answers = [
      await server.register(BODY, token),
      await server.request('GET', path, { token: own }),
      await server.request('PUT', path, { token: own, body: { ...BODY, client_id: client.body.client_id } }),
      await server.request('DELETE', path, { token: own }),
    ];
    log.stop();
    for (const { status, headers, body } of answers) {
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('1');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'the server cannot answer now, try again later',
      });
    }
    expect(log.of('warn')).toHaveLength(4);
    await line.open();
    expect((await server.request('GET', path, { token: own })).status).toBe(200);
    expect((await server.register(BODY, token)).status).toBe(201);
  });
});

describe.each(remote)('a replica that lags behind ($name)', (database) => {
  it('is never asked: what decides about a credential is read from the primary', async () => {
    const replica = await database.create();
    const replicated: TestDatabase = {
      ...database,
      create: async () => {
        const primary = await database.create();
        return {
          ...primary,
          options: {
            type: primary.options.type,
            replication: { master: { url: primary.url }, slaves: [{ url: replica.url }] },
          } as typeof primary.options,
        };
      },
    };
    const server = await startServer({ database: replicated });
    try {
      const client = await server.register(BODY, await server.token({ maxUses: 1 }));
      expect(client.status).toBe(201);
      const read = await server.request('GET', `/register/${client.body.client_id}`, {
        token: client.body.registration_access_token,
      });
      expect(read.status).toBe(200);
    } finally {
      await server.close();
      await replica.drop();
    }
  });
});
