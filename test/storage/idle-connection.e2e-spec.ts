import { DynamicRegistrationModule, InitialAccessToken, OAuthClient } from 'nestjs-dynamic-registration';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Entity, Table, type EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY, clientsOf, manage, usesOf } from '../faults/client-requests.js';
import { databases } from '../support/databases.js';
import { adapters, ISSUER, startServer, type TestServer } from '../support/start-server.js';

const sqlite = databases.filter(({ kind }) => kind === 'sqlite');
const cases = sqlite.flatMap((database) => adapters.map((adapter) => ({ database, adapter })));
const PARALLEL = 100;

class Rollback extends Error {}

/** What a host does without a pause: the next transaction begins in the very tick in which the last one ends. */
class BusyHost {
  committed = 0;
  rolledBack = 0;
  private running = true;
  private ended: Promise<void> | undefined;

  constructor(
    private readonly server: TestServer,
    private readonly transactions: (host: BusyHost) => Promise<void>,
  ) {}

  /** Begins and does not stop until `end()`; an error of a transaction ends it. */
  async begin(): Promise<void> {
    this.ended = this.loop();
    await setImmediate();
  }

  async end(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  /** A transaction with a pause in the middle, through TypeORM. */
  async transaction(end: 'commit' | 'rollback', within?: (manager: EntityManager) => Promise<void>): Promise<void> {
    const done = this.server.dataSource.transaction(async (manager) => {
      await this.insert(manager);
      await within?.(manager);
      await setImmediate();
      if (end === 'rollback') throw new Rollback();
    });
    await done.catch((error: unknown) => {
      if (!(error instanceof Rollback)) throw error;
    });
    if (end === 'commit') this.committed++;
    else this.rolledBack++;
  }

  /** The same by hand, through TypeORM's connection. */
  async byHand(end: 'commit' | 'rollback'): Promise<void> {
    const { manager } = this.server.dataSource;
    await manager.query('BEGIN');
    await this.insert(manager);
    await setImmediate();
    await manager.query(end);
    if (end === 'commit') this.committed++;
    else this.rolledBack++;
  }

  private async insert(manager: EntityManager): Promise<void> {
    await manager.query('INSERT INTO host_rows DEFAULT VALUES');
  }

  private async loop(): Promise<void> {
    while (this.running) await this.transactions(this);
  }
}

const hosts: readonly { readonly name: string; readonly transactions: (host: BusyHost) => Promise<void> }[] = [
  { name: 'commits', transactions: (host) => host.transaction('commit') },
  { name: 'rolls back', transactions: (host) => host.transaction('rollback') },
  {
    name: 'does either in turn',
    transactions: async (host) => {
      await host.transaction('commit');
      await host.transaction('rollback');
    },
  },
  {
    name: 'nests transactions that commit and roll back in one that rolls back',
    transactions: (host) =>
      host.transaction('rollback', async (manager) => {
        await manager.transaction(() => setImmediate());
        const failing = manager.transaction(async () => {
          await setImmediate();
          throw new Rollback();
        });
        await failing.catch(() => undefined);
      }),
  },
  {
    name: 'nests transactions that commit and roll back in one that commits',
    transactions: (host) =>
      host.transaction('commit', async (manager) => {
        await manager.transaction(() => setImmediate());
        const failing = manager.transaction(() => Promise.reject(new Rollback()));
        await failing.catch(() => undefined);
      }),
  },
  {
    name: 'begins and ends its transactions by hand',
    transactions: async (host) => {
      await host.byHand('commit');
      await host.byHand('rollback');
    },
  },
];

describe.each(cases)(
  'a host that is in a transaction all the time ($adapter, $database.name)',
  ({ adapter, database }) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ adapter, database });
      await server.dataSource.createQueryRunner().createTable(
        new Table({
          name: 'host_rows',
          columns: [{ name: 'id', type: 'integer', isPrimary: true, isGenerated: true }],
        }),
      );
    });
    afterAll(() => server.close());

    const hostRows = async (): Promise<number> => {
      const rows: { n: number }[] = await server.dataSource.query('SELECT count(*) AS n FROM host_rows');
      return rows[0]?.n ?? -1;
    };

    const registered = async (owner: string) => {
      const token = await server.token({ owner });
      return Promise.all(Array.from({ length: PARALLEL / 4 }, () => server.register(BODY, token)));
    };

    it.each(hosts)(
      'and $name: every registration, update and deletion is done, and none is part of it',
      async ({ name, transactions }) => {
        const token = await server.token({ owner: name, maxUses: PARALLEL });
        const updated = await registered(`${name}, updated`);
        const deleted = await registered(`${name}, deleted`);
        const before = await hostRows();
        const subscribers = [...server.dataSource.subscribers];

        const host = new BusyHost(server, transactions);
        await host.begin();
        const answers = await Promise.all([
          ...Array.from({ length: PARALLEL }, () => server.register(BODY, token)),
          ...updated.map((client) => manage(server, 'PUT', client)),
          ...deleted.map((client) => manage(server, 'DELETE', client)),
        ]);
        await host.end();

        const count = (status: number) => answers.filter((answer) => answer.status === status).length;
        expect([count(201), count(200), count(204)]).toEqual([PARALLEL, updated.length, deleted.length]);
        await expect(clientsOf(server, name)).resolves.toBe(PARALLEL);
        await expect(usesOf(server, token)).resolves.toBe(PARALLEL);
        const clients = server.dataSource.getRepository(OAuthClient);
        const renamed = { owner: `${name}, updated`, clientName: 'Renamed', version: 2 };
        await expect(clients.countBy(renamed)).resolves.toBe(updated.length);
        await expect(clientsOf(server, `${name}, deleted`)).resolves.toBe(0);
        expect(host.committed + host.rolledBack).toBeGreaterThan(1);
        await expect(hostRows()).resolves.toBe(before + host.committed);
        await expect.poll(() => server.dataSource.subscribers).toEqual(subscribers);
      },
    );
  },
);

