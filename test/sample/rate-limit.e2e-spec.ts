import { Module, UseGuards, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ThrottlerModule } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import { DynamicRegistrationModule, OAuthClient } from 'nestjs-dynamic-registration';
import { registerClient } from 'nestjs-dynamic-registration/testing';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RateLimitGuard } from '../../sample/rate-limit/rate-limit.guard.js';
import { rateLimits } from '../../sample/rate-limit/rate-limits.js';
import { RegistrationModule } from '../../sample/rate-limit/registration.module.js';
import { BAD_TOKEN, expectRefusal, type Refusal } from '../errors/refusal.js';
import { captureLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { counterStorages } from '../support/redis.js';
import { adapters, withAdapters, type AdapterName, type JsonResponse } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample, type SampleHost } from './start-sample.js';

const [database] = databases;
if (!database) throw new Error('no database');

const PER_CALLER = 3;
/** Long enough for two requests, short enough to wait for. */
const WINDOW_MS = 1500;
const TOO_MANY: Refusal = { status: 429, error: 'temporarily_unavailable', description: 'too many requests' };

/** The sample with other limits. */
function limitedTo(perCaller: number, redisUrl?: string, ttl?: number): Type {
  @Module({
    imports: [
      ThrottlerModule.forRootAsync({ useFactory: () => rateLimits(perCaller, redisUrl, ttl) }),
      DynamicRegistrationModule.forRoot({
        issuer: 'http://localhost:3000',
        access: 'open',
        decorators: [UseGuards(RateLimitGuard)],
      }),
    ],
  })
  class LimitedModule {}
  return LimitedModule;
}

/** An adapter that believes a proxy on this machine, and nobody else. */
function behindProxy(adapter: AdapterName) {
  if (adapter === 'fastify') return new FastifyAdapter({ trustProxy: 'loopback' });
  const express = new ExpressAdapter();
  express.set('trust proxy', 'loopback');
  return express;
}

const platforms = withAdapters(counterStorages);

