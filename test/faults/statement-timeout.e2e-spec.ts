import { Injectable } from '@nestjs/common';
import { OAuthClient, TransactionalRegistrationListener, InitialAccessToken } from 'nestjs-dynamic-registration';
import { DataSource, type QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { captureLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import { BODY, clientsOf, manage, usesOf } from './client-requests.js';
import { expectUnavailable } from './unavailable.js';

/** How long a statement may take, by whom: a third of a second everywhere, or the least that can be said. */
const limits = [
  { kind: 'postgres', name: 'statement_timeout', extra: { statement_timeout: 300 }, session: undefined },
  { kind: 'postgres', name: 'lock_timeout', extra: { lock_timeout: 300 }, session: undefined },
  { kind: 'postgres', name: "the driver's query_timeout", extra: { query_timeout: 300 }, session: undefined },
  { kind: 'mysql', name: 'innodb_lock_wait_timeout', extra: {}, session: 'SET SESSION innodb_lock_wait_timeout = 1' },
  { kind: 'mysql', name: 'max_statement_time', extra: {}, session: 'SET SESSION max_statement_time = 0.3' },
] as const;

@Injectable()
class Bystander extends TransactionalRegistrationListener {
  handle(): void {}
}

const all = databases.flatMap((database) =>
  limits
    .filter(({ kind }) => kind === database.kind)
    .flatMap((limit) => [
      { database, limit, adapter: adapters[0], listeners: [], with: 'without listeners' },
      { database, limit, adapter: adapters[1], listeners: [Bystander], with: 'with one in the unit of work' },
    ]),
);

// A single statement that only the driver gives up on may still be done: nobody can tell, as with a connection that is lost.
const cases = all.filter(({ limit, listeners }) => limit.name !== "the driver's query_timeout" || listeners.length > 0);

/** The rows of clients and tokens in the hands of another process, until `end()`. */
async function holdRows(server: TestServer): Promise<{ end(): Promise<void> }> {
  const entities = [OAuthClient, InitialAccessToken];
  const other = await new DataSource({ ...server.database.options, entities }).initialize();
  const runner: QueryRunner = other.createQueryRunner();
  await runner.startTransaction();
  for (const entity of entities) await runner.query(`SELECT * FROM ${other.getMetadata(entity).tablePath} FOR UPDATE`);
  return {
    end: async () => {
      await runner.rollbackTransaction();
      await runner.release();
      await other.destroy();
    },
  };
}

describe.each(cases)(
  'a statement ended by $limit.name, $with ($adapter, $database.name)',
  ({ database, limit, adapter, listeners }) => {
    it('is 503 with Retry-After, nothing is half done, and the same request succeeds later', async () => {
      const server = await startServer({
        adapter,
        database,
        options: { listeners },
        // One connection, so that what is set for the session is set for all.
        typeorm: { extra: { ...limit.extra, ...(limit.session ? { connectionLimit: 1 } : {}) } },
      });
      const log = captureLog();
      let rows: Awaited<ReturnType<typeof holdRows>> | undefined;
      try {
        const token = await server.token({ owner: 'slow', maxUses: 1 });
        const client = await server.register(BODY);
        if (limit.session) await server.dataSource.query(limit.session);
        rows = await holdRows(server);
        expectUnavailable(await server.register(BODY, token));
        expectUnavailable(await manage(server, 'PUT', client));
        expectUnavailable(await manage(server, 'DELETE', client));
        await rows.end();
        rows = undefined;

        expect(log.of('error')).toEqual([]);
        expect(log.of('warn')).toHaveLength(3);
        expect(log.lines.map(({ text }) => text).join('\n')).not.toMatch(
          /select|insert|update|delete|oauth_clients|\n *at /i,
        );
        await expect(clientsOf(server, 'slow')).resolves.toBe(0);
        await expect(usesOf(server, token)).resolves.toBe(0);
        expect((await manage(server, 'GET', client)).body).toMatchObject(BODY);
        expect((await manage(server, 'PUT', client)).status).toBe(200);
        expect((await server.register(BODY, token)).status).toBe(201);
        expect((await manage(server, 'DELETE', client)).status).toBe(204);
      } finally {
        log.stop();
        await server.close();
      }
    });
  },
);
