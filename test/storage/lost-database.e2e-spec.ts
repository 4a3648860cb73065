import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectUnavailable } from '../faults/unavailable.js';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
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
    answers.forEach(expectUnavailable);
    expect(log.of('warn')).toHaveLength(4);
    expect(log.lines).toHaveLength(4);
    expectNoDetail(log);
    await line.open();
    expect((await server.request('GET', path, { token: own })).status).toBe(200);
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('costs no connection, however often it fails, and is found again without a restart', async () => {
    const client = await server.register(BODY);
    const path = `/register/${client.body.client_id}`;
    const own: string = client.body.registration_access_token;
    const log = captureLog();
    for (let outage = 0; outage < 3; outage++) {
      await line.cut();
      const during = Array.from({ length: 40 }, (_, i) =>
        i % 2 ? server.register(BODY, own) : server.request('GET', path, { token: own }),
      );
      (await Promise.all(during)).forEach(expectUnavailable);
      await line.open();
      const after = Array.from({ length: 40 }, () => server.request('GET', path, { token: own }));
      expect(new Set((await Promise.all(after)).map(({ status }) => status))).toEqual(new Set([200]));
    }
    log.stop();
    expect(log.of('warn')).toHaveLength(120);
    expect(log.lines).toHaveLength(120);
    expectNoDetail(log);
    await expect(busyConnections(server)).resolves.toEqual({ server: 1, pool: 0 });
    await expect(openConnections(server)).resolves.toBeLessThanOrEqual(10);
  });
});

/** The log says that there is no connection: no statement, no address, no place in the code. */
function expectNoDetail(log: CapturedLog): void {
  for (const { text } of log.lines) {
    expect(text).toMatch(
      /^temporarily_unavailable: no connection to the database(?: [0-9A-Z_]+)? DynamicRegistration$/,
    );
  }
}

/** Connections at work or in a transaction, by the server, which answers on one of them; and those that are out of the pool. */
async function busyConnections({ dataSource }: TestServer): Promise<{ server: number; pool: number }> {
  const isPostgres = dataSource.options.type === 'postgres';
  const rows: unknown[] = await dataSource.query(
    isPostgres
      ? `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'`
      : `SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND command <> 'Sleep'`,
  );
  return { server: rows.length, pool: isPostgres ? outOfPg(dataSource) : outOfMysql2(dataSource) };
}

function outOfPg({ driver }: DataSource): number {
  const pool: { totalCount: number; idleCount: number } = Reflect.get(driver, 'master');
  return pool.totalCount - pool.idleCount;
}

function outOfMysql2({ driver }: DataSource): number {
  const pool: Record<'_allConnections' | '_freeConnections', { length: number }> = Reflect.get(driver, 'pool');
  return pool._allConnections.length - pool._freeConnections.length;
}

async function openConnections({ dataSource }: TestServer): Promise<number> {
  const rows: unknown[] = await dataSource.query(
    dataSource.options.type === 'postgres'
      ? 'SELECT 1 FROM pg_stat_activity WHERE datname = current_database()'
      : 'SELECT 1 FROM information_schema.processlist WHERE db = DATABASE()',
  );
  return rows.length;
}

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