describe.each(platforms)('sample rate-limit ($adapter, $service.name)', ({ adapter, service: storage }) => {
  const running: RunningSample[] = [];
  const start = async (sample: Type, host: Partial<SampleHost> = {}): Promise<RunningSample> => {
    const started = await startSample(sample, { adapter, database, ...host });
    running.push(started);
    return started;
  };
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const sample of running.splice(0)) await sample.close();
  });

  const open = (sample: RunningSample, headers?: Record<string, string>) =>
    sample.request('POST', '/register', TIDE_TABLES, headers);
  const times = async (n: number, request: (i: number) => Promise<JsonResponse>) => {
    const answers = await Promise.all(Array.from({ length: n }, (_, i) => request(i)));
    return answers.map(({ status }) => status).toSorted((a, b) => a - b);
  };
  const of = (...counts: readonly (readonly [number, number])[]) =>
    counts.flatMap(([n, status]) => Array.from({ length: n }, () => status));
  const expectTooMany = (refused: JsonResponse) => {
    expectRefusal(refused, TOO_MANY);
    // Of a minute that has just begun.
    expect(refused.headers.get('retry-after')).toMatch(/^(?:[3-5]\d|60)$/);
  };

  it('lets 30 registrations of a caller through in a minute, and tells the next one when to come back', async () => {
    vi.stubEnv('REDIS_URL', storage.url() ?? '');
    const sample = await start(RegistrationModule);
    expect(await times(40, () => open(sample))).toEqual(of([30, 201], [10, 429]));
    expectTooMany(await open(sample));
    expect(await sample.dataSource.manager.count(OAuthClient)).toBe(30);
  });

  it('lets a caller in again when the window is over', async () => {
    const sample = await start(limitedTo(1, storage.url(), WINDOW_MS));
    expect((await open(sample)).status).toBe(201);
    const refused = await open(sample);
    expectRefusal(refused, TOO_MANY);
    expect(refused.headers.get('retry-after')).toBe('2');
    await setTimeout(WINDOW_MS + 100);
    expect((await open(sample)).status).toBe(201);
  });

  it('tells nobody how much is left', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const { status, headers } = await open(sample);
    expect(status).toBe(201);
    expect([...headers.keys()].filter((name) => /rate-?limit|retry-after/.test(name))).toEqual([]);
  });

  it('counts what is refused, too, and asks no database for those over the limit', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const invalid = () => sample.request('POST', '/register', { redirect_uris: ['/cb'] });
    expect(await times(PER_CALLER, invalid)).toEqual(of([PER_CALLER, 400]));
    await sample.dataSource.destroy();
    expectTooMany(await open(sample));
    expectTooMany(await sample.request('GET', '/register/unknown'));
  });

  it('does not count what is refused before any guard', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const headers = { 'content-type': 'application/json' };
    for (let i = 0; i < 12; i++) {
      const malformed = await fetch(`${sample.url}/register`, { method: 'POST', headers, body: '{' });
      expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: 'invalid_client_metadata' }]);
    }
    expect(await times(12, () => sample.request('PATCH', '/register'))).toEqual(of([12, 405]));
    expect(await times(12, () => sample.request('OPTIONS', '/register'))).toEqual(of([12, 204]));
    expect((await open(sample)).status).toBe(201);
  });

  it('counts each token for itself, also beside callers of the same address without one', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const [one, other] = [await sample.token(), await sample.token()];
    expect(await times(PER_CALLER + 1, () => open(sample))).toEqual(of([PER_CALLER, 201], [1, 429]));
    expect(await times(PER_CALLER + 1, () => sample.register(TIDE_TABLES, one))).toEqual(
      of([PER_CALLER, 201], [1, 429]),
    );
    expect((await sample.register(TIDE_TABLES, other)).status).toBe(201);
  });

  it('opens no new bucket for another spelling of the same credential', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const token = await sample.token();
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER   ']) {
      expect((await open(sample, { authorization: scheme + token })).status).toBe(201);
    }
    expectTooMany(await open(sample, { authorization: `bEaReR  ${token}` }));
    // Nothing to be counted by: the address is.
    const credentials = ['Basic YTpi', 'Bearer', token, 'Bearer a b'];
    expect(await times(4, (i) => open(sample, { authorization: credentials[i] ?? '' }))).toEqual(
      of([3, 401], [1, 429]),
    );
  });

  it('has one bucket for all endpoints, whichever client_id the path has', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const client = await registerClient(sample.app, TIDE_TABLES);
    const headers = { authorization: `Bearer ${client.registration_access_token}` };
    const own = `/register/${client.client_id}`;
    expect((await sample.request('GET', own, undefined, headers)).status).toBe(200);
    expectRefusal(await sample.request('GET', '/register/another', undefined, headers), BAD_TOKEN);
    expectRefusal(await sample.request('DELETE', '/register/a-third', undefined, headers), BAD_TOKEN);
    expectTooMany(await sample.request('GET', '/register/a-fourth', undefined, headers));
    expectTooMany(await sample.request('PUT', own, TIDE_TABLES, headers));
    expectTooMany(await sample.request('DELETE', own, undefined, headers));
    expectTooMany(await open(sample, headers));
  });

  it('opens no new bucket for a forged X-Forwarded-For', async () => {
    const sample = await start(limitedTo(PER_CALLER, storage.url()));
    const forged = (i: number) => open(sample, { 'x-forwarded-for': `192.0.2.${i}`, forwarded: `for=192.0.2.${i}` });
    expect(await times(PER_CALLER + 2, forged)).toEqual(of([PER_CALLER, 201], [2, 429]));
    expectTooMany(await forged(100));
  });

  describe('behind a trusted proxy', () => {
    const from = (sample: RunningSample, address: string) => open(sample, { 'x-forwarded-for': address });

    it('knows callers by the address that the proxy has seen, whatever they say themselves', async () => {
      const sample = await start(limitedTo(PER_CALLER, storage.url()), { adapter: behindProxy(adapter) });
      const forged = (i: number) => from(sample, `203.0.113.${i}, 192.0.2.1`);
      expect(await times(PER_CALLER + 1, forged)).toEqual(of([PER_CALLER, 201], [1, 429]));
      expectTooMany(await from(sample, '192.0.2.1'));
      expect((await from(sample, '192.0.2.2')).status).toBe(201);
    });

    it('takes the addresses that one subscriber of IPv6 has for one (RFC 6177)', async () => {
      const sample = await start(limitedTo(PER_CALLER, storage.url()), { adapter: behindProxy(adapter) });
      const neighbour = (i: number) => from(sample, `2001:db8:0:1::${i}`);
      expect(await times(PER_CALLER + 1, neighbour)).toEqual(of([PER_CALLER, 201], [1, 429]));
      expect((await from(sample, '2001:db8:0:2::1')).status).toBe(201);
    });

    it('bounds made-up tokens by their address, of IPv6 by that of the subscriber', async () => {
      const sample = await start(limitedTo(PER_CALLER, storage.url()), { adapter: behindProxy(adapter) });
      const attempt = (i: number, address = `2001:db8:0:1::${i}`) =>
        open(sample, { authorization: `Bearer iat_made_up_${i}`, 'x-forwarded-for': address });
      expectRefusal(await attempt(0), BAD_TOKEN);
      expect(await times(10 * PER_CALLER, (i) => attempt(i + 1))).toEqual(of([10 * PER_CALLER - 1, 401], [1, 429]));
      expectTooMany(await attempt(100));
      expectRefusal(await attempt(101, '2001:db8:0:2::1'), BAD_TOKEN);
    });

    it('bounds all callers together', async () => {
      const sample = await start(limitedTo(1, storage.url()), { adapter: behindProxy(adapter) });
      const statuses = await times(104, (i) => from(sample, `192.0.2.${i}`));
      expect(statuses).toEqual(of([100, 201], [4, 429]));
      expectTooMany(await from(sample, '198.51.100.1'));
    });
  });
});

