import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { NextFunction, Request, Response } from 'express';
import type { FastifyInstance } from 'fastify';
import {
  dynamicRegistrationMigrations,
  DynamicRegistrationModule,
  InitialAccessTokenService,
  type DynamicRegistrationOptions,
} from 'nestjs-dynamic-registration';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { adapters, createApplication, ISSUER, startServer, type AdapterName } from '../support/start-server.js';

const [database] = databases;
if (!database) throw new Error('no database');
const BODY = { redirect_uris: ['https://tides.example/cb'] };

@Controller('register')
class SignUpController {
  @Get('verify/email')
  verify() {
    return 'verified';
  }

  @Post('extra/thing')
  extra(@Body() body: unknown) {
    return body;
  }
}

@Controller('register')
class ClashingController {
  @Post()
  signUp() {
    return 'signed up';
  }
}

@Controller('register')
class ClashingParameterController {
  @Get(':id')
  read() {
    return 'of the host';
  }
}

class HostFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    const response: { status(code: number): { send(body: object): void } } = host.switchToHttp().getResponse();
    response.status(418).send({ host: true });
  }
}

describe.each(adapters.map((adapter) => ({ adapter })))('beside the routes of the host ($adapter)', ({ adapter }) => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const start = async (setup: Partial<Parameters<typeof startServer>[0]>) => {
    const server = await startServer({ database, adapter, ...setup });
    closing.push(() => server.close());
    return server;
  };

  it('leaves the global prefix on routes below its own paths', async () => {
    const server = await start({
      controllers: [SignUpController],
      configure: (app) => void app.setGlobalPrefix('api'),
    });
    expect((await fetch(`${server.url}/api/register/verify/email`)).status).toBe(200);
    expect((await server.register(BODY)).status).toBe(201);
  });

  it('ends the start where a global prefix would no longer move a route of the host', async () => {
    await expect(
      start({ controllers: [ClashingController], configure: (app) => void app.setGlobalPrefix('api') }),
    ).rejects.toThrow(
      'DynamicRegistrationModule: ClashingController has a route at /register too. Give the module another "path" or "mount"',
    );
  });

  it('ends the start where a route of the host would never be reached', async () => {
    await expect(start({ controllers: [ClashingController] })).rejects.toThrow('ClashingController has a route at');
  });

  it('ends the start where the paths differ in the name of a parameter alone', async () => {
    await expect(start({ controllers: [ClashingParameterController] })).rejects.toThrow(
      'ClashingParameterController has a route at /register/:id too',
    );
  });

  it('leaves parse errors below its own paths to the host', async () => {
    const server = await start({
      controllers: [SignUpController],
      configure: (app) => void app.useGlobalFilters(new HostFilter()),
    });
    const malformed = { body: '{', headers: { 'content-type': 'application/json' } };
    expect((await server.request('POST', '/register/extra/thing', malformed)).body).toEqual({ host: true });
    expect((await server.request('POST', '/register', malformed)).body.error).toBe('invalid_client_metadata');
  });

  it.each([403, 429])('gives the %i of middleware and hooks of the host the shape of OAuth', async (status) => {
    const refusal = Object.assign(new Error('refused'), { statusCode: status, status });
    const server = await start({ configure: (app) => refuseEverything(app, adapter, refusal) });
    for (const [method, path] of [
      ['POST', '/register'],
      ['GET', '/register/x'],
    ] as const) {
      const answer = await server.request(method, path, method === 'POST' ? { body: BODY } : {});
      expect(answer.status).toBe(status);
      expect(answer.body.error).toBe(status === 429 ? 'temporarily_unavailable' : 'access_denied');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe.each(adapters.map((adapter) => ({ adapter })))('applications of one class ($adapter)', ({ adapter }) => {
  const made: { app?: INestApplication; created: CreatedDatabase }[] = [];
  afterEach(async () => {
    for (const { app, created } of made.splice(0)) {
      await app?.close();
      await created.drop();
    }
  });
  /** The module is evaluated once, as a host's is, and each application has a database of its own. */
  const hostModule = (options: () => Partial<DynamicRegistrationOptions>) => {
    let current: CreatedDatabase;
    @Module({
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            ...current.options,
            autoLoadEntities: true,
            migrations: dynamicRegistrationMigrations,
            migrationsRun: true,
          }),
        }),
        DynamicRegistrationModule.forRootAsync({ useFactory: () => ({ issuer: ISSUER, ...options() }) }),
      ],
    })
    class AppModule {}
    return async () => {
      current = await database.create();
      const app = await createApplication(AppModule, adapter);
      made.push({ app, created: current });
      return app;
    };
  };
  const listen = async (app: INestApplication) => {
    await app.listen(0, '127.0.0.1');
    return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  };
  const register = async (url: string, token: string) =>
    fetch(`${url}/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(BODY),
    });

  it('answer for themselves alone, whatever the order in which they were made', async () => {
    const create = hostModule(() => ({}));
    const [one, two] = [await create(), await create()];
    const [urlOne, urlTwo] = [await listen(one), await listen(two)];
    const { token } = await one.get(InitialAccessTokenService, { strict: false }).issue();
    expect((await register(urlOne, token)).status).toBe(201);
    expect((await register(urlTwo, token)).status).toBe(401);
  });

  it('answer for themselves alone when they start at the same time', async () => {
    const access = ['initial-access-token', 'open'] as const;
    let started = 0;
    const create = hostModule(() => ({ access: access[started++ % 2] ?? 'disabled' }));
    const apps = [await create(), await create()] as const;
    const [closed, open] = await Promise.all([listen(apps[0]), listen(apps[1])]);
    expect((await register(closed, 'nobody')).status).toBe(401);
    const anonymous = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(BODY) };
    expect((await fetch(`${closed}/register`, anonymous)).status).toBe(401);
    expect((await fetch(`${open}/register`, anonymous)).status).toBe(201);
    for (const [own, other] of [apps, apps.toReversed()] as [INestApplication, INestApplication][]) {
      const { token } = await own.get(InitialAccessTokenService, { strict: false }).issue();
      expect((await register(await own.getUrl(), token)).status).toBe(201);
      expect((await register(await other.getUrl(), token)).status).toBe(401);
    }
  });

  it('forget the options of an earlier start', async () => {
    let management: DynamicRegistrationOptions['management'] = true;
    const create = hostModule(() => ({ management }));
    await listen(await create());
    management = { read: false };
    const url = await listen(await create());
    expect((await fetch(`${url}/register/x`)).status).toBe(405);
  });
});

describe('HTTP/2', () => {
  it('carries a registration without a content length (RFC 9113 section 8.1.1)', async () => {
    const created = await database.create();
    const typeorm = {
      ...created.options,
      autoLoadEntities: true,
      migrations: dynamicRegistrationMigrations,
      migrationsRun: true,
    } as TypeOrmModuleOptions;
    @Module({
      imports: [TypeOrmModule.forRoot(typeorm), DynamicRegistrationModule.forRoot({ issuer: ISSUER, access: 'open' })],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, new FastifyAdapter({ http2: true }), { logger: false });
    await app.listen(0, '127.0.0.1');
    const session = connect(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
    const stream = session.request({ ':method': 'POST', ':path': '/register', 'content-type': 'application/json' });
    const status = new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
    stream.end(JSON.stringify(BODY));
    stream.resume();
    await expect(status).resolves.toBe(201);
    session.close();
    await app.close();
    await created.drop();
  });
});

function refuseEverything(app: INestApplication, adapter: AdapterName, refusal: Error): void {
  if (adapter === 'express') app.use((_request: Request, _response: Response, next: NextFunction) => next(refusal));
  else {
    const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
    fastify.addHook('onRequest', (_request, _reply, done) => done(refusal));
  }
}
