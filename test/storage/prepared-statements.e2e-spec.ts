import { OAuthClient, type DynamicRegistrationOptions } from 'nestjs-dynamic-registration';
import type { EntitySubscriberInterface, Logger } from 'typeorm';
import { afterEach, describe, expect, it, vi, type Mock } from 'vitest';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const REFUSED = 'the database takes no prepared statements: set preparedStatements to false';

const postgres = databases.filter(({ kind }) => kind === 'postgres');

describe.each(postgres)('prepared statements ($name)', (database) => {
  let server: TestServer;
  let log: CapturedLog | undefined;
  afterEach(async () => {
    log?.stop();
    log = undefined;
    await server.close();
  });

  /** A server with one connection, whose statements can be looked at. */
  const start = async (options: Partial<DynamicRegistrationOptions> = {}, typeorm: object = {}) => {
    server = await startServer({ database, options, typeorm: { extra: { max: 1 }, ...typeorm } });
  };
  const prepared = async (): Promise<string[]> => {
    const rows: { name: string }[] = await server.dataSource.query('SELECT name FROM pg_prepared_statements');
    return rows.map(({ name }) => name).filter((name) => name.startsWith('dcr_'));
  };
  const read = async ({ body }: JsonResponse) =>
    server.request('GET', `/register/${body.client_id}`, { token: body.registration_access_token });
  const roundTrip = async (token: string | null): Promise<void> => {
    const registered = await server.register(BODY, token);
    expect(registered.status).toBe(201);
    expect((await read(registered)).status).toBe(200);
  };

  it('are few, however many requests there are', async () => {
    await start({ access: 'open' });
    const [limited, unlimited] = [await server.token({ maxUses: 100 }), await server.token()];
    for (const token of [limited, unlimited, null]) await roundTrip(token);
    const names = await prepared();
    // By token, by registration access token, and an insert with each kind of use and without one.
    expect(names).toHaveLength(5);
    for (const token of [limited, unlimited, null]) await roundTrip(token);
    expect((await prepared()).toSorted()).toEqual(names.toSorted());
  });

  it('are none where the option says so, and the answers are the same', async () => {
    await start({ access: 'open', preparedStatements: false });
    for (const token of [await server.token({ maxUses: 2 }), await server.token(), null]) await roundTrip(token);
    await expect(prepared()).resolves.toEqual([]);
  });

  it.each(postgres.flatMap(() => [true, false]))(
    'or not, take no more uses than there are (preparedStatements: %s)',
    async (preparedStatements) => {
      await start({ preparedStatements });
      const token = await server.token({ maxUses: 3 });
      const answers = await Promise.all(Array.from({ length: 10 }, () => server.register(BODY, token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(7);
      await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(3);
    },
  );

  it('are none while the host has subscribers, which TypeORM tells of statements', async () => {
    await start();
    const seen: string[] = [];
    const subscriber: EntitySubscriberInterface = { beforeQuery: ({ query }) => void seen.push(query) };
    server.dataSource.subscribers.push(subscriber);
    await roundTrip(await server.token());
    expect(seen.filter((query) => query.includes('INSERT INTO "oauth_clients"'))).toHaveLength(1);
    await expect(prepared()).resolves.toEqual([]);
  });

  it('go on without names behind a proxy that forgets them, and say so once', async () => {
    await start();
    const token = await server.token();
    await roundTrip(token);
    log = captureLog();
    await server.dataSource.query('DEALLOCATE ALL');
    for (let i = 0; i < 3; i++) await roundTrip(token);
    expect(log.of('warn').filter((line) => line.includes(REFUSED))).toHaveLength(1);
    await expect(prepared()).resolves.toEqual([]);
  });

  it('outlive a migration of the host that changes the type of a column', async () => {
    await start();
    const token = await server.token();
    const registered = await server.register(BODY, token);
    expect((await read(registered)).status).toBe(200);
    await server.dataSource.query('ALTER TABLE oauth_clients ALTER COLUMN "clientName" TYPE varchar(2000)');
    const answer = await read(registered);
    expect([answer.status, answer.body.client_name]).toEqual([200, BODY.client_name]);
    await roundTrip(token);
    expect((await prepared()).length).toBeGreaterThan(0);
  });

  it('are logged as the statements of TypeORM are, without a secret', async () => {
    const names = ['logQuery', 'logQueryError', 'logQuerySlow', 'logSchemaBuild', 'logMigration', 'log'] as const;
    const logger = Object.fromEntries(names.map((name) => [name, vi.fn()])) as Record<(typeof names)[number], Mock>;
    await start({}, { logger: logger satisfies Logger });
    const token = await server.token();
    logger.logQuery.mockClear();
    const registered = await server.register(BODY, token);
    const queries = logger.logQuery.mock.calls.map(([query]) => String(query));
    expect(queries).toEqual([
      expect.stringContaining('FROM "initial_access_tokens"'),
      expect.stringContaining('INSERT INTO "oauth_clients"'),
    ]);
    const logged = JSON.stringify(logger.logQuery.mock.calls);
    for (const secret of [token, registered.body.client_secret, registered.body.registration_access_token])
      expect(logged).not.toContain(secret);
    await server.dataSource.query('ALTER TABLE initial_access_tokens RENAME TO gone');
    expect((await server.register(BODY, token)).status).toBe(500);
    expect(logger.logQueryError).toHaveBeenCalledTimes(1);
    await server.dataSource.query('ALTER TABLE gone RENAME TO initial_access_tokens');
  });
});
