import { HttpException, Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ConflictError,
  InitialAccessTokenService,
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  OAuthClient,
  OAuthClientService,
  TemporarilyUnavailableError,
  TransactionalRegistrationListener,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import {
  Column,
  Entity,
  EventSubscriber,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  QueryFailedError,
  type EntityManager,
  type EntitySubscriberInterface,
  type InsertEvent,
  type RemoveEvent,
  type UpdateEvent,
} from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BODY, clientsOf, manage, usesOf } from '../faults/client-requests.js';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { adapters, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

/** What the host writes down of every event; the client may be gone by then. */
@Entity('ledger')
class LedgerEntry {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 255 })
  clientId: string;

  @Column({ type: 'varchar', length: 255 })
  text: string;
}

/** What the host knows of a client beside it: a row that cannot be without the client. */
@Entity('profiles')
class Profile {
  @PrimaryColumn({ type: 'varchar', length: 255 })
  clientId: string;

  @ManyToOne(() => OAuthClient, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'clientId' })
  client: OAuthClient;
}

type Step = (event: RegistrationEvent, manager: EntityManager) => void | Promise<void>;

/** What the second of two listeners does after the first one has written; nothing unless a test says so. */
const second: { step?: Step; calls: number } = { calls: 0 };

@Injectable()
class Bookkeeper extends TransactionalRegistrationListener {
  async handle({ type, client: { clientId, version } }: RegistrationEvent, manager: EntityManager): Promise<void> {
    await manager.insert(LedgerEntry, { clientId, text: `${type} at version ${version}` });
    if (type === 'registered') await manager.insert(Profile, { clientId });
  }
}

@Injectable()
class Second extends TransactionalRegistrationListener {
  async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    second.calls++;
    await second.step?.(event, manager);
  }
}

const cases = databases
  .filter(({ kind }) => kind !== 'sqlite')
  .map((database, i) => ({ database, adapter: adapters[i % 2] ?? 'express' }));

