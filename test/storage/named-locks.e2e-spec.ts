import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  OAuthClient,
  RegistrationPolicy,
  TransactionalRegistrationListener,
  type ClientMetadata,
  type RegistrationContext,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';

import type { DataSource, EntityManager } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withLocks } from '../../lib/storage/named-locks.js';
import { expectRefusal } from '../errors/refusal.js';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

/** Bounds the clients of an owner, and all clients; in which order is up to the test. */
@Injectable()
class Bounds extends RegistrationPolicy {
  static maximum = 1_000;
  static isReversed = () => false;

  review(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata {
    const refusal = new AccessDeniedError('no more clients');
    const quotas = [
      { maximum: Bounds.maximum, of: { owner: context.owner }, refusal },
      { maximum: 1_000, of: {}, refusal },
    ];
    for (const quota of Bounds.isReversed() ? quotas.toReversed() : quotas) context.limit(quota);
    return proposed;
  }
}

/** Takes part in the unit of work, under the locks. */
@Injectable()
class Meanwhile extends TransactionalRegistrationListener {
  static happens: ((event: RegistrationEvent, manager: EntityManager) => Promise<unknown>) | undefined;

  async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    await Meanwhile.happens?.(event, manager);
  }
}

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const POOL = 3;
const remote = databases.filter(({ kind }) => kind !== 'sqlite');

describe.each(remote)('locks that what is counted is counted under ($name)', (kind) => {
  let database: CreatedDatabase;
  let instances: readonly [TestServer, TestServer];
  const isPostgres = kind.kind === 'postgres';

  beforeAll(async () => {
    database = await kind.create();
    // A snapshot of the whole transaction is what shows whether it is younger than the lock; it is the default of MariaDB.
    const extra = isPostgres
      ? { max: POOL, options: String.raw`-c default_transaction_isolation=repeatable\ read` }
      : { connectionLimit: POOL };
    const start = () =>
      startServer({
        database: { ...kind, create: async () => ({ ...database, drop: async () => {} }) },
        options: { policies: [Bounds], listeners: [Meanwhile] },
        typeorm: { extra },
      });
    instances = [await start(), await start()];
  });
  afterAll(async () => {
    for (const instance of instances) await instance.close();
    await database.destroy();
  });
  afterEach(() => {
    Meanwhile.happens = undefined;
    Bounds.maximum = 1_000;
    Bounds.isReversed = () => false;
  });

  const [lockOfAll, lockOf] = [JSON.stringify([]), (owner: string) => JSON.stringify([['owner', owner]])];

  /** Holds a lock as another process does, until it is told to let go. */
  async function held(name: string, dataSource: DataSource = instances[0].dataSource): Promise<() => Promise<void>> {
    const runner = dataSource.createQueryRunner();
    let letGo = (): void => {};
    const end = new Promise<void>((resolve) => (letGo = resolve));
    let taken = (): void => {};
    const isTaken = new Promise<void>((resolve) => (taken = resolve));
    const hold = async () => {
      try {
        await withLocks(runner, [name], async (lock) => {
          await runner.startTransaction();
          await lock();
          taken();
          await end;
          await runner.rollbackTransaction();
        });
      } finally {
        await runner.release();
      }
    };
    const all = hold();
    await Promise.race([isTaken, all]);
    return async () => {
      letGo();
      await all;
    };
  }

  const atBoth = async (each: number, token: string): Promise<JsonResponse[]> =>
    Promise.all(Array.from({ length: each }, () => instances.map((instance) => instance.register(BODY, token))).flat());
  const countOf = (owner: string) => instances[0].dataSource.getRepository(OAuthClient).countBy({ owner });

  /** Nothing of before stands in the way of the next registration, on whatever instance. */
  async function expectFree(owner: string): Promise<void> {
    const started = performance.now();
    for (const instance of instances) {
      const { status } = await instance.register(BODY, await instance.token({ owner }));
      expect(status).toBe(201);
    }
    expect(performance.now() - started).toBeLessThan(3_000);
  }

  it('let no more clients in than there may be, at two instances', async () => {
    Bounds.maximum = 7;
    const answers = await atBoth(25, await instances[0].token({ owner: 'seven' }));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, { status: 403, error: 'access_denied', description: 'no more clients' });
    }
    await expect(countOf('seven')).resolves.toBe(7);
  });

  it('are taken in one order, whatever that of the quotas', async () => {
    let turn = 0;
    Bounds.isReversed = () => turn++ % 2 === 0;
    const answers = await atBoth(20, await instances[0].token({ owner: 'both-ways' }));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  });

  it('are given back when a registration is refused, or a listener fails', async () => {
    Bounds.maximum = 1;
    const token = await instances[0].token({ owner: 'refused' });
    expect((await instances[0].register(BODY, token)).status).toBe(201);
    expect((await instances[0].register(BODY, token)).status).toBe(403);
    Meanwhile.happens = () => Promise.reject(new AccessDeniedError('the listener says no'));
    const answer = await instances[0].register(BODY, await instances[0].token({ owner: 'failed' }));
    expectRefusal(answer, { status: 403, error: 'access_denied', description: 'the listener says no' });
    Meanwhile.happens = undefined;
    Bounds.maximum = 1_000;
    await expectFree('after-refusals');
    await expect(countOf('failed')).resolves.toBe(0);
  });

  it('are given back when the connection is lost that holds them', async () => {
    Meanwhile.happens = async (_event, manager) => {
      const own = isPostgres ? 'SELECT pg_terminate_backend(pg_backend_pid())' : 'KILL CONNECTION_ID()';
      await manager.query(own);
    };
    const token = await instances[0].token({ owner: 'lost', maxUses: 1 });
    const answer = await instances[0].register(BODY, token);
    // What a listener meets is its own failure, in whatever words.
    expectRefusal(answer, { status: 500, error: 'server_error', description: /^unexpected error, correlation id / });
    Meanwhile.happens = undefined;
    await expect(countOf('lost')).resolves.toBe(0);
    expect((await instances[1].register(BODY, token)).status).toBe(201);
    await expectFree('after-loss');
  });

  it('are waited for a while, and then the answer is 503 and no use is taken', async () => {
    const letGo = await held(lockOf('late'));
    const token = await instances[0].token({ owner: 'late', maxUses: 1 });
    try {
      const answer = await instances[0].register(BODY, token);
      expectRefusal(answer, {
        status: 503,
        error: 'temporarily_unavailable',
        description: 'the server cannot answer now, try again later',
      });
      expect(answer.headers.get('retry-after')).toBe('1');
    } finally {
      await letGo();
    }
    await expect(countOf('late')).resolves.toBe(0);
    expect((await instances[0].register(BODY, token)).status).toBe(201);
  });

  it('leave connections of the pool to others while they are waited for', async () => {
    const letGo = await held(lockOfAll, instances[1].dataSource);
    const token = await instances[0].token({ owner: 'waiting' });
    const waiting = Array.from({ length: 5 * POOL }, () => instances[0].register(BODY, token));
    try {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const started = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => instances[0].request('GET', '/register/nobody', { token: 'rat_nobody' })),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
      expect(performance.now() - started).toBeLessThan(1_000);
    } finally {
      await letGo();
    }
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  });

  it('are those of one database', async () => {
    const letGo = await held(lockOfAll);
    const other = await startServer({ database: kind, options: { policies: [Bounds] } });
    try {
      const started = performance.now();
      expect((await other.register(BODY)).status).toBe(201);
      expect(performance.now() - started).toBeLessThan(3_000);
    } finally {
      await letGo();
      await other.close();
    }
  });
});
