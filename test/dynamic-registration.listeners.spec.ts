import { Injectable } from '@nestjs/common';
import {
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  RegistrationListener,
  TransactionalRegistrationListener,
  type DynamicRegistrationExtras,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import {
  BeforeInsert,
  Column,
  Entity,
  EventSubscriber,
  PrimaryGeneratedColumn,
  type EntityManager,
  type EntitySubscriberInterface,
  type InsertEvent,
  type RemoveEvent,
  type UpdateEvent,
} from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { captureLog } from './support/captured-log.js';
import { databases, type TestDatabase } from './support/databases.js';
import { startServer, type JsonResponse, type TestServer } from './support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

@Entity('host_notes')
class HostNote {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 255 })
  clientId: string;

  @Column({ type: 'varchar', length: 255 })
  event: string;
}

/** What a listener of the tests does when it is told something. */
type Reaction = (event: RegistrationEvent, manager?: EntityManager) => void | Promise<void>;
const reactions: { after?: Reaction; within?: Reaction } = {};
afterEach(() => {
  delete reactions.after;
  delete reactions.within;
});

@Injectable()
class After extends RegistrationListener {
  async handle(event: RegistrationEvent): Promise<void> {
    await reactions.after?.(event);
  }
}

@Injectable()
class Within extends TransactionalRegistrationListener {
  async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    await reactions.within?.(event, manager);
  }
}

const note: Reaction = async (event, manager) => {
  await manager?.insert(HostNote, { clientId: event.client.clientId, event: event.type });
};

const start = (database: TestDatabase, options: DynamicRegistrationExtras, entities: unknown[] = []) =>
  startServer({
    database,
    options,
    typeorm: { synchronize: true, migrationsRun: false, entities: [HostNote, ...entities] as never },
  });

const manage = (server: TestServer, method: string, client: JsonResponse, body?: object) =>
  server.request(method, `/register/${client.body.client_id}`, {
    token: client.body.registration_access_token,
    ...(body ? { body: { client_id: client.body.client_id, ...body } } : {}),
  });
const usesOf = async (server: TestServer, token: string) =>
  (await server.app.get(InitialAccessTokenService, { strict: false }).find(token))?.uses;
const notesOf = (server: TestServer, clientId: string) =>
  server.dataSource.getRepository(HostNote).findBy({ clientId });

describe.each(databases)('registration listeners ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start(database, { listeners: [After] });
  });
  afterAll(() => server.close());

  it('are told of registration, update with the previous state, and deletion', async () => {
    const events: RegistrationEvent[] = [];
    reactions.after = (event) => void events.push(event);
    const client = await server.register(BODY, await server.token({ owner: 'acme' }));
    await manage(server, 'GET', client);
    await manage(server, 'PUT', client, { ...BODY, client_name: 'Renamed' });
    await manage(server, 'DELETE', client);

    expect(events.map(({ type }) => type)).toEqual(['registered', 'updated', 'deleted']);
    const [registered, updated, deleted] = events;
    const clientId: string = client.body.client_id;
    expect(registered?.client).toMatchObject({ clientId, clientName: 'Tide Tables', owner: 'acme', version: 1 });
    expect(registered?.client).toBeInstanceOf(OAuthClient);
    expect(registered?.previous).toBeUndefined();
    expect(registered?.credential).toMatchObject({ owner: 'acme', initialAccessToken: { owner: 'acme' } });
    expect(updated?.client).toMatchObject({ clientId, clientName: 'Renamed', owner: 'acme', version: 2 });
    expect(updated?.previous).toMatchObject({ clientId, clientName: 'Tide Tables', version: 1 });
    expect(deleted?.client).toMatchObject({ clientId, clientName: 'Renamed', version: 2 });
    expect(deleted?.previous).toBeUndefined();
  });

  it('are told of a client added by hand', async () => {
    const events: RegistrationEvent[] = [];
    reactions.after = (event) => void events.push(event);
    const { client } = await server.app.get(OAuthClientService, { strict: false }).create(BODY);
    expect(events).toEqual([
      { type: 'registered', reason: 'administered', client, previous: undefined, credential: undefined },
    ]);
  });

  it('hear nothing of what was refused', async () => {
    const events: RegistrationEvent[] = [];
    const client = await server.register(BODY);
    reactions.after = (event) => void events.push(event);
    expect((await server.register({ redirect_uris: ['nowhere'] })).status).toBe(400);
    expect((await server.register(BODY, null)).status).toBe(401);
    expect((await manage(server, 'PUT', client, { redirect_uris: ['nowhere'] })).status).toBe(400);
    expect(events).toEqual([]);
  });

  it('find the client stored', async () => {
    let stored: unknown;
    reactions.after = async ({ client }) => {
      stored = await server.dataSource.getRepository(OAuthClient).findOneBy({ clientId: client.clientId });
    };
    const { body } = await server.register(BODY);
    expect(stored).toMatchObject({ clientId: body.client_id });
  });

  it('fail without a consequence but a line in the log', async () => {
    const log = captureLog();
    try {
      reactions.after = ({ type }) => {
        throw new Error(`no mail about ${type}`);
      };
      const client = await server.register(BODY);
      expect(client.status).toBe(201);
      expect((await manage(server, 'PUT', client, { ...BODY, client_name: 'Renamed' })).status).toBe(200);
      expect((await manage(server, 'DELETE', client)).status).toBe(204);
      expect((await manage(server, 'GET', client)).status).toBe(401);
      const lines = log.of('error');
      expect(lines).toHaveLength(3);
      for (const [i, type] of ['registered', 'updated', 'deleted'].entries()) {
        expect(lines[i]).toContain(`the listener After failed after a client was ${type}`);
        expect(lines[i]).toContain(`no mail about ${type}`);
      }
    } finally {
      log.stop();
    }
  });
});

