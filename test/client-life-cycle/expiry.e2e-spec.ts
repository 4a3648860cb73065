import {
  ClientActivityService,
  ClientAuthenticationService,
  ClientPurgeService,
  InvalidClientError,
  OAuthClient,
  OAuthClientService,
  TransactionalRegistrationListener,
  type OAuthClientRecord,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const LIFETIME = { untilFirstUseSeconds: 3600, sinceLastUseSeconds: 36_000 };
const now = (): number => Math.floor(Date.now() / 1000);

const told: RegistrationEvent[] = [];
let mayPurge: (client: OAuthClientRecord) => boolean | Promise<boolean> = () => true;
let fails: (client: OAuthClientRecord) => boolean = () => false;
class Watching extends TransactionalRegistrationListener {
  override handle(event: RegistrationEvent): void {
    if (fails(event.client)) throw new Error('the listener fails');
    told.push(event);
  }

  override mayPurge(client: OAuthClientRecord): boolean | Promise<boolean> {
    return mayPurge(client);
  }
}

describe.each(databases)('a client that is not used ($name)', (database) => {
  let server: TestServer;
  let authentication: ClientAuthenticationService;
  let activity: ClientActivityService;
  let purging: ClientPurgeService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: { access: 'open', clientLifetime: LIFETIME, listeners: [Watching] },
    });
    authentication = server.app.get(ClientAuthenticationService, { strict: false });
    activity = server.app.get(ClientActivityService, { strict: false });
    purging = server.app.get(ClientPurgeService, { strict: false });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.dataSource.createQueryBuilder().delete().from(OAuthClient).execute();
    told.length = 0;
    mayPurge = () => true;
    fails = () => false;
  });

  const stored = async (clientId: string): Promise<OAuthClientRecord> =>
    server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId });
  const count = () => server.dataSource.getRepository(OAuthClient).count();
  const change = async (clientId: string, columns: Partial<OAuthClientRecord>) => {
    const update = server.dataSource
      .createQueryBuilder()
      .update(OAuthClient)
      .set(columns as object);
    await update.where({ clientId }).execute();
  };
  const register = async (owner?: string) => {
    const { status, body } = await server.register(BODY, owner === undefined ? null : await server.token({ owner }));
    expect(status).toBe(201);
    return body;
  };
  const basic = (client: { client_id: string; client_secret: string }) =>
    authentication.authenticate({
      authorization: `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`,
      body: {},
    });

  it('is there until its time for the first use is over', async () => {
    const { client_id: id, client_id_issued_at: issuedAt } = await register();
    await expect(stored(id)).resolves.toMatchObject({ expiresAt: issuedAt + 3600, lastUsedAt: null });
  });

  it('is there for the other time when it has authenticated, and its version is as it was', async () => {
    const client = await register();
    const before = now();
    await basic(client);
    const used = await stored(client.client_id);
    expect(used.lastUsedAt).toBeGreaterThanOrEqual(before);
    expect(used.expiresAt).toBe(Number(used.lastUsedAt) + 36_000);
    expect(used.version).toBe(1);
    expect(told.map(({ type }) => type)).toEqual(['registered']);
  });

  it('is not used by who does not prove who it is', async () => {
    const client = await register();
    await expect(basic({ ...client, client_secret: 'wrong' })).rejects.toThrow(InvalidClientError);
    await expect(stored(client.client_id)).resolves.toMatchObject({ lastUsedAt: null });
  });

  it('is written once while it is used often', async () => {
    const client = await register();
    await change(client.client_id, { lastUsedAt: now() - 1800, expiresAt: now() + 30_000 });
    const before = await stored(client.client_id);
    for (let i = 0; i < 5; i++) await basic(client);
    await activity.onApplicationShutdown();
    expect(await stored(client.client_id)).toEqual(before);
  });

  it('is written together with others once an hour is over', async () => {
    const clients = [await register(), await register(), await register('acme')];
    for (const { client_id: id } of clients) await change(id, { lastUsedAt: now() - 7200, expiresAt: now() + 30_000 });
    const versions = await Promise.all(clients.map(async ({ client_id: id }) => (await stored(id)).version));
    for (const client of clients) await basic(client);
    await activity.onApplicationShutdown();
    for (const [i, { client_id: id }] of clients.entries()) {
      const { lastUsedAt, expiresAt, version } = await stored(id);
      expect(now() - Number(lastUsedAt)).toBeLessThan(60);
      expect(expiresAt).toBe(Number(lastUsedAt) + 36_000);
      expect(version).toBe(versions[i]);
    }
  });

  it('is written at once shortly before its time is over', async () => {
    const client = await register();
    await change(client.client_id, { lastUsedAt: now() - 10, expiresAt: now() + 30 });
    await basic(client);
    expect(Number((await stored(client.client_id)).expiresAt)).toBeGreaterThan(now() + 30_000);
  });

  it('stays for ever where it was added by hand', async () => {
    const { client, clientSecret } = await server.app.get(OAuthClientService, { strict: false }).create(BODY);
    expect(client.expiresAt).toBeNull();
    await basic({ client_id: client.clientId, client_secret: clientSecret ?? '' });
    const { expiresAt, lastUsedAt } = await stored(client.clientId);
    expect(expiresAt).toBeNull();
    expect(lastUsedAt).not.toBeNull();
  });

  it('is refused by touch when it is gone, suspended or expired', async () => {
    const { client_id: id } = await register();
    const client = await stored(id);
    await change(id, { status: 'suspended' });
    await expect(activity.touch(client)).resolves.toBe(false);
    await change(id, { status: 'active', expiresAt: now() - 1 });
    await expect(activity.touch(client)).resolves.toBe(false);
    await server.dataSource.getRepository(OAuthClient).delete({ clientId: id });
    await expect(activity.touch(client)).resolves.toBe(false);
  });

  describe('is removed by a purge', () => {
    it('when its time is over, and nothing else is', async () => {
      const [expired, alive] = [await register(), await register()];
      await change(expired.client_id, { expiresAt: now() - 1 });
      told.length = 0;
      await expect(purging.purge({ isDryRun: true })).resolves.toEqual({ removed: [expired.client_id], kept: [] });
      await expect(count()).resolves.toBe(2);
      expect(told).toEqual([]);
      await expect(purging.purge()).resolves.toEqual({ removed: [expired.client_id], kept: [] });
      await expect(purging.purge()).resolves.toEqual({ removed: [], kept: [] });
      expect(told).toMatchObject([
        { type: 'deleted', reason: 'expired', client: { clientId: expired.client_id }, credential: undefined },
      ]);
      await expect(stored(alive.client_id)).resolves.toBeDefined();
    });

    it('never while a listener says that the host has live grants of it, or cannot say', async () => {
      const { client_id: id } = await register();
      await change(id, { expiresAt: now() - 1 });
      mayPurge = () => false;
      await expect(purging.purge()).resolves.toEqual({ removed: [], kept: [id] });
      mayPurge = async () => Promise.reject(new Error('the grants cannot be read'));
      await expect(purging.purge()).resolves.toEqual({ removed: [], kept: [id] });
      mayPurge = () => true;
      await expect(purging.purge()).resolves.toEqual({ removed: [id], kept: [] });
    });

    it('behind those that are kept, the longest expired first, and no more than the limit', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push((await register()).client_id);
      for (const [i, id] of ids.entries()) await change(id, { expiresAt: now() - 100 + i });
      mayPurge = ({ clientId }) => clientId !== ids[0];
      await expect(purging.purge({ limit: 3 })).resolves.toEqual({ removed: ids.slice(1, 4), kept: [ids[0]] });
      await expect(purging.purge({ limit: 3 })).resolves.toEqual({ removed: [ids[4]], kept: [ids[0]] });
      await expect(purging.purge({ limit: 0 })).rejects.toThrow(new RangeError('limit must be a positive integer'));
    });

    it('whatever a listener fails with for another one', async () => {
      const [failing, fine] = [await register(), await register()];
      await change(failing.client_id, { expiresAt: 1 });
      await change(fine.client_id, { expiresAt: 2 });
      fails = ({ clientId }) => clientId === failing.client_id;
      const isUndone = server.dataSource.options.type !== 'better-sqlite3';
      const removed = isUndone ? [fine.client_id] : [failing.client_id, fine.client_id];
      const kept = isUndone ? [failing.client_id] : [];
      await expect(purging.purge()).resolves.toEqual({ removed, kept });
      await expect(count()).resolves.toBe(kept.length);
    });

    it('though it registered before there was a lifetime, which begins with the first purge', async () => {
      const [unused, used, suspended] = [await register(), await register(), await register()];
      for (const { client_id: id } of [unused, used, suspended]) await change(id, { expiresAt: null });
      await change(used.client_id, { lastUsedAt: 1 });
      await change(suspended.client_id, { status: 'suspended' });
      const { client: byHand } = await server.app.get(OAuthClientService, { strict: false }).create(BODY);
      const ids = [unused.client_id, used.client_id, suspended.client_id, byHand.clientId];
      const before = now();
      const version = async () => Promise.all(ids.map(async (id) => (await stored(id)).version));
      const versions = await version();
      await expect(purging.purge({ isDryRun: true })).resolves.toEqual({ removed: [], kept: [] });
      for (const id of ids) await expect(stored(id)).resolves.toMatchObject({ expiresAt: null });
      await expect(purging.purge()).resolves.toEqual({ removed: [], kept: [] });
      const [first, second, ...others] = await Promise.all(ids.map(async (id) => stored(id)));
      expect(first?.expiresAt).toBeGreaterThanOrEqual(before + 3600);
      expect(second?.expiresAt).toBeGreaterThanOrEqual(before + 36_000);
      expect(others.map(({ expiresAt }) => expiresAt)).toEqual([null, null]);
      await expect(version()).resolves.toEqual(versions);
    });

    it('over many pages, in the same second too', async () => {
      const ids = await Promise.all(Array.from({ length: 230 }, async () => (await register()).client_id as string));
      await server.dataSource.createQueryBuilder().update(OAuthClient).set({ expiresAt: 1 }).execute();
      mayPurge = ({ clientId }) => clientId !== ids[7];
      const { removed, kept } = await purging.purge();
      expect(removed).toHaveLength(229);
      expect(kept).toEqual([ids[7]]);
      await expect(count()).resolves.toBe(1);
    });

    it('of one owner, where it is bounded to that one', async () => {
      const [acme, harbour] = [await register('acme'), await register('harbour')];
      for (const { client_id: id } of [acme, harbour]) await change(id, { expiresAt: 1 });
      await expect(purging.purge({ owner: 'other' })).resolves.toEqual({ removed: [], kept: [] });
      await expect(purging.purge({ owner: 'ACME' })).resolves.toEqual({ removed: [], kept: [] });
      await expect(purging.purge({ tenant: 'acme' })).resolves.toEqual({ removed: [], kept: [] });
      await expect(purging.purge({ owner: 'acme' })).resolves.toEqual({ removed: [acme.client_id], kept: [] });
    });

    it('once, and told once, by two purges at the same time', async () => {
      const ids = await Promise.all(Array.from({ length: 40 }, async () => (await register()).client_id as string));
      await server.dataSource.createQueryBuilder().update(OAuthClient).set({ expiresAt: 1 }).execute();
      told.length = 0;
      const purged = await Promise.all([purging.purge(), purging.purge(), purging.purge()]);
      expect(purged.flatMap(({ removed }) => removed).toSorted()).toEqual(ids.toSorted());
      expect(told.map(({ client }) => client.clientId).toSorted()).toEqual(ids.toSorted());
    });

    it('or used at the same time: whoever authenticated is still there', async () => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => register()));
      const end = now() + 2;
      for (const { client_id: id } of clients) await change(id, { expiresAt: end });
      // Until just before the end and beyond it.
      await setTimeout(end * 1000 - Date.now() - 60);
      const authenticated: string[] = [];
      const using = clients.map(async (client, i) => {
        await setTimeout(i * 6);
        await basic(client).then(
          ({ clientId }) => authenticated.push(clientId),
          (error: unknown) => expect(error).toBeInstanceOf(InvalidClientError),
        );
      });
      const removed: string[] = [];
      for (let i = 0; i < 10; i++) {
        await setTimeout(15);
        removed.push(...(await purging.purge()).removed);
      }
      await Promise.all(using);
      removed.push(...(await purging.purge()).removed);
      expect(new Set([...authenticated, ...removed])).toEqual(new Set(clients.map(({ client_id: id }) => id)));
      expect(authenticated.length + removed.length).toBe(clients.length);
    });
  });
});

describe('what is noted together', () => {
  it('is written within some seconds, and with the end of the application', async () => {
    const [database] = databases;
    if (!database) throw new Error('there is no database');
    const server = await startServer({ database, options: { access: 'open' } });
    try {
      const activity = server.app.get(ClientActivityService, { strict: false });
      const { body } = await server.register(BODY, null);
      const rows = server.dataSource.getRepository(OAuthClient);
      await rows.update({ clientId: body.client_id }, { lastUsedAt: 1 });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        await activity.touch(await rows.findOneByOrFail({ clientId: body.client_id }));
        expect((await rows.findOneByOrFail({ clientId: body.client_id })).lastUsedAt).toBe(1);
        await vi.advanceTimersByTimeAsync(5_000);
      } finally {
        vi.useRealTimers();
      }
      await vi.waitFor(async () =>
        expect((await rows.findOneByOrFail({ clientId: body.client_id })).lastUsedAt).toBeGreaterThan(1_700_000_000),
      );
    } finally {
      await server.close();
    }
  });
});
