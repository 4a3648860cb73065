import { Injectable } from '@nestjs/common';
import {
  OAuthClient,
  RegistrationListener,
  TransactionalRegistrationListener,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import { adapters, platforms, startServer, type TestServer } from '../support/start-server.js';
import { BODY, clientsOf, manage, usesOf } from './client-requests.js';
import { expectUnavailable } from './unavailable.js';

@Entity('host_notes')
class HostNote {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 255 })
  clientName: string;
}

type Reaction = (event: RegistrationEvent, manager: EntityManager) => Promise<void>;

/** What a listener does, by the name of the client it is told of; nothing for all others. */
const reactions = new Map<string, Reaction>();
const reactionTo = ({ client }: RegistrationEvent) => reactions.get(client.clientName ?? '');

@Injectable()
class LedgerListener extends TransactionalRegistrationListener {
  async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    await reactionTo(event)?.(event, manager);
  }
}

@Injectable()
class MailListener extends RegistrationListener {
  async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    await reactionTo(event)?.(event, manager);
  }
}

const forEver = () => new Promise<never>(() => undefined);

/** Something that others wait for. */
class Signal {
  give: () => void = () => undefined;
  readonly given = new Promise<void>((resolve) => (this.give = resolve));
}

let log: CapturedLog;
const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);
const running = platforms.map((platform) => ({ ...platform, servers: [] as TestServer[] }));
const transactional = running.filter(({ database }) => database.kind !== 'sqlite');
/** For what has nothing to do with the answer on the wire. */
const onOneAdapter = transactional.filter(({ adapter }) => adapter === adapters[0]);

/** The servers of a platform: with a listener in the unit of work, with one after it, and with one in it and a pool to exhaust. */
beforeAll(async () => {
  process.on('unhandledRejection', noteUnhandled);
  for (const { adapter, database, servers } of running) {
    for (const listener of [LedgerListener, MailListener, LedgerListener]) {
      servers.push(
        await startServer({
          adapter,
          database,
          options: { listeners: [listener] },
          typeorm: { synchronize: true, migrationsRun: false, entities: [HostNote] },
        }),
      );
    }
  }
  log = captureLog();
}, 60_000);
afterAll(async () => {
  log.stop();
  process.off('unhandledRejection', noteUnhandled);
  await Promise.all(running.flatMap(({ servers }) => servers.map((server) => server.close())));
  expect(unhandled).toEqual([]);
}, 60_000);

const serverOf = (server: TestServer | undefined): TestServer => {
  if (!server) throw new Error('the server does not run');
  return server;
};
const named = (client_name: string) => ({ ...BODY, client_name });
const notesOf = (server: TestServer, clientName: string) =>
  server.dataSource.getRepository(HostNote).countBy({ clientName });

describe.concurrent.each(transactional)(
  'a listener in the unit of work that does not end ($adapter, $database.name)',
  { timeout: 30_000 },
  ({ adapter, database, servers }) => {
    const name = (what: string) => `${what} on ${adapter} and ${database.name}`;

    it('undoes a registration: no client, no use taken, 503', async ({ expect }) => {
      const server = serverOf(servers[0]);
      const owner = name('registering');
      const token = await server.token({ owner, maxUses: 1 });
      reactions.set(owner, async (_, manager) => {
        await manager.insert(HostNote, { clientName: owner });
        await forEver();
      });
      expectUnavailable(await server.register(named(owner), token));
      await expect(usesOf(server, token)).resolves.toBe(0);
      await expect(clientsOf(server, owner)).resolves.toBe(0);
      await expect(notesOf(server, owner)).resolves.toBe(0);
      expect(log.of('warn').join('\n')).toContain('the listener LedgerListener did not end in time');
      reactions.delete(owner);
      expect((await server.register(named(owner), token)).status).toBe(201);
    });
  },
);

