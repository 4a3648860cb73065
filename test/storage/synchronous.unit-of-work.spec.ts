import { getRepositoryToken } from '@nestjs/typeorm';
import { InitialAccessTokenService, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { DataSource, In, Table, type Repository } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SqliteConnection } from '../../lib/storage/sqlite-connection.js';
import { manage } from '../faults/client-requests.js';
import { expectUnavailable } from '../faults/unavailable.js';
import { captureLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const sqlite = databases.filter(({ kind }) => kind === 'sqlite');

describe.each(sqlite)('the one connection of a whole application ($name)', (database) => {
  let server: TestServer;
  let clients: Repository<OAuthClient>;
  beforeAll(async () => {
    server = await startServer({ database });
    clients = server.app.get(getRepositoryToken(OAuthClient), { strict: false });
    const runner = server.dataSource.createQueryRunner();
    await runner.createTable(
      new Table({ name: 'host_rows', columns: [{ name: 'id', type: 'integer', isPrimary: true, isGenerated: true }] }),
    );
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.useRealTimers();
  });

  const hostRows = async (): Promise<number> => {
    const rows: { n: number }[] = await server.dataSource.query('select count(*) as n from host_rows');
    return rows[0]?.n ?? -1;
  };
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** A transaction of the host's own, open for some time. */
  async function hostTransaction(milliseconds: number, end: 'commit' | 'rollback'): Promise<void> {
    const runner = server.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('insert into host_rows default values');
    await pause(milliseconds);
    await (end === 'commit' ? runner.commitTransaction() : runner.rollbackTransaction());
  }

  it.each(['commit', 'rollback'] as const)(
    'keeps registrations during a transaction of the host out of its %s',
    async (end) => {
      const token = await server.token({ owner: end, maxUses: 20 });
      const rows = await hostRows();
      const host = hostTransaction(150, end);
      await pause(20);
      const answers = await Promise.all(Array.from({ length: 20 }, () => server.register(BODY, token)));
      await host;
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      await expect(clients.countBy({ owner: end })).resolves.toBe(20);
      await expect(hostRows()).resolves.toBe(end === 'commit' ? rows + 1 : rows);
    },
  );

  /** After as many turns of promises, within the same turn of the event loop. */
  async function later<T>(ticks: number, work: () => Promise<T>): Promise<T> {
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    return work();
  }

  it('keeps updates and deletions out of it too', async () => {
    const [updated, deleted] = [await server.register(BODY), await server.register(BODY)];
    const host = hostTransaction(100, 'rollback');
    await pause(20);
    const put = server.request('PUT', `/register/${updated.body.client_id}`, {
      token: updated.body.registration_access_token,
      body: { ...BODY, client_id: updated.body.client_id, client_name: 'Renamed' },
    });
    const removal = server.request('DELETE', `/register/${deleted.body.client_id}`, {
      token: deleted.body.registration_access_token,
    });
    expect((await put).status).toBe(200);
    expect((await removal).status).toBe(204);
    await host;
    await expect(clients.findOneBy({ clientId: updated.body.client_id })).resolves.toMatchObject({
      clientName: 'Renamed',
    });
    await expect(clients.findOneBy({ clientId: deleted.body.client_id })).resolves.toBeNull();
  });

  it('writes whole or not at all between one transaction of the host and the next', async () => {
    const token = await server.token({ owner: 'between', maxUses: 1000 });
    const host = { running: true };
    const transactions = (async () => {
      for (let i = 0; host.running; i++) {
        await hostTransaction(i % 3, i % 2 ? 'commit' : 'rollback');
        await pause(2);
      }
    })();
    const answers = await Promise.all(Array.from({ length: 100 }, () => server.register(BODY, token)));
    host.running = false;
    await transactions;
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    await expect(clients.countBy({ owner: 'between' })).resolves.toBe(100);
    const record = await server.app.get(InitialAccessTokenService, { strict: false }).find(token);
    expect(record?.uses).toBe(100);
  });

  it('lets no transaction of the host begin between its look at the connection and its write', async () => {
    const tokens = server.app.get(InitialAccessTokenService, { strict: false });
    for (let ticks = -30; ticks <= 30; ticks++) {
      const [issued] = await Promise.all([
        later(-ticks, () => tokens.issue({ owner: 'ticks' })),
        later(ticks, () => hostTransaction(0, 'rollback')),
      ]);
      await expect(tokens.find(issued.token), `with ${ticks} ticks between`).resolves.toBeDefined();
    }
  });

  it('answers 503 with Retry-After when a transaction of the host does not end within 5 seconds', async () => {
    const token = await server.token({ owner: 'impatient', maxUses: 1 });
    const runner = server.dataSource.createQueryRunner();
    await runner.startTransaction();
    const log = captureLog();
    try {
      const begun = Date.now();
      const { status, headers, body } = await server.register(BODY, token);
      expect(Date.now() - begun).toBeGreaterThanOrEqual(4_900);
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('1');
      expect(body).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'the server cannot answer now, try again later',
      });
      expect(log.of('warn').join('\n')).toContain(
        'a transaction of the application or of another process did not end in time',
      );
    } finally {
      log.stop();
      await runner.rollbackTransaction();
    }
    await expect(clients.countBy({ owner: 'impatient' })).resolves.toBe(0);
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  /** Registers at the same time, as far as the server is concerned: nothing is waited for between one and the next. */
  const together = (names: readonly string[]) => {
    const service = server.app.get(OAuthClientService, { strict: false });
    return Promise.allSettled(names.map((name) => service.create({ ...BODY, client_name: name, clientId: name })));
  };

  it('stores what is asked for at the same time in one transaction, and waits for the disk once', async () => {
    const { databaseConnection } = server.dataSource.driver as unknown as { databaseConnection: SqliteConnection };
    const statements = vi.spyOn(databaseConnection, 'exec');
    const names = Array.from({ length: 20 }, (_, i) => `together ${i}`);
    try {
      const results = await together(names);
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['fulfilled']));
      expect(statements.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(1);
    } finally {
      statements.mockRestore();
    }
    await expect(clients.countBy({ clientName: In(names) })).resolves.toBe(20);
  });

  it('undoes the one that fails, and none that is stored with it', async () => {
    const results = await together(['first', 'second', 'first', 'third']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await expect(clients.countBy({ clientName: In(['first', 'second', 'third']) })).resolves.toBe(3);
  });

  it('stores each for itself where the transaction fails as a whole', async () => {
    // Found out at the end of the transaction, and so for nobody in particular.
    await server.dataSource.query('CREATE TABLE owners (id text PRIMARY KEY)');
    await server.dataSource.query('CREATE TABLE owned (id text REFERENCES owners (id) DEFERRABLE INITIALLY DEFERRED)');
    await server.dataSource.query(
      `CREATE TRIGGER owning AFTER INSERT ON oauth_clients WHEN NEW."clientName" = 'nobody''s'
        BEGIN INSERT INTO owned VALUES ('nobody'); END`,
    );
    try {
      const results = await together(['before', "nobody's", 'after']);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    } finally {
      await server.dataSource.query('DROP TRIGGER owning');
    }
    await expect(clients.countBy({ clientName: In(['before', "nobody's", 'after']) })).resolves.toBe(2);
    await hostTransaction(0, 'commit');
  });

  it('stores while the tests of an application have another setImmediate than Node.js', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate'] });
    const [result] = await together(['with another clock']);
    expect(result?.status).toBe('fulfilled');
  });

  it('tries one alone, and not all again and again, while another process reads without a write-ahead log', async () => {
    const noLog = await startServer({ database, typeorm: { enableWAL: false } });
    const reader = await new DataSource({ ...noLog.database.options, enableWAL: false } as never).initialize();
    const { databaseConnection } = noLog.dataSource.driver as unknown as { databaseConnection: SqliteConnection };
    try {
      const token = await noLog.token();
      await reader.query('BEGIN');
      await reader.query('SELECT * FROM oauth_clients');
      const service = noLog.app.get(OAuthClientService, { strict: false });
      const statements = vi.spyOn(databaseConnection, 'exec');
      const created = Promise.all(Array.from({ length: 10 }, () => service.create(BODY)));
      await pause(200);
      const said = statements.mock.calls.map(([sql]) => sql);
      statements.mockRestore();
      const attempts = said.filter((sql) => sql === 'BEGIN IMMEDIATE').length;
      const units = said.filter((sql) => sql.startsWith('SAVEPOINT')).length;
      expect(attempts).toBeGreaterThan(2);
      expect(units).toBe(10 + attempts - 1);
      await reader.query('COMMIT');
      await expect(created).resolves.toHaveLength(10);
      expect((await noLog.register(BODY, token)).status).toBe(201);
    } finally {
      await reader.destroy();
      await noLog.close();
    }
  });

  it('is free again for the host after a registration that was refused within the write', async () => {
    await server.app.get(OAuthClientService, { strict: false }).create({ ...BODY, clientId: 'taken' });
    await expect(
      server.app.get(OAuthClientService, { strict: false }).create({ ...BODY, clientId: 'taken' }),
    ).rejects.toThrow('client_id is taken already');
    await hostTransaction(0, 'commit');
  });

  it('answers 503 while another process holds the file, and loses nothing', async () => {
    const token = await server.token({ owner: 'busy', maxUses: 1 });
    const other = await new DataSource({ ...server.database.options }).initialize();
    const runner = other.createQueryRunner();
    await runner.query('BEGIN IMMEDIATE');
    try {
      const { status, headers, body } = await server.register(BODY, token);
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('1');
      expect(body.error).toBe('temporarily_unavailable');
    } finally {
      await runner.query('ROLLBACK');
      await other.destroy();
    }
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it("does not stop the process for the driver's timeout, while another one holds the file", async () => {
    const [holder, token] = [await new DataSource({ ...server.database.options }).initialize(), await server.token()];
    const client = await server.register(BODY, token);
    const { databaseConnection } = server.dataSource.driver as unknown as { databaseConnection: SqliteConnection };
    const timeout = () => databaseConnection.prepare('PRAGMA busy_timeout').get();
    const before = timeout();
    await holder.query('BEGIN IMMEDIATE');
    try {
      const waiting = { isOver: false };
      const refusals = Promise.all(Array.from({ length: 4 }, () => server.register(BODY, token))).finally(() => {
        waiting.isOver = true;
      });
      // One request after the other, as many as are answered in the meantime; a process that is stopped answers none.
      let answered = 0;
      while (!waiting.isOver) {
        expect((await manage(server, 'GET', client)).status).toBe(200);
        answered++;
        await pause(100);
      }
      (await refusals).forEach(expectUnavailable);
      expect(answered).toBeGreaterThan(4);
    } finally {
      await holder.query('ROLLBACK');
      await holder.destroy();
    }
    expect((await server.register(BODY, token)).status).toBe(201);
    // The statements of the host wait as long as before.
    expect(timeout()).toMatchObject({ timeout: 5_000 });
    expect(before).toMatchObject({ timeout: 5_000 });
  });

  it('does not stop the process either while another one reads, without a write-ahead log', async () => {
    const noLog = await startServer({ database, typeorm: { enableWAL: false } });
    const reader = await new DataSource({ ...noLog.database.options, enableWAL: false } as never).initialize();
    try {
      const token = await noLog.token();
      const client = await noLog.register(BODY, token);
      await reader.query('BEGIN');
      await reader.query('SELECT * FROM oauth_clients');
      let isSettled = false;
      const registered = noLog.register(BODY, token).finally(() => (isSettled = true));
      for (let i = 0; i < 5; i++) expect((await manage(noLog, 'GET', client)).status).toBe(200);
      expect(isSettled).toBe(false);
      await reader.query('COMMIT');
      expect((await registered).status).toBe(201);
    } finally {
      await reader.destroy();
      await noLog.close();
    }
  });

  it('waits for another process that holds the file for a moment', async () => {
    const impatient = await startServer({ database, typeorm: { timeout: 1 } });
    const other = await new DataSource({ ...impatient.database.options }).initialize();
    try {
      const token = await impatient.token({ maxUses: 1 });
      const runner = other.createQueryRunner();
      await runner.query('BEGIN IMMEDIATE');
      const registered = impatient.register(BODY, token);
      await pause(100);
      await runner.query('COMMIT');
      expect((await registered).status).toBe(201);
    } finally {
      await other.destroy();
      await impatient.close();
    }
  });
});
