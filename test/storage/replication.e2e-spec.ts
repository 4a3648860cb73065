import { Injectable } from '@nestjs/common';
import {
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  TransactionalRegistrationListener,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { EventSubscriber, type EntityManager, type EntitySubscriberInterface } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import { BODY, manage } from '../faults/client-requests.js';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { adapters, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';

/** Reads each client it is told of once more, on the manager it is given. */
@Injectable()
class ReadingListener extends TransactionalRegistrationListener {
  static read: (string | undefined)[] = [];

  async handle({ type, client }: RegistrationEvent, manager: EntityManager): Promise<void> {
    const stored = await manager.findOneBy(OAuthClient, { clientId: client.clientId });
    ReadingListener.read.push(`${type} ${stored?.clientName}`);
  }
}

/** Has a say in everything that is read, so that TypeORM itself has to read it. */
@EventSubscriber()
class LoadSubscriber implements EntitySubscriberInterface {
  static loaded = 0;

  afterLoad(): void {
    LoadSubscriber.loaded++;
  }
}

type Host = Pick<ServerSetup, 'options'> & {
  readonly name: string;
  readonly subscribers: readonly (new () => object)[];
};

const hosts: readonly Host[] = [
  { name: 'with nothing of its own', subscribers: [] },
  { name: 'with a subscriber to what is loaded', subscribers: [LoadSubscriber] },
  { name: 'with a listener in the unit of work', subscribers: [], options: { listeners: [ReadingListener] } },
];
const cases = databases
  .filter(({ kind }) => kind !== 'sqlite')
  .flatMap((database) => hosts.map((host, i) => ({ database, host, adapter: adapters[i % 2] ?? 'express' })));

describe.each(cases)(
  'a replica that has nothing yet, in a host $host.name ($adapter, $database.name)',
  ({ database, host, adapter }) => {
    let replica: CreatedDatabase;
    let server: TestServer;
    beforeAll(async () => {
      replica = await database.create();
      const replicated = async () => {
        const primary = await database.create();
        const replication = { master: { url: primary.url }, slaves: [{ url: replica.url }] };
        return { ...primary, options: { type: primary.options.type, replication } as typeof primary.options };
      };
      server = await startServer({
        adapter,
        database: { ...database, create: replicated },
        ...(host.options && { options: host.options }),
        typeorm: { subscribers: [...host.subscribers] },
      });
    });
    afterAll(async () => {
      await server.close();
      await replica.drop();
    });

    const tokens = () => server.app.get(InitialAccessTokenService, { strict: false });
    const clients = () => server.app.get(OAuthClientService, { strict: false });
    const onPrimary = async <T>(read: (manager: EntityManager) => Promise<T>): Promise<T> => {
      const runner = server.dataSource.createQueryRunner('master');
      try {
        return await read(runner.manager);
      } finally {
        await runner.release();
      }
    };
    const rowOf = (clientId: string) => onPrimary((manager) => manager.findOneBy(OAuthClient, { clientId }));

    it('is what the host itself reads from, and has not even the tables', async () => {
      const missing = /oauth_clients.*(?:does not exist|doesn't exist)|(?:does not exist|doesn't exist).*oauth_clients/;
      await expect(server.dataSource.getRepository(OAuthClient).find()).rejects.toThrow(missing);
      await expect(server.dataSource.manager.countBy(InitialAccessToken, {})).rejects.toThrow('initial_access_tokens');
      await expect(onPrimary((manager) => manager.find(OAuthClient))).resolves.toEqual(expect.any(Array));
    });

    it('is not asked about an initial access token: issued, found, listed, used up and revoked', async () => {
      const { token, record } = await tokens().issue({ owner: 'acme', maxUses: 3 });
      await expect(tokens().find(token)).resolves.toEqual(record);
      await expect(tokens().list('acme')).resolves.toEqual([record]);
      await expect(tokens().list()).resolves.toContainEqual(record);
      const answers = await Promise.all(Array.from({ length: 8 }, () => server.register(BODY, token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, BAD_TOKEN);
      await expect(tokens().find(token)).resolves.toEqual({ ...record, uses: 3 });
      await expect(tokens().revoke(record.id)).resolves.toBe(true);
      expect((await tokens().find(token))?.revokedAt).toEqual(expect.any(Number));
    });

    it('is not asked whether a token without a maximum is revoked', async () => {
      const { token, record } = await tokens().issue();
      expect((await server.register(BODY, token)).status).toBe(201);
      await expect(tokens().revoke(record.id)).resolves.toBe(true);
      expectRefusal(await server.register(BODY, token), BAD_TOKEN);
    });

    it('is not asked about a client: registered, read, updated and deleted', async () => {
      ReadingListener.read = [];
      const client = await server.register(BODY);
      expect(client.status).toBe(201);
      const { client_secret: _, ...shown } = client.body;
      expect((await manage(server, 'GET', client)).body).toEqual(shown);
      const updated = await manage(server, 'PUT', client);
      expect(updated.status).toBe(200);
      expect((await manage(server, 'GET', client)).body).toEqual({ ...shown, client_name: 'Renamed' });
      await expect(rowOf(client.body.client_id)).resolves.toMatchObject({ clientName: 'Renamed', version: 2 });
      expect((await manage(server, 'DELETE', client)).status).toBe(204);
      expectRefusal(await manage(server, 'GET', client), BAD_TOKEN);
      expectRefusal(await manage(server, 'DELETE', client), BAD_TOKEN);
      await expect(rowOf(client.body.client_id)).resolves.toBeNull();
      if (host.options) {
        expect(ReadingListener.read).toEqual(['registered Tide Tables', 'updated Renamed', 'deleted undefined']);
      }
    });

    it('is not asked again by updates that are overtaken', async () => {
      const client = await server.register(BODY);
      const answers = await Promise.all(Array.from({ length: 6 }, () => manage(server, 'PUT', client)));
      const statuses = answers.map(({ status }) => status);
      expect(new Set([200, 409, ...statuses])).toEqual(new Set([200, 409]));
      const updated = statuses.filter((status) => status === 200).length;
      expect(updated).toBeGreaterThan(0);
      await expect(rowOf(client.body.client_id)).resolves.toMatchObject({ version: 1 + updated });
    });

    it('is not asked about the clients of the host: added, looked up, and their secret checked', async () => {
      const { client, clientSecret } = await clients().create({ ...BODY, clientId: 'by-hand', owner: 'acme' });
      const found = await clients().find('by-hand');
      expect(found).toEqual(client);
      if (!found) return;
      await expect(clients().verifySecret(found, clientSecret)).resolves.toBe(true);
      await expect(clients().verifySecret(found, `${clientSecret}x`)).resolves.toBe(false);
      await expect(clients().find('nobody')).resolves.toBeUndefined();
      await expect(clients().create({ ...BODY, clientId: 'by-hand' })).rejects.toThrow('client_id is taken already');
    });

    if (host.subscribers.length > 0) {
      it('is not asked by TypeORM either, where that has to read', async () => {
        const before = LoadSubscriber.loaded;
        const client = await server.register(BODY);
        expect((await manage(server, 'GET', client)).status).toBe(200);
        expect(LoadSubscriber.loaded).toBeGreaterThanOrEqual(before + 2);
      });
    }
  },
);
