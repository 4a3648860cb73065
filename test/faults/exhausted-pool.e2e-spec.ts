import { Injectable } from '@nestjs/common';
import {
  RegistrationListener,
  RegistrationPolicy,
  TransactionalRegistrationListener,
  type ClientMetadata,
  type DynamicRegistrationExtras,
} from 'nestjs-dynamic-registration';
import type { QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from '../support/databases.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import { BODY, clientsOf, manage, usesOf } from './client-requests.js';
import { expectUnavailable } from './unavailable.js';

const CONNECTIONS = 2;
const LIMIT = { sqlite: {}, postgres: { max: CONNECTIONS }, mysql: { connectionLimit: CONNECTIONS } };
/** What makes a pool give up by itself; mysql2 does so by the number of those who wait. */
const GIVES_UP = { sqlite: {}, postgres: { connectionTimeoutMillis: 2_000 }, mysql: { queueLimit: 1 } };

/** Pools that never give up by themselves, that do, soon or late, and one with a replica that has connections to spare. */
const pools: readonly {
  readonly name: string;
  typeorm(database: CreatedDatabase, kind: TestDatabase['kind']): object;
}[] = [
  { name: 'that waits for ever', typeorm: (_, kind) => ({ extra: LIMIT[kind] }) },
  { name: 'that gives up by itself', typeorm: (_, kind) => ({ extra: { ...LIMIT[kind], ...GIVES_UP[kind] } }) },
  {
    name: 'of a primary with a replica',
    typeorm: ({ url }, kind) => ({
      url: undefined,
      replication: { master: { url }, slaves: [{ url }] },
      extra: LIMIT[kind],
    }),
  },
];

/** The host takes all connections of its pool, and gives them back. */
class GreedyHost {
  private readonly runners: QueryRunner[] = [];

  constructor(private readonly server: TestServer) {}

  async take(): Promise<void> {
    for (let i = 0; i < CONNECTIONS; i++) {
      const runner = this.server.dataSource.createQueryRunner('master');
      await runner.connect();
      this.runners.push(runner);
    }
  }

  async giveBack(): Promise<void> {
    for (const runner of this.runners.splice(0)) await runner.release();
  }
}

/** Lets requests go on to their write when as many as expected have come so far, and something has happened. */
class Barrier {
  private arrived = 0;
  private open: (() => void) | undefined;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  constructor(
    private readonly expected: number,
    private readonly happens: () => Promise<void>,
  ) {}

  async pass(): Promise<void> {
    this.arrived++;
    if (this.arrived === this.expected) {
      await this.happens();
      this.open?.();
    }
    await this.opened;
  }
}

/** Holds the requests of one server between the look at the credential and the write. */
@Injectable()
class BeforeTheWrite extends RegistrationPolicy {
  barrier: Barrier | undefined;

  async review(proposed: ClientMetadata): Promise<ClientMetadata> {
    await this.barrier?.pass();
    return proposed;
  }
}

@Injectable()
class Afterwards extends RegistrationListener {
  handle(): void {}
}

@Injectable()
class Bystander extends TransactionalRegistrationListener {
  handle(): void {}
}

const remote = databases.filter(({ kind }) => kind !== 'sqlite');
const cases = remote.flatMap((database) =>
  pools.map((pool, i) => ({ database, pool, adapter: adapters[i % 2] ?? 'express' })),
);

/** A server with such a pool, and its host. */
async function start(
  { database, pool, adapter }: (typeof cases)[number],
  listeners: DynamicRegistrationExtras['listeners'] = [],
): Promise<{ server: TestServer; host: GreedyHost }> {
  const pooled: TestDatabase = {
    ...database,
    create: async () => {
      const created = await database.create();
      return {
        ...created,
        options: { ...created.options, ...pool.typeorm(created, database.kind) } as typeof created.options,
      };
    },
  };
  const server = await startServer({ adapter, database: pooled, options: { policies: [BeforeTheWrite], listeners } });
  return { server, host: new GreedyHost(server) };
}

/** A request for every connection is answered, and all of them are the host's for the asking. */
async function expectNothingLost({ server, host }: Awaited<ReturnType<typeof start>>): Promise<void> {
  for (let i = 0; i <= CONNECTIONS; i++) await server.token();
  await host.take();
  await host.giveBack();
}

describe.concurrent.each(cases)(
  'a pool $pool.name, all of it in use ($adapter, $database.name)',
  { timeout: 20_000 },
  (platform) => {
    it('is 503 for every request, and none of them keeps a connection that comes too late', async ({ expect }) => {
      const running = await start(platform);
      const { server, host } = running;
      try {
        const token = await server.token({ owner: 'patient', maxUses: 1 });
        const client = await server.register(BODY);
        await host.take();
        const answers = await Promise.all([
          server.register(BODY, token),
          server.register(BODY, token),
          manage(server, 'GET', client),
          manage(server, 'PUT', client),
          manage(server, 'DELETE', client),
        ]);
        answers.forEach(expectUnavailable);
        await host.giveBack();
        await expect(usesOf(server, token)).resolves.toBe(0);
        expect((await manage(server, 'GET', client)).body.client_name).toBe(BODY.client_name);
        expect((await server.register(BODY, token)).status).toBe(201);
        await expectNothingLost(running);
      } finally {
        await host.giveBack();
        await server.close();
      }
    });
  },
);

const writes = [
  { listener: 'no listener', listeners: [] },
  { listener: 'a listener', listeners: [Afterwards] },
  { listener: 'a listener in the unit of work', listeners: [Bystander] },
];

describe.concurrent.each(cases)(
  'a pool $pool.name, all of it taken before the write ($adapter, $database.name)',
  { timeout: 20_000 },
  (platform) => {
    // Whose pool it is makes no difference to the listeners.
    const some = platform.pool === pools[0] ? writes : writes.slice(0, 1);
    it.for(some)('is 503 with $listener, and nothing is done', async ({ listeners }, { expect }) => {
      const running = await start(platform, listeners);
      const { server, host } = running;
      try {
        const token = await server.token({ owner: 'starved', maxUses: 1 });
        const client = await server.register(BODY);
        const policy = server.app.get(BeforeTheWrite, { strict: false });
        policy.barrier = new Barrier(2, () => host.take());
        const answers = await Promise.all([server.register(BODY, token), manage(server, 'PUT', client)]);
        answers.forEach(expectUnavailable);
        await host.giveBack();
        policy.barrier = undefined;
        await expect(usesOf(server, token)).resolves.toBe(0);
        await expect(clientsOf(server, 'starved')).resolves.toBe(0);
        expect((await manage(server, 'GET', client)).body.client_name).toBe(BODY.client_name);
        expect((await server.register(BODY, token)).status).toBe(201);
        await expectNothingLost(running);
      } finally {
        await host.giveBack();
        await server.close();
      }
    });
  },
);

describe.each(remote)('a pool whose connections come back in time ($name)', (database) => {
  it('keeps the requests waiting and answers them', async () => {
    const server = await startServer({ database, typeorm: { extra: LIMIT[database.kind] } });
    try {
      const host = new GreedyHost(server);
      const token = await server.token({ owner: 'in time', maxUses: 20 });
      await host.take();
      const answers = Array.from({ length: 20 }, () => server.register(BODY, token));
      // All of them wait before the connections come back.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await host.giveBack();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([201]));
      await expect(clientsOf(server, 'in time')).resolves.toBe(20);
    } finally {
      await server.close();
    }
  });
});