describe.each(cases)('rows of the host in the unit of work ($adapter, $database.name)', ({ adapter, database }) => {
  let server: TestServer;
  let log: CapturedLog;
  beforeAll(async () => {
    server = await startServer({
      adapter,
      database,
      options: { listeners: [Bookkeeper, Second] },
      typeorm: { synchronize: true, migrationsRun: false, entities: [LedgerEntry, Profile] },
    });
    log = captureLog();
  });
  afterAll(async () => {
    log.stop();
    await server.close();
  });
  afterEach(() => {
    delete second.step;
    second.calls = 0;
  });

  const rowOf = (clientId: string) => server.dataSource.getRepository(OAuthClient).findOneBy({ clientId });
  const profiles = (clientId: string) => server.dataSource.getRepository(Profile).countBy({ clientId });
  const ledger = async (clientId?: string) => {
    const entries = await server.dataSource.getRepository(LedgerEntry).find({
      ...(clientId === undefined ? {} : { where: { clientId } }),
      order: { id: 'ASC' },
    });
    return entries.map(({ text }) => text);
  };
  const clients = () => server.app.get(OAuthClientService, { strict: false });
  const tokens = () => server.app.get(InitialAccessTokenService, { strict: false });
  const failing =
    (error: Error): Step =>
    () => {
      throw error;
    };
  const lines = () => log.of('error').join('\n');

  it('are there with the client from its registration to its deletion', async () => {
    const client = await server.register(BODY);
    const clientId: string = client.body.client_id;
    expect(client.status).toBe(201);
    await expect(ledger(clientId)).resolves.toEqual(['registered at version 1']);
    await expect(profiles(clientId)).resolves.toBe(1);

    expect((await manage(server, 'PUT', client)).status).toBe(200);
    await expect(ledger(clientId)).resolves.toEqual(['registered at version 1', 'updated at version 2']);
    await expect(rowOf(clientId)).resolves.toMatchObject({ clientName: 'Renamed', version: 2 });

    expect((await manage(server, 'DELETE', client)).status).toBe(204);
    await expect(ledger(clientId)).resolves.toEqual([
      'registered at version 1',
      'updated at version 2',
      'deleted at version 2',
    ]);
    await expect(profiles(clientId)).resolves.toBe(0);
    await expect(rowOf(clientId)).resolves.toBeNull();
  });

  it('are there with a client added by hand, or neither is', async () => {
    const { client } = await clients().create({ ...BODY, clientId: 'by-hand' });
    await expect(clients().find('by-hand')).resolves.toEqual(client);
    await expect(ledger('by-hand')).resolves.toEqual(['registered at version 1']);
    await expect(profiles('by-hand')).resolves.toBe(1);

    const error = new Error('the ledger is closed');
    second.step = failing(error);
    await expect(clients().create({ ...BODY, clientId: 'undone' })).rejects.toBe(error);
    await expect(clients().find('undone')).resolves.toBeUndefined();
    await expect(ledger('undone')).resolves.toEqual([]);
    await expect(profiles('undone')).resolves.toBe(0);

    delete second.step;
    await expect(clients().create({ ...BODY, clientId: 'by-hand' })).rejects.toThrow('client_id is taken already');
    await expect(ledger('by-hand')).resolves.toEqual(['registered at version 1']);
    await expect(clients().create({ ...BODY, clientId: 'undone' })).resolves.toBeDefined();
  });

  const REFUSALS: readonly { error: Error; status: number; code: string; description: string; headers?: object }[] = [
    {
      error: new AccessDeniedError('the account is closed'),
      status: 403,
      code: 'access_denied',
      description: 'the account is closed',
    },
    {
      error: new InvalidClientMetadataError('client_name is taken by another client'),
      status: 400,
      code: 'invalid_client_metadata',
      description: 'client_name is taken by another client',
    },
    {
      error: new InvalidRedirectUriError('redirect_uris must be of one site'),
      status: 400,
      code: 'invalid_redirect_uri',
      description: 'redirect_uris must be of one site',
    },
    {
      error: new ConflictError('the account is being moved'),
      status: 409,
      code: 'temporarily_unavailable',
      description: 'the account is being moved',
      headers: { 'retry-after': '1' },
    },
    {
      error: new TemporarilyUnavailableError('the ledger is being printed'),
      status: 503,
      code: 'temporarily_unavailable',
      description: 'the server cannot answer now, try again later',
      headers: { 'retry-after': '1' },
    },
    {
      error: new HttpException('the quota of the account is used up', 429),
      status: 429,
      code: 'temporarily_unavailable',
      description: 'too many requests',
      headers: { 'retry-after': '1' },
    },
  ];
  const expectAnswer = (
    answer: JsonResponse,
    { status, code, description, headers = {} }: (typeof REFUSALS)[number],
  ) => {
    expect({ status: answer.status, ...answer.body }).toEqual({ status, error: code, error_description: description });
    expect({
      'content-type': answer.headers.get('content-type')?.split(';')[0],
      'cache-control': answer.headers.get('cache-control'),
      'retry-after': answer.headers.get('retry-after'),
      'www-authenticate': answer.headers.get('www-authenticate'),
    }).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'retry-after': null,
      'www-authenticate': null,
      ...headers,
    });
  };

  it.each(REFUSALS.map((refusal) => ({ ...refusal, name: refusal.error.constructor.name })))(
    'are undone by a refusal of the host ($name), which is what the caller is told',
    async (refusal) => {
      const owner = `refused ${refusal.name}`;
      const token = await server.token({ owner, maxUses: 1 });
      const before = await ledger();
      second.step = failing(refusal.error);
      expectAnswer(await server.register(BODY, token), refusal);
      await expect(clientsOf(server, owner)).resolves.toBe(0);
      await expect(usesOf(server, token)).resolves.toBe(0);
      await expect(ledger()).resolves.toEqual(before);
      expect(second.calls).toBe(1);

      delete second.step;
      const client = await server.register(BODY, token);
      expect(client.status).toBe(201);
      const clientId: string = client.body.client_id;
      const row = await rowOf(clientId);
      second.step = failing(refusal.error);
      expectAnswer(await manage(server, 'PUT', client), refusal);
      expectAnswer(await manage(server, 'DELETE', client), refusal);
      await expect(rowOf(clientId)).resolves.toEqual(row);
      await expect(ledger(clientId)).resolves.toEqual(['registered at version 1']);
      await expect(profiles(clientId)).resolves.toBe(1);
      expect((await manage(server, 'GET', client)).status).toBe(200);
    },
  );

  /** A statement that fails: the row is there already, or its client no longer. */
  const twice: Step = async ({ client: { clientId } }, manager) => {
    await manager.insert(Profile, { clientId });
  };

  it('that are there already are no client_id that is taken: nothing is tried again, and nobody is told of them', async () => {
    const token = await server.token({ owner: 'twice', maxUses: 1 });
    const before = await ledger();
    second.step = twice;
    const { status, headers, body } = await server.register(BODY, token);
    expect(status).toBe(500);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      error: 'server_error',
      error_description: expect.stringMatching(/^unexpected error, correlation id [0-9a-f-]{36}$/),
    });
    expect(lines()).toContain(String(body.error_description).slice(-36));
    expect(second.calls).toBe(1);
    await expect(clientsOf(server, 'twice')).resolves.toBe(0);
    await expect(usesOf(server, token)).resolves.toBe(0);
    await expect(ledger()).resolves.toEqual(before);

    const failure = await clients()
      .create({ ...BODY, clientId: 'free' })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(QueryFailedError);
    await expect(clients().find('free')).resolves.toBeUndefined();
  });

  describe('of which one fails and the listener hides it', () => {
    const failures: unknown[] = [];
    /** As hosts do for a row that may be there already. */
    const hiding =
      (step: Step): Step =>
      async (event, manager) => {
        try {
          await step(event, manager);
        } catch (error) {
          failures.push(error);
        }
      };
    afterEach(() => void failures.splice(0));

    /** Whatever the database makes of it, which on PostgreSQL is a rollback: the answer says what is stored. */
    const expectTold = (status: number, told: number, isTrue: boolean): void => {
      expect(failures).toHaveLength(1);
      expect([told, 500, 503]).toContain(status);
      expect({ status, isTrue }).toEqual({ status, isTrue: status === told });
    };

    it('never make up a client that is not stored', async () => {
      const token = await server.token({ owner: 'hidden', maxUses: 1 });
      second.step = hiding(twice);
      const { status } = await server.register(BODY, token);
      const stored = await clientsOf(server, 'hidden');
      expectTold(status, 201, stored === 1);
      await expect(usesOf(server, token)).resolves.toBe(stored);
    });

    it('never make up an update', async () => {
      const client = await server.register(BODY);
      second.step = hiding(twice);
      const { status } = await manage(server, 'PUT', client);
      const row = await rowOf(client.body.client_id);
      expectTold(status, 200, row?.clientName === 'Renamed');
    });

    it('never make up a deletion', async () => {
      const client = await server.register(BODY);
      second.step = hiding(twice);
      const { status } = await manage(server, 'DELETE', client);
      expectTold(status, 204, (await rowOf(client.body.client_id)) === null);
      delete second.step;
      expect((await manage(server, 'GET', client)).status).toBe(status === 204 ? 401 : 200);
    });

    it('never make up a client added by hand', async () => {
      second.step = hiding(twice);
      const status = await clients()
        .create({ ...BODY, clientId: 'made-up' })
        .then(
          () => 201,
          () => 500,
        );
      expectTold(status, 201, (await clients().find('made-up')) !== undefined);
    });

    if (database.kind === 'mysql') {
      it('never make up a client where the database has undone everything because of a deadlock', async () => {
        const token = await server.token({ owner: 'deadlocked', maxUses: 1 });
        const other = server.dataSource.createQueryRunner('master');
        let ended: Promise<unknown> = Promise.resolve();
        try {
          await other.startTransaction();
          // Of two transactions in each other's way the one ends that has written less.
          const written = Array.from({ length: 50 }, () => ({ clientId: 'of another', text: 'written' }));
          const [locked] = await other.manager.save(LedgerEntry, written);
          second.step = hiding(async ({ client: { clientId } }, manager) => {
            ended = other.manager.insert(Profile, { clientId }).catch(() => undefined);
            await manager.update(LedgerEntry, { id: locked?.id ?? 0 }, { text: 'changed' });
          });
          const { status } = await server.register(BODY, token);
          await ended;
          expect(failures).toEqual([expect.objectContaining({ code: 'ER_LOCK_DEADLOCK' })]);
          const stored = await clientsOf(server, 'deadlocked');
          expectTold(status, 201, stored === 1);
          await expect(usesOf(server, token)).resolves.toBe(stored);
        } finally {
          if (other.isTransactionActive) await other.rollbackTransaction();
          await other.release();
        }
      });
    }
  });

  it('are as many as the clients of a token whose uses end', async () => {
    const token = await server.token({ owner: 'limited', maxUses: 5 });
    const before = (await ledger()).length;
    // Every third one is refused by the host after its rows are written.
    let asked = 0;
    second.step = () => {
      if (asked++ % 3 === 2) throw new AccessDeniedError('not this one');
    };
    const answers = await Promise.all(Array.from({ length: 24 }, () => server.register(BODY, token)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set([201, 401, 403, ...statuses])).toEqual(new Set([201, 401, 403]));
    expect(statuses.filter((status) => status === 201)).toHaveLength(5);
    expect(statuses.filter((status) => status === 403).length).toBeGreaterThan(0);
    await expect(clientsOf(server, 'limited')).resolves.toBe(5);
    expect((await tokens().find(token))?.uses).toBe(5);
    expect((await ledger()).length - before).toBe(5);
  });
});