describe.concurrent.each(onOneAdapter)(
  'a listener in the unit of work that does not end ($database.name)',
  { timeout: 30_000 },
  ({ adapter, database, servers }) => {
    const name = (what: string) => `${what} on ${adapter} and ${database.name}`;

    it('undoes an update and a deletion', async ({ expect }) => {
      const server = serverOf(servers[0]);
      const [kept, renamed] = [name('kept'), name('renamed')];
      const [updated, deleted] = [await server.register(BODY), await server.register(named(kept))];
      reactions.set(renamed, forEver).set(kept, forEver);
      const answers = await Promise.all([
        manage(server, 'PUT', updated, named(renamed)),
        manage(server, 'DELETE', deleted),
      ]);
      answers.forEach(expectUnavailable);
      expect((await manage(server, 'GET', updated)).body).toMatchObject(BODY);
      expect((await manage(server, 'GET', deleted)).body).toMatchObject(named(kept));
    });

    it('undoes it even while a statement of the listener runs', { timeout: 11_000 }, async ({ expect }) => {
      const server = serverOf(servers[0]);
      const owner = name('sleeping');
      const token = await server.token({ owner, maxUses: 1 });
      const sleep = database.kind === 'postgres' ? 'SELECT pg_sleep(14)' : 'SELECT SLEEP(14)';
      reactions.set(owner, async (_, manager) => manager.query<void>(sleep));
      expectUnavailable(await server.register(named(owner), token));
      await expect(clientsOf(server, owner)).resolves.toBe(0);
      await expect(usesOf(server, token)).resolves.toBe(0);
    });

    it('writes nothing any more when it goes on later', async ({ expect }) => {
      const server = serverOf(servers[0]);
      const owner = name('late');
      const token = await server.token({ owner, maxUses: 1 });
      const [answered, ended] = [new Signal(), new Signal()];
      let late: unknown;
      reactions.set(owner, async (_, manager) => {
        await answered.given;
        late = await manager.insert(HostNote, { clientName: owner }).catch((error: unknown) => error);
        ended.give();
        throw new Error('nobody hears of this');
      });
      expectUnavailable(await server.register(named(owner), token));
      answered.give();
      await ended.given;
      expect(late).toBeInstanceOf(Error);
      await expect(notesOf(server, owner)).resolves.toBe(0);
      await expect(usesOf(server, token)).resolves.toBe(0);
    });

    it('writes nothing when it goes on in the very moment it is given up', async ({ expect }) => {
      const server = serverOf(servers[0]);
      const owner = name('busy');
      const token = await server.token({ owner, maxUses: 1 });
      const ended = new Signal();
      reactions.set(owner, async (_, manager) => {
        try {
          for (;;) await manager.insert(HostNote, { clientName: owner });
        } finally {
          ended.give();
        }
      });
      expectUnavailable(await server.register(named(owner), token));
      // mysql2 never settles a statement whose connection is ended under it.
      if (database.kind === 'postgres') await ended.given;
      await expect(notesOf(server, owner)).resolves.toBe(0);
      await expect(clientsOf(server, owner)).resolves.toBe(0);
    });
  },
);

describe.concurrent.each(onOneAdapter)(
  'listeners in the unit of work that need a connection of their own ($adapter, $database.name)',
  { timeout: 30_000 },
  ({ adapter, database, servers }) => {
    it('end in 503 when they wait for each other, and every request is answered', async ({ expect }) => {
      const owner = `needy on ${adapter} and ${database.name}`;
      const server = serverOf(servers[2]);
      const token = await server.token({ owner, maxUses: 100 });
      reactions.set(owner, async () => {
        await server.dataSource.getRepository(HostNote).insert({ clientName: owner });
      });
      const answers = await Promise.all(Array.from({ length: 30 }, () => server.register(named(owner), token)));
      const registered = answers.filter(({ status }) => status === 201);
      answers.filter(({ status }) => status !== 201).forEach(expectUnavailable);
      expect(registered.length).toBeLessThan(30);
      await expect(clientsOf(server, owner)).resolves.toBe(registered.length);
      await expect(usesOf(server, token)).resolves.toBe(registered.length);
      expect((await server.register(named(owner), token)).status).toBe(201);
    });
  },
);

describe.concurrent.each(running)(
  'a listener after the unit of work that does not end ($adapter, $database.name)',
  { timeout: 30_000 },
  ({ adapter, database, servers }) => {
    const name = (what: string) => `${what} on ${adapter} and ${database.name}`;

    it('holds up no answer for ever: what is stored is stored, and the log tells', async ({ expect }) => {
      const server = serverOf(servers[1]);
      const owner = name('told');
      const client = await server.register(BODY);
      const removed = await server.register(named(name('removed')));
      reactions.set(owner, forEver).set(name('removed'), forEver);
      const token = await server.token({ owner, maxUses: 1 });
      const [registered, updated, deleted] = await Promise.all([
        server.register(named(owner), token),
        manage(server, 'PUT', client, named(owner)),
        manage(server, 'DELETE', removed),
      ]);
      expect([registered.status, updated.status, deleted.status]).toEqual([201, 200, 204]);
      await expect(usesOf(server, token)).resolves.toBe(1);
      expect((await manage(server, 'GET', registered)).status).toBe(200);
      expect((await manage(server, 'GET', client)).body).toMatchObject(named(owner));
      await expect(server.dataSource.getRepository(OAuthClient).countBy({ clientName: name('removed') })).resolves.toBe(
        0,
      );
      for (const type of ['registered', 'updated', 'deleted']) {
        expect(log.of('error').join('\n')).toContain(`the listener MailListener failed after a client was ${type}`);
      }
    });

    it('may fail later without a consequence', async ({ expect }) => {
      const server = serverOf(servers[1]);
      const owner = name('failing');
      const answered = new Signal();
      reactions.set(owner, async () => {
        await answered.given;
        throw new Error('nobody hears of this');
      });
      expect((await server.register(named(owner))).status).toBe(201);
      answered.give();
    });
  },
);

describe.concurrent.each(running.filter(({ database }) => database.kind === 'sqlite'))(
  'a listener in the unit of work, which stands after it on SQLite, that does not end ($adapter, $database.name)',
  { timeout: 30_000 },
  ({ adapter, servers }) => {
    it('holds up no answer for ever', async ({ expect }) => {
      const server = serverOf(servers[0]);
      const owner = `outside on ${adapter}`;
      reactions.set(owner, forEver);
      expect((await server.register(named(owner))).status).toBe(201);
      expect(log.of('error').join('\n')).toContain('the listener LedgerListener failed after a client was registered');
    });
  },
);
