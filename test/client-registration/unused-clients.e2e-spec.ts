import {
  OAuthClient,
  RegistrationListener,
  TransactionalRegistrationListener,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { currentHostName } from '../hosts/current-host.js';
import { expectRefusal } from '../errors/refusal.js';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import type { TestDatabase } from '../support/databases.js';
import {
  platforms,
  platformsInPairs,
  startServer,
  type JsonResponse,
  type TestServer,
} from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const TOO_MANY = {
  status: 429,
  error: 'temporarily_unavailable',
  description: 'too many clients are registered and not used yet',
};

class Within extends TransactionalRegistrationListener {
  async handle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Knows a client that must stay. */
class Keeps extends RegistrationListener {
  static clientId: string | undefined;

  handle(): void {}

  override mayPurge({ clientId }: OAuthClientRecord): boolean {
    return clientId !== Keeps.clientId;
  }
}

/** Counts the statements that begin in this way. */
function statements(beginning: RegExp) {
  const seen: string[] = [];
  const logQuery = (query: string) => void (beginning.test(query) && seen.push(query));
  const nothing = () => undefined;
  const logger = { logQuery, logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing };
  return {
    seen,
    typeorm: { logger: { ...logger, logMigration: nothing, log: nothing }, logging: ['query'] as ['query'] },
  };
}

const register = (server: TestServer, count: number): Promise<JsonResponse[]> =>
  Promise.all(Array.from({ length: count }, () => server.register(BODY, null)));

/** How many were let in; every other one is told why, and when to come back. */
function admittedOf(answers: readonly JsonResponse[]): number {
  const refused = answers.filter(({ status }) => status !== 201);
  for (const answer of refused) {
    expectRefusal(answer, TOO_MANY);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  }
  return answers.length - refused.length;
}

/** Marks clients as used, as authentication does. */
async function use(server: TestServer, count: number): Promise<void> {
  const clients = server.dataSource.getRepository(OAuthClient);
  for (const { clientId } of await clients.find({ take: count })) {
    await clients.update({ clientId }, { lastUsedAt: 1_700_000_000 });
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until what was found full is looked at again. */
const LOOKED_AGAIN = 1_100;

/** One registration is let in, as soon as the clients have been counted again. */
async function untilAdmitted(server: TestServer): Promise<void> {
  const admitted = async () => admittedOf(await register(server, 1));
  await expect.poll(admitted, { timeout: 20_000, interval: 500 }).toBe(1);
}

const started: { close(): Promise<void> }[] = [];
let log: CapturedLog | undefined;
afterEach(async () => {
  log?.stop();
  log = undefined;
  for (const server of started.splice(0).toReversed()) await server.close();
});

interface Setup extends Partial<Pick<Parameters<typeof startServer>[0], 'adapter' | 'typeorm'>> {
  readonly database: TestDatabase;
  readonly options?: Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras;
}

async function start(maximumUnusedClients: number, { options, ...setup }: Setup): Promise<TestServer> {
  const server = await startServer({
    ...setup,
    options: { access: 'open', openRegistration: { maximumUnusedClients }, ...options },
  });
  started.push(server);
  return server;
}

describe.each(platforms)('a cap on clients that are never used ($adapter, $database.name)', ({ adapter, database }) => {
  it('lets exactly as many parallel registrations in', async () => {
    const server = await start(12, { adapter, database });
    expect(admittedOf(await register(server, 40))).toBe(12);
    await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(12);
  });

  it('has room again when clients were used, for as many as these', async () => {
    const server = await start(5, { adapter, database });
    expect(admittedOf(await register(server, 8))).toBe(5);
    await use(server, 2);
    await untilAdmitted(server);
    expect(admittedOf(await register(server, 8))).toBe(1);
  });
});

describe.each(platformsInPairs)('the cap on unused clients ($adapter, $database.name)', ({ adapter, database }) => {
  it('holds with listeners in the unit of work', async () => {
    const server = await start(6, { adapter, database, options: { listeners: [Within] } });
    expect(admittedOf(await register(server, 20))).toBe(6);
    await expect(server.dataSource.getRepository(OAuthClient).count()).resolves.toBe(6);
  });

  it('holds for two instances together', async () => {
    const shared = await database.create();
    started.push({ close: () => shared.destroy() });
    const same = { ...database, create: async () => ({ ...shared, drop: async () => {} }) };
    const instances = [await start(40, { database: same }), await start(40, { database: same })] as const;
    let admitted = 0;
    for (let round = 0; round < 3; round++) {
      admitted += admittedOf((await Promise.all(instances.map((instance) => register(instance, 10)))).flat());
    }
    expect(admitted).toBe(40);
    await expect(instances[0].dataSource.getRepository(OAuthClient).count()).resolves.toBe(40);
  });

  it('makes room by removing clients that were never used and have expired', async () => {
    const options = {
      openRegistration: { maximumUnusedClients: 4 },
      clientLifetime: { untilFirstUseSeconds: 60 },
      listeners: [Keeps],
    };
    const server = await start(4, { adapter, database, options });
    const answers = await register(server, 6);
    expect(admittedOf(answers)).toBe(4);
    const [kept, expired, used, other] = await server.dataSource.getRepository(OAuthClient).find();
    const clients = server.dataSource.getRepository(OAuthClient);
    for (const client of [kept, expired, used]) {
      await clients.update({ clientId: client?.clientId ?? '' }, { expiresAt: 1_700_000_000 });
    }
    await clients.update({ clientId: used?.clientId ?? '' }, { lastUsedAt: 1_600_000_000 });
    // One more that is never used in the place of the one that was.
    await untilAdmitted(server);
    Keeps.clientId = kept?.clientId;
    await untilAdmitted(server);
    expect(admittedOf(await register(server, 4))).toBe(0);
    const left = (await clients.find()).map(({ clientId }) => clientId);
    expect(left).not.toContain(expired?.clientId);
    expect(left).toEqual(expect.arrayContaining([kept?.clientId, used?.clientId, other?.clientId]));
  });

  it('is for callers without a token, and counts no client of another one', async () => {
    const server = await start(2, { adapter, database });
    const token = await server.token();
    for (let i = 0; i < 4; i++) expect((await server.register(BODY, token)).status).toBe(201);
    expect(admittedOf(await register(server, 5))).toBe(2);
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('is none with 0', async () => {
    const server = await start(0, { adapter, database });
    expect(admittedOf(await register(server, 20))).toBe(20);
  });

  it('leaves a body that is refused anyway its own refusal', async () => {
    const server = await start(1, { adapter, database });
    expect(admittedOf(await register(server, 1))).toBe(1);
    expectRefusal(await server.register({ redirect_uris: ['https://tides.example/cb#x'] }, null), {
      status: 400,
      error: 'invalid_redirect_uri',
      description: 'redirect_uris[0] must not contain a fragment',
    });
  });

  it('costs a flood that is refused no query each, and says so once', async () => {
    const selects = statements(/^(?:SELECT|INSERT)/);
    const server = await start(3, { adapter, database, typeorm: selects.typeorm });
    log = captureLog();
    await register(server, 6);
    await pause(LOOKED_AGAIN);
    selects.seen.length = 0;
    const began = performance.now();
    expect(admittedOf(await register(server, 60))).toBe(0);
    // A count each second, and a look for clients that have expired.
    const looks = 1 + Math.floor((performance.now() - began) / 1_000);
    expect(selects.seen.length).toBeLessThanOrEqual(2 * looks);
    const said = log.of('warn').filter((line) => line.includes('registered without a token'));
    expect(said).toEqual([expect.stringContaining('clientLifetime.untilFirstUseSeconds')]);
    expect(said[0]).toContain('3 clients');
  });

  it('asks the database once in a while far from it, and never for each registration', async () => {
    const counts = statements(/^SELECT COUNT/i);
    const server = await start(50_000, { adapter, database, typeorm: counts.typeorm });
    const began = performance.now();
    for (let i = 0; i < 10; i++) expect(admittedOf(await register(server, 10))).toBe(10);
    expect(counts.seen.length).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1_000));
    expect(counts.seen.length).toBeGreaterThan(0);
  });
});

describe.each(platformsInPairs.filter(({ database }) => database.kind === 'postgres'))(
  'far from the cap ($database.name)',
  ({ database }) => {
    it.runIf(currentHostName === 'plain')('a registration stays one statement', async () => {
      const transactions = statements(/^(?:START TRANSACTION|BEGIN)/);
      const server = await start(50_000, { database, typeorm: transactions.typeorm });
      transactions.seen.length = 0;
      await register(server, 20);
      expect(transactions.seen).toEqual([]);
    });
  },
);

/** How many registrations a run has; 100000 by hand. */
const MANY = Number(process.env['TEST_OPEN_REGISTRATIONS'] ?? 300);
const CAP = Math.floor(MANY / 3);
const AT_ONCE = 16;

/** Registers so many clients, a few at a time, and counts the answers by status. */
async function flood(server: TestServer, metadata: (i: number) => object): Promise<Map<number, number>> {
  const byStatus = new Map<number, number>();
  let next = 0;
  const one = async () => {
    for (let i = next++; i < MANY; i = next++) {
      const { status } = await server.register(metadata(i), null);
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return byStatus;
}

/** Of this process, which is client and server: what nobody needs any more is collected first. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20);
}

describe.each(platformsInPairs)(`${MANY} open registrations ($adapter, $database.name)`, ({ adapter, database }) => {
  const report = async (name: string, server: TestServer, metadata: (i: number) => object) => {
    const [began, before] = [performance.now(), memory()];
    const answers = await flood(server, metadata);
    const rows = await server.dataSource.getRepository(OAuthClient).count();
    const after = memory();
    if (process.env['TEST_OPEN_REGISTRATIONS'] !== undefined) {
      const seconds = Math.round((performance.now() - began) / 1_000);
      const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
      const found = { name, database: database.name, seconds, rows, heap: [before, after], rss, answers: [...answers] };
      process.stdout.write(`${JSON.stringify(found)}\n`);
    }
    // What a few hundred leave behind is lost in what comes and goes.
    if (MANY >= 10_000) expect(after - before).toBeLessThan(32);
    return { answers, rows };
  };

  it('of different clients stop at the cap', async () => {
    const server = await start(CAP, { adapter, database });
    const metadata = (i: number) => ({ ...BODY, client_name: `Tide Tables ${i} ${randomUUID()}` });
    const { answers, rows } = await report('different', server, metadata);
    expect(rows).toBe(CAP);
    expect(answers).toEqual(
      new Map([
        [201, CAP],
        [429, MANY - CAP],
      ]),
    );
  }, 3_600_000);

  it('of ten clients leave ten rows when identical ones are folded', async () => {
    const server = await start(CAP, {
      adapter,
      database,
      options: { openRegistration: { maximumUnusedClients: CAP, foldIdentical: true } },
    });
    const metadata = (i: number) => ({
      client_name: `Tide Tables ${i % 10}`,
      redirect_uris: [`http://127.0.0.1:${1024 + (i % 60_000)}/cb`],
      token_endpoint_auth_method: 'none',
    });
    const { answers, rows } = await report('identical', server, metadata);
    expect(rows).toBe(10);
    expect(answers).toEqual(new Map([[201, MANY]]));
  }, 3_600_000);
});