const transactional = databases.filter(({ kind }) => kind !== 'sqlite');

/** A statement that is still on its way when something else has failed. */
const slowly: Record<string, string> = { postgres: 'SELECT pg_sleep(0.3)', mysql: 'SELECT SLEEP(0.3)' };

describe.each(transactional)('listeners in the unit of work ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start(database, { listeners: [Within, After] });
  });
  afterAll(() => server.close());

  it('write with the client what they write through their manager', async () => {
    reactions.within = note;
    const client = await server.register(BODY);
    expect(client.status).toBe(201);
    expect((await manage(server, 'PUT', client, { ...BODY, client_name: 'Renamed' })).status).toBe(200);
    expect((await manage(server, 'DELETE', client)).status).toBe(204);
    const notes = await notesOf(server, client.body.client_id);
    expect(notes.map(({ event }) => event)).toEqual(['registered', 'updated', 'deleted']);
  });

  it('are heard before anybody else sees the client', async () => {
    let seen: unknown = 'nothing';
    reactions.within = async ({ client }) => {
      seen = await server.dataSource.getRepository(OAuthClient).findOneBy({ clientId: client.clientId });
    };
    expect((await server.register(BODY)).status).toBe(201);
    expect(seen).toBeNull();
  });

  it('undo a registration with their failure, which takes no use of the token', async () => {
    const token = await server.token({ owner: 'undone', maxUses: 1 });
    const told: RegistrationEvent[] = [];
    reactions.after = (event) => void told.push(event);
    reactions.within = async (event, manager) => {
      await note(event, manager);
      throw new Error('the ledger is closed');
    };
    const log = captureLog();
    const { status, body } = await server.register(BODY, token);
    log.stop();
    expect(status).toBe(500);
    expect(body).toEqual({
      error: 'server_error',
      error_description: expect.stringMatching(/^unexpected error, correlation id [0-9a-f-]{36}$/),
    });
    expect(log.of('error').join('\n')).toContain('the ledger is closed');
    await expect(usesOf(server, token)).resolves.toBe(0);
    await expect(server.dataSource.getRepository(OAuthClient).countBy({ owner: 'undone' })).resolves.toBe(0);
    expect(told).toEqual([]);
    delete reactions.within;
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('undo with their failure what is still on its way, and write nothing after it', async () => {
    // More of them than the pool has connections.
    const tokens = await Promise.all(Array.from({ length: 15 }, () => server.token({ owner: 'halfway', maxUses: 1 })));
    const slow = slowly[database.kind] ?? '';
    const unhandled: unknown[] = [];
    const noteUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', noteUnhandled);
    const log = captureLog();
    const clientIds: string[] = [];
    reactions.within = async (event, manager) => {
      clientIds.push(event.client.clientId);
      await note(event, manager);
      const goingOn = async () => {
        await manager?.query(slow);
        await note(event, manager);
      };
      await Promise.all([goingOn(), Promise.reject(new Error('the ledger is closed'))]);
    };
    try {
      const answers = await Promise.all(tokens.map((token) => server.register(BODY, token)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
      expect(log.of('error').join('\n')).toContain('the ledger is closed');
      // By then everything that was on its way would have come to its end.
      await server.dataSource.query(slow);
      await server.dataSource.query(slow);
      const notes = await Promise.all(clientIds.map((clientId) => notesOf(server, clientId)));
      expect(notes.flat()).toEqual([]);
      await expect(server.dataSource.getRepository(OAuthClient).countBy({ owner: 'halfway' })).resolves.toBe(0);
      delete reactions.within;
      // Each token has its one use still.
      const registered = await Promise.all(tokens.map((token) => server.register(BODY, token)));
      expect(new Set(registered.map(({ status }) => status))).toEqual(new Set([201]));
      expect(unhandled).toEqual([]);
    } finally {
      log.stop();
      process.off('unhandledRejection', noteUnhandled);
    }
  });

  it('undo an update and a deletion with their failure', async () => {
    const client = await server.register(BODY);
    const row = () => server.dataSource.getRepository(OAuthClient).findOneBy({ clientId: client.body.client_id });
    const before = await row();
    reactions.within = async (event, manager) => {
      await note(event, manager);
      throw new Error('the ledger is closed');
    };
    expect((await manage(server, 'PUT', client, { ...BODY, client_name: 'Renamed' })).status).toBe(500);
    expect((await manage(server, 'DELETE', client)).status).toBe(500);
    await expect(row()).resolves.toEqual(before);
    await expect(notesOf(server, client.body.client_id)).resolves.toEqual([]);
  });

  it('count the uses of a token exactly, and never run out of connections', async () => {
    reactions.within = note;
    const token = await server.token({ owner: 'parallel', maxUses: 7 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => server.register(BODY, token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(43);
    await expect(usesOf(server, token)).resolves.toBe(7);
    await expect(server.dataSource.getRepository(OAuthClient).countBy({ owner: 'parallel' })).resolves.toBe(7);
  });
});

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))(
  'listeners in the unit of work ($name)',
  (database) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await start(database, { listeners: [Within] });
    });
    afterAll(() => server.close());

    it('run after the client is stored, with a manager', async () => {
      reactions.within = async (event, manager) => {
        await expect(manager?.findOneBy(OAuthClient, { clientId: event.client.clientId })).resolves.toMatchObject({
          clientId: event.client.clientId,
        });
        await note(event, manager);
      };
      const { status, body } = await server.register(BODY);
      expect(status).toBe(201);
      await expect(notesOf(server, body.client_id)).resolves.toHaveLength(1);
    });

    it('fail without a consequence but a line in the log', async () => {
      const log = captureLog();
      reactions.within = () => {
        throw new Error('the ledger is closed');
      };
      const token = await server.token({ maxUses: 1 });
      const { status } = await server.register(BODY, token);
      log.stop();
      expect(status).toBe(201);
      await expect(usesOf(server, token)).resolves.toBe(1);
      expect(log.of('error').join('\n')).toContain('the ledger is closed');
    });
  },
);