/** The part of the driver's interface with which a host reads row by row. */
interface RowReader {
  prepare(sql: string): { iterate(): IterableIterator<unknown> };
}

describe.each(sqlite)('a host that reads row by row ($name)', (database) => {
  it('has a registration wait for the end of it, where the driver executes nothing else meanwhile', async () => {
    const server = await startServer({ database });
    try {
      const token = await server.token();
      const { databaseConnection } = server.dataSource.driver as unknown as { databaseConnection: RowReader };
      const rows = databaseConnection.prepare('SELECT 1 UNION ALL SELECT 2').iterate();
      expect(rows.next().done).toBe(false);
      const registration = server.register(BODY, token);
      await setTimeout(300);
      rows.return?.();
      expect((await registration).status).toBe(201);
    } finally {
      await server.close();
    }
  });
});

@Entity('second_clients')
class SecondClient extends OAuthClient {}

@Entity('second_tokens')
class SecondToken extends InitialAccessToken {}

describe.each(sqlite)('two imports on one data source ($name)', (database) => {
  it('wait for the same transactions, each for itself', async () => {
    const server = await startServer({
      database,
      options: { access: 'open' },
      typeorm: { synchronize: true, migrationsRun: false },
      imports: [
        DynamicRegistrationModule.forRoot({
          issuer: ISSUER,
          path: 'second',
          access: 'open',
          entities: { client: SecondClient, initialAccessToken: SecondToken },
        }),
      ],
    });
    try {
      await server.dataSource.query('CREATE TABLE host_rows (id integer PRIMARY KEY)');
      const host = new BusyHost(server, (self) => self.transaction('rollback'));
      await host.begin();
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, i) => server.request('POST', i % 2 ? '/register' : '/second', { body: BODY })),
      );
      await host.end();
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(20);
      await expect(server.dataSource.getRepository(SecondClient).count()).resolves.toBe(20);
    } finally {
      await server.close();
    }
  });
});
