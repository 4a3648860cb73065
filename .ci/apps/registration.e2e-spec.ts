// One file for both applications: vitest and jest have describe, it and expect in common.
import 'reflect-metadata';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  DynamicRegistrationModule,
  InitialAccessTokenService,
  OAuthClientService,
  RegistrationAccessTokenService,
} from 'nestjs-dynamic-registration';
import { issueInitialAccessToken, registerClient } from 'nestjs-dynamic-registration/testing';
import { execFileSync, spawn } from 'node:child_process';
import { AppModule } from '../src/app.module';

const metadata = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

const start = async (module: Type): Promise<INestApplication> => {
  const app = await NestFactory.create(module, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return app;
};

/** A request with a bearer token to an application that listens at this URL. */
const send = async (url: string, method: string, token: string, body?: object) => {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};

/** Registers, reads, replaces and deletes a client. */
const expectLife = async (origin: string, token: string) => {
  const registered = await send(`${origin}/register`, 'POST', token, metadata);
  expect(registered.status).toBe(201);
  expect(registered.body).toMatchObject({ ...metadata, client_secret: expect.stringMatching(/^cs_/) });
  const { client_id, registration_access_token: own } = registered.body;
  const url = `${origin}/register/${client_id}`;
  expect(registered.body.registration_client_uri).toBe(`https://auth.example.com/register/${client_id}`);
  expect(await send(url, 'GET', own)).toMatchObject({ status: 200, body: metadata });
  const update = { client_id, redirect_uris: ['https://tides.example/other'] };
  const replaced = await send(url, 'PUT', own, update);
  expect(replaced).toMatchObject({ status: 200, body: update });
  expect(replaced.body).not.toHaveProperty('client_name');
  expect((await send(url, 'DELETE', own)).status).toBe(204);
  expect((await send(url, 'GET', own)).status).toBe(401);
  expect((await send(`${origin}/register`, 'POST', 'wrong', metadata)).status).toBe(401);
};

describe('an application that followed README', () => {
  let app: INestApplication;
  let origin: string;
  beforeAll(async () => {
    app = await start(AppModule);
    origin = await app.getUrl();
  });
  afterAll(() => app.close());

  it('registers, reads, replaces and deletes a client', async () => {
    await expectLife(origin, await issueInitialAccessToken(app));
  });

  it('takes the token that the command of README prints, once', async () => {
    const command = String(process.env['README_TOKEN_COMMAND']);
    const token = /iat_[A-Za-z0-9_-]{43}/.exec(execFileSync('sh', ['-c', command], { encoding: 'utf8' }))?.[0] ?? '';
    expect((await send(`${origin}/register`, 'POST', token, metadata)).status).toBe(201);
    expect((await send(`${origin}/register`, 'POST', token, metadata)).status).toBe(401);
  });

  it('has nothing to migrate after its start', () => {
    const command = String(process.env['README_MIGRATE_COMMAND']);
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toContain('nothing');
  });

  it.each([null, undefined, '', 0, {}, [], 'a\0b'])('finds nothing by the key %j', async (key) => {
    await registerClient(app, metadata);
    const none = key as never;
    expect(await app.get(OAuthClientService, { strict: false }).find(none)).toBeUndefined();
    const tokens = app.get(InitialAccessTokenService, { strict: false });
    expect(await tokens.find(none)).toBeUndefined();
    expect(await tokens.authenticate(none)).toBeUndefined();
    expect(await tokens.revoke(none)).toBe(false);
    const own = app.get(RegistrationAccessTokenService, { strict: false });
    expect(await own.authenticate(none, none)).toBeUndefined();
  });
});

describe('an application as it is built', () => {
  it('registers, reads, replaces and deletes a client', async () => {
    const server = spawn(process.execPath, ['dist/main.js'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const origin = await new Promise<string>((resolve, reject) => {
        server.once('exit', (code) => reject(new Error(`ended with ${code}`)));
        server.stdout.on('data', (text) => resolve(/listening at (\S+)/.exec(String(text))?.[1] ?? ''));
      });
      const command = String(process.env['README_TOKEN_COMMAND']);
      const token = /iat_[A-Za-z0-9_-]{43}/.exec(execFileSync('sh', ['-c', command], { encoding: 'utf8' }))?.[0] ?? '';
      await expectLife(origin, token);
    } finally {
      server.kill();
    }
  });
});

describe('the mistakes everyone makes', () => {
  const application = (options: object): Type => {
    class Mistaken {}
    Module({
      imports: [
        // A start that has failed leaves its connections to the end of the process.
        TypeOrmModule.forRoot({ type: 'postgres', retryAttempts: 0, extra: { allowExitOnIdle: true }, ...options }),
        DynamicRegistrationModule.forRoot({ issuer: 'https://auth.example.com' }),
      ],
    })(Mistaken);
    return Mistaken;
  };

  it('end the start with the line to add: entities that are not listed', async () => {
    await expect(start(application({ url: process.env['DATABASE_URL'], entities: [] }))).rejects.toThrow(
      'Add OAuthClient and InitialAccessToken to its entities, or set autoLoadEntities: true',
    );
  });

  it('end the start with the line to add: tables that are missing', async () => {
    const url = process.env['EMPTY_DATABASE_URL'];
    await expect(start(application({ url, autoLoadEntities: true }))).rejects.toThrow('dynamicRegistrationMigrations');
  });
});