const hooked: string[] = [];

@Entity('hooked_clients')
class HookedClient extends OAuthClient {
  @Column({ type: 'varchar', length: 64, nullable: true })
  note: string | null;

  @BeforeInsert()
  fill(): void {
    hooked.push(`BeforeInsert ${this.clientName}`);
    this.note = `made for ${this.clientName}`;
  }
}

@Entity('broken_clients')
class BrokenClient extends OAuthClient {
  @BeforeInsert()
  fail(): void {
    throw new Error('the hook is broken');
  }
}

@Entity('watched_clients')
class WatchedClient extends OAuthClient {
  @Column({ type: 'varchar', length: 64, nullable: true })
  note: string | null;
}

@EventSubscriber()
class ClientSubscriber implements EntitySubscriberInterface<WatchedClient> {
  listenTo = () => WatchedClient;

  beforeInsert({ entity }: InsertEvent<WatchedClient>): void {
    hooked.push(`beforeInsert ${entity.clientName}`);
    entity.note = `seen ${entity.clientName}`;
  }

  afterInsert({ entity }: InsertEvent<WatchedClient>): void {
    hooked.push(`afterInsert ${entity.clientName}`);
  }

  beforeUpdate({ entity }: UpdateEvent<WatchedClient>): void {
    hooked.push(`beforeUpdate ${entity?.['clientName']}`);
  }