/** Asks for what is not there after each write of a client, and hides that it failed; only when a test says so. */
@EventSubscriber()
class HidingSubscriber implements EntitySubscriberInterface<OAuthClient> {
  static isAsking = false;
  static hidden = 0;

  listenTo() {
    return OAuthClient;
  }

  afterInsert({ manager }: InsertEvent<OAuthClient>): Promise<void> {
    return this.ask(manager);
  }

  afterUpdate({ manager }: UpdateEvent<OAuthClient>): Promise<void> {
    return this.ask(manager);
  }

  afterRemove({ manager }: RemoveEvent<OAuthClient>): Promise<void> {
    return this.ask(manager);
  }

  private async ask(manager: EntityManager): Promise<void> {
    if (!HidingSubscriber.isAsking) return;
    await manager.query('SELECT 1 FROM no_such_table').catch(() => HidingSubscriber.hidden++);
  }
}

describe.each(cases)('a subscriber that hides a failure ($adapter, $database.name)', ({ adapter, database }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ adapter, database, typeorm: { subscribers: [HidingSubscriber] } });
  });
  afterAll(() => server.close());
  afterEach(() => {
    HidingSubscriber.isAsking = false;
    HidingSubscriber.hidden = 0;
  });

  const rowOf = (clientId: string) => server.dataSource.getRepository(OAuthClient).findOneBy({ clientId });
  const hiding = async (request: () => Promise<JsonResponse>) => {
    HidingSubscriber.isAsking = true;
    const { status } = await request();
    HidingSubscriber.isAsking = false;
    expect(HidingSubscriber.hidden).toBe(1);
    return status;
  };

  it('never makes up a registration', async () => {
    for (const maxUses of [1, undefined]) {
      HidingSubscriber.hidden = 0;
      const token = await server.token({ owner: `hidden ${maxUses}`, ...(maxUses && { maxUses }) });
      const status = await hiding(() => server.register(BODY, token));
      expect([201, 500, 503]).toContain(status);
      await expect(clientsOf(server, `hidden ${maxUses}`)).resolves.toBe(status === 201 ? 1 : 0);
      await expect(usesOf(server, token)).resolves.toBe(status === 201 && maxUses ? 1 : 0);
    }
  });

  it('never makes up an update', async () => {
    const client = await server.register(BODY);
    const status = await hiding(() => manage(server, 'PUT', client));
    expect([200, 500, 503]).toContain(status);
    const row = await rowOf(client.body.client_id);
    expect({ status, name: row?.clientName }).toEqual({ status, name: status === 200 ? 'Renamed' : 'Tide Tables' });
  });

  it('never makes up a deletion', async () => {
    const client = await server.register(BODY);
    const status = await hiding(() => manage(server, 'DELETE', client));
    expect([204, 500, 503]).toContain(status);
    const isStored = (await rowOf(client.body.client_id)) !== null;
    expect({ status, isStored }).toEqual({ status, isStored: status !== 204 });
  });
});
