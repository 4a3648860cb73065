import { Injectable, UseGuards, type INestApplication } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { RegistrationPolicy, TooManyRequestsError } from 'nestjs-dynamic-registration';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { adapters, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';
import { BAD_TOKEN, expectRefusal, type Refusal } from './refusal.js';

const [database] = databases;
if (!database) throw new Error('no database');

const TOO_MANY: Refusal = { status: 429, error: 'temporarily_unavailable', description: 'too many requests' };
const LIMIT = { ttl: 60_000, limit: 1 };
/** What is left of a minute, and not the second that is said where nobody knows better. */
const OF_A_MINUTE = /^(?:[2-5]\d|60)$/;

const everywhere = (options: ThrottlerModuleOptions): Partial<ServerSetup> => ({
  imports: [ThrottlerModule.forRoot(options)],
  providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
});
const onOurControllers = (options: ThrottlerModuleOptions): Partial<ServerSetup> => ({
  imports: [ThrottlerModule.forRoot(options)],
  options: { decorators: [UseGuards(ThrottlerGuard)] },
});

@Injectable()
class ImpatientPolicy extends RegistrationPolicy {
  override review(): never {
    throw new TooManyRequestsError('too many clients wait for their first use', 89.2);
  }
}

describe.each(adapters)('too many requests (RFC 6585 section 4, %s)', (adapter) => {
  let server: TestServer;
  afterEach(() => server.close());

  const start = async (setup: Partial<ServerSetup>): Promise<void> => {
    server = await startServer({ adapter, database, ...setup });
  };

  it.each<[string, Partial<ServerSetup>]>([
    ['a global throttler', everywhere([LIMIT])],
    ['a throttler of our controllers', onOurControllers([LIMIT])],
    ['a named throttler, whose header no client knows', onOurControllers([{ name: 'caller', ...LIMIT }])],
    [
      'the throttler of several that refuses',
      onOurControllers([
        { name: 'second', ttl: 1000, limit: 100 },
        { name: 'minute', ...LIMIT },
      ]),
    ],
  ])('are told when to come back by %s, before a credential is looked at', async (_, setup) => {
    await start(setup);
    expectRefusal(await server.register(clientMetadata(), 'iat_unknown'), BAD_TOKEN);
    const refused = await server.register(clientMetadata(), 'iat_unknown');
    expectRefusal(refused, TOO_MANY);
    expect(refused.headers.get('retry-after')).toMatch(OF_A_MINUTE);
  });

  it('are told to come back where the throttler does not say when', async () => {
    await start(onOurControllers({ throttlers: [LIMIT], setHeaders: false }));
    await server.register(clientMetadata());
    const refused = await server.register(clientMetadata());
    expectRefusal(refused, TOO_MANY);
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('are no matter of a global throttler where the controllers are taken out', async () => {
    await start({ ...everywhere([LIMIT]), options: { decorators: [SkipThrottle()] } });
    for (let i = 0; i < 3; i++) expect((await server.register(clientMetadata())).status).toBe(201);
  });

  it('of one client open no new bucket with another client_id in the path', async () => {
    await start(onOurControllers([{ ttl: 60_000, limit: 3 }]));
    for (const path of ['/register/a', '/register/b', '/register/c']) {
      expectRefusal(await server.request('GET', path, { token: 'rat_unknown' }), BAD_TOKEN);
    }
    const refused = await server.request('GET', '/register/d', { token: 'rat_unknown' });
    expectRefusal(refused, TOO_MANY);
    expect(refused.headers.get('retry-after')).toMatch(OF_A_MINUTE);
  });

  it('are told what a middleware of the host says, before any route', async () => {
    await start({
      configure: (app: INestApplication) =>
        app.use((_request: unknown, response: ServerResponse, next: (error: unknown) => void) => {
          response.setHeader('Retry-After', '7');
          next(Object.assign(new Error('slow down'), { status: 429, statusCode: 429 }));
        }),
    });
    const refused = await server.register(clientMetadata());
    expectRefusal(refused, TOO_MANY);
    expect(refused.headers.get('retry-after')).toBe('7');
  });

  it('are told in whole seconds when a policy wants them back', async () => {
    await start({ options: { policies: [ImpatientPolicy] } });
    const refused = await server.register(clientMetadata());
    expectRefusal(refused, { ...TOO_MANY, description: 'too many clients wait for their first use' });
    expect(refused.headers.get('retry-after')).toBe('90');
    expect(await server.dataSource.query('SELECT * FROM oauth_clients')).toEqual([]);
  });

  it('may be read by a browser of another origin', async () => {
    await start({ ...everywhere([LIMIT]), options: { cors: { origins: '*' } } });
    await server.register(clientMetadata());
    const { headers } = await server.register(clientMetadata());
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After');
    expect(headers.get('retry-after')).toMatch(OF_A_MINUTE);
  });
});