const redis = counterStorages.filter(({ name }) => name === 'Redis');
const shared = adapters.flatMap((adapter) => redis.map(({ url }) => ({ adapter, url })));

describe.each(shared)('sample rate-limit on two instances with Redis ($adapter)', ({ adapter, url }) => {
  it('has one bucket for both: of parallel requests exactly as many as the limit get through', async () => {
    const redisUrl = String(url());
    const created = await database.create();
    const onOne = { adapter, database: { ...database, create: async () => created } };
    const instances = [
      await startSample(limitedTo(10, redisUrl), onOne),
      await startSample(limitedTo(10, redisUrl), onOne),
    ];
    const client = new Redis(redisUrl);
    try {
      const token = String(await instances[0]?.token());
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => instances.map((instance) => instance.register(TIDE_TABLES, token))).flat(),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(30);
      for (const answer of refused) expectRefusal(answer, TOO_MANY);
      expect(await instances[0]?.dataSource.manager.count(OAuthClient)).toBe(10);

      const prefix = String(new URL(redisUrl).searchParams.get('keyPrefix'));
      const keys = await client.keys(`${prefix}*`);
      expect(keys.length).toBeGreaterThanOrEqual(3);
      for (const key of keys) {
        expect(key).not.toContain(token);
        expect(await client.pttl(key.slice(prefix.length))).toBeGreaterThan(0);
      }
    } finally {
      client.disconnect();
      for (const instance of instances) await instance.close();
    }
  });
});

describe.each(adapters)('sample rate-limit without its Redis (%s)', (adapter) => {
  it('answers 503, lets nobody in uncounted, and says why in the log', async () => {
    const sample = await startSample(limitedTo(PER_CALLER, `redis://127.0.0.1:${await freePort()}`), {
      adapter,
      database,
    });
    const log = captureLog();
    try {
      const refused = await sample.request('POST', '/register', TIDE_TABLES);
      expectRefusal(refused, {
        status: 503,
        error: 'temporarily_unavailable',
        description: 'the server cannot answer now, try again later',
      });
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(log.of('warn').join('\n')).toContain('temporarily_unavailable: rate limit: ');
      expect(await sample.dataSource.manager.count(OAuthClient)).toBe(0);
    } finally {
      log.stop();
      await sample.close();
    }
  });
});