  afterUpdate({ entity }: UpdateEvent<WatchedClient>): void {
    hooked.push(`afterUpdate ${entity?.['clientName']}`);
  }

  beforeRemove({ metadata }: RemoveEvent<WatchedClient>): void {
    hooked.push(`beforeRemove ${metadata.name}`);
  }

  afterRemove({ metadata }: RemoveEvent<WatchedClient>): void {
    hooked.push(`afterRemove ${metadata.name}`);
  }
}

describe.each(databases)("TypeORM's own hooks ($name)", (database) => {
  afterEach(() => void hooked.splice(0));

  it('of the entity run once, and what they fill is stored', async () => {
    const server = await start(database, { entities: { client: HookedClient } });
    try {
      const { status, body } = await server.register(BODY);
      expect(status).toBe(201);
      expect(hooked).toEqual(['BeforeInsert Tide Tables']);
      await expect(
        server.dataSource.getRepository(HookedClient).findOneBy({ clientId: body.client_id }),
      ).resolves.toMatchObject({ note: 'made for Tide Tables' });
    } finally {
      await server.close();
    }
  });

  it('of the entity that fail end in 500, and take no use of the token', async () => {
    const server = await start(database, { entities: { client: BrokenClient } });
    const log = captureLog();
    try {
      const token = await server.token({ maxUses: 1 });
      const { status, body } = await server.register(BODY, token);
      expect(status).toBe(500);
      expect(body.error).toBe('server_error');
      expect(log.of('error').join('\n')).toContain('the hook is broken');
      await expect(usesOf(server, token)).resolves.toBe(0);
      await expect(server.dataSource.getRepository(BrokenClient).count()).resolves.toBe(0);
    } finally {
      log.stop();
      await server.close();
    }
  });

  it('of a subscriber run around every write', async () => {
    const server = await startServer({
      database,
      options: { entities: { client: WatchedClient } },
      typeorm: { synchronize: true, migrationsRun: false, subscribers: [ClientSubscriber] },
    });
    try {
      const client = await server.register(BODY);
      expect(client.status).toBe(201);
      await expect(
        server.dataSource.getRepository(WatchedClient).findOneBy({ clientId: client.body.client_id }),
      ).resolves.toMatchObject({ note: 'seen Tide Tables' });
      expect((await manage(server, 'PUT', client, { ...BODY, client_name: 'Renamed' })).status).toBe(200);
      expect((await manage(server, 'DELETE', client)).status).toBe(204);
      expect(hooked).toEqual([
        'beforeInsert Tide Tables',
        'afterInsert Tide Tables',
        'beforeUpdate Renamed',
        'afterUpdate Renamed',
        'beforeRemove WatchedClient',
        'afterRemove WatchedClient',
      ]);
    } finally {
      await server.close();
    }
  });
});

/** Of two of the host's subscribers, one goes on while the other fails. */
@EventSubscriber()
class GoingOnSubscriber implements EntitySubscriberInterface<WatchedClient> {
  static slow = '';

  listenTo() {
    return WatchedClient;
  }

  async afterInsert({ entity, manager }: InsertEvent<WatchedClient>): Promise<void> {
    await manager.query(GoingOnSubscriber.slow);
    await manager.insert(HostNote, { clientId: entity.clientId, event: 'went on' });
  }
}

@EventSubscriber()
class FailingSubscriber implements EntitySubscriberInterface<WatchedClient> {
  listenTo() {
    return WatchedClient;
  }

  async afterInsert(): Promise<void> {
    throw new Error('the subscriber is broken');
  }
}

describe.each(transactional)('subscribers of which one fails ($name)', (database) => {
  it('leave nothing of what the other is still writing', async () => {
    GoingOnSubscriber.slow = slowly[database.kind] ?? '';
    const server = await startServer({
      database,
      options: { entities: { client: WatchedClient } },
      typeorm: {
        synchronize: true,
        migrationsRun: false,
        entities: [HostNote],
        subscribers: [GoingOnSubscriber, FailingSubscriber],
      },
    });
    try {
      expect((await server.register(BODY)).status).toBe(500);
      await server.dataSource.query(GoingOnSubscriber.slow);
      await server.dataSource.query(GoingOnSubscriber.slow);
      await expect(server.dataSource.getRepository(HostNote).count()).resolves.toBe(0);
      await expect(server.dataSource.getRepository(WatchedClient).count()).resolves.toBe(0);
    } finally {
      await server.close();
    }
  });
});
