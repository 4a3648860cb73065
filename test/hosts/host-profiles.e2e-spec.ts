import { Body, Controller, Get, Post, UseGuards, type INestApplication } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { AuthGuard } from '@nestjs/passport';
import { getDataSourceToken } from '@nestjs/typeorm';
import { IsString } from 'class-validator';
import { firstValueFrom } from 'rxjs';
import type { DataSource } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import { hosts } from './catalogue.js';
import { told } from './entity-hooks.host.js';
import { HOST_NAMES, type HostName } from './host-names.js';
import { sessionToken } from './jwt-guard.host.js';
import { messagePort } from './microservice.host.js';

const [database] = databases;
if (!database) throw new Error('no database');

class Probe {
  @IsString()
  name: string;
}

@Controller('probe')
class ProbeController {
  @Get()
  read() {
    return { tide: 'high' };
  }

  @Post()
  write(@Body() { name }: Probe) {
    return { name };
  }

  @Post('secret')
  echo(@Body() body: object) {
    return body;
  }

  @Get('broken')
  broken(): void {
    throw new Error('low water');
  }

  @Get('passport')
  @UseGuards(AuthGuard('bearer'))
  guarded() {
    return { tide: 'high' };
  }
}

describe.each(adapters.map((adapter) => ({ adapter })))('a host of the catalogue ($adapter)', ({ adapter }) => {
  let server: TestServer;
  afterEach(() => server.close());
  const start = async (name: HostName) => {
    server = await startServer({ host: hosts[name], adapter, database, controllers: [ProbeController] });
  };
  const get = async (path: string, token?: string) => server.request('GET', path, token === undefined ? {} : { token });
  const ownTables = () => server.app.get<DataSource>(getDataSourceToken());

  it.each(HOST_NAMES)('registers a client in %s, where its issuer says', async (name) => {
    await start(name);
    const { status, body } = await server.register(clientMetadata());
    expect(status).toBe(201);
    expect(body.registration_client_uri).toBe(`${server.issuer}/register/${body.client_id}`);
    const token = body.registration_access_token;
    expect((await server.request('GET', `/register/${body.client_id}`, { token })).status).toBe(200);
  });

  it('refuses members its DTOs do not have, and masks secrets (global-pipes)', async () => {
    await start('global-pipes');
    expect((await server.request('POST', '/probe', { body: { name: 'a' } })).status).toBe(201);
    expect((await server.request('POST', '/probe', { body: { name: 'a', other: 1 } })).status).toBe(400);
    const { body } = await server.request('POST', '/probe/secret', { body: { secret: 'a' } });
    expect(body).toEqual({ secret: '***' });
  });

  it.each([
    ['global-prefix', '/api/probe'],
    ['uri-versioning', '/v1/probe'],
  ] as const)('moves its own routes (%s)', async (name, path) => {
    await start(name);
    expect((await get(path)).status).toBe(200);
    expect((await get('/probe')).status).toBe(404);
  });

  it('answers every error itself (catch-all-filters)', async () => {
    await start('catch-all-filters');
    const { status, headers, body } = await get('/probe/broken');
    expect([status, headers.get('x-host-filter'), body]).toEqual([500, 'yes', { failed: true, status: 500 }]);
  });

  it('wraps every answer (wrapping-interceptors)', async () => {
    await start('wrapping-interceptors');
    expect((await get('/probe')).body).toEqual({ data: { data: { tide: 'high' } } });
  });

  it('wants a session (jwt-guard)', async () => {
    await start('jwt-guard');
    expect((await get('/probe')).status).toBe(401);
    expect((await get('/probe', await server.token())).status).toBe(401);
    expect((await get('/probe', await sessionToken())).status).toBe(200);
  });

  it('names its columns (snake-case)', async () => {
    await start('snake-case');
    const { body } = await server.register(clientMetadata());
    expect(await ownTables().query('SELECT * FROM oauth_clients')).toMatchObject([{ client_id: body.client_id }]);
    expect(await server.dataSource.query('SELECT * FROM oauth_clients')).toMatchObject([{ clientId: body.client_id }]);
  });

  it('takes part in what is stored (entity-hooks)', async () => {
    await start('entity-hooks');
    told.length = 0;
    const { body } = await server.register(clientMetadata());
    const own = { token: body.registration_access_token };
    const path = `/register/${body.client_id}`;
    expect((await get(path, own.token)).status).toBe(200);
    expect(await ownTables().query('SELECT host_note FROM oauth_clients')).toEqual([{ host_note: 'inserted' }]);
    const update = { ...own, body: clientMetadata({ client_id: body.client_id }) };
    expect((await server.request('PUT', path, update)).status).toBe(200);
    expect((await server.request('DELETE', path, own)).status).toBe(204);
    expect([...new Set(told)].toSorted()).toEqual(
      [
        'HostClient AfterLoad',
        'HostClient BeforeInsert',
        'HostToken AfterLoad',
        'HostToken BeforeInsert',
        'subscriber afterInsert',
        'subscriber afterLoad',
        'subscriber afterRemove',
        'subscriber afterUpdate',
        'subscriber beforeInsert',
        'subscriber beforeRemove',
        'subscriber beforeUpdate',
      ].toSorted(),
    );
  });

  it('has the registration endpoint below its path alone (issuer-with-path)', async () => {
    await start('issuer-with-path');
    expect(new URL(server.url).pathname).toBe('/tenants/acme');
    expect((await fetch(new URL('/register', server.url), { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${server.url}/register`, { method: 'POST' })).status).toBe(415);
  });

  it('is behind a proxy that takes its path off (stripping-proxy)', async () => {
    await start('stripping-proxy');
    const behind = server.app.getHttpServer().address() as { port: number };
    expect(behind.port).not.toBe(server.port);
    expect((await fetch(`http://127.0.0.1:${behind.port}/auth/register`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${server.url}/register`, { method: 'POST' })).status).toBe(415);
  });

  it.each([
    ['bearer-of-nobody', 401],
    ['bearer-of-everybody', 200],
  ] as const)('has a strategy under the name bearer (%s)', async (name, status) => {
    await start(name);
    expect((await get('/probe/passport', 'anything')).status).toBe(status);
  });

  it.each([
    ['microservice', 'high tide at Cuxhaven'],
    ['everything', { data: { data: 'high tide at Cuxhaven' } }],
  ] as const)('answers messages besides HTTP (%s)', async (name, answer) => {
    await start(name);
    expect((await server.register(clientMetadata())).status).toBe(201);
    expect(await send(server.app, 'Cuxhaven')).toEqual(answer);
  });

  it('is all of it at once (everything)', async () => {
    await start('everything');
    const token = await sessionToken();
    expect((await get('/api/v1/probe')).status).toBe(401);
    expect((await get('/api/v1/probe', token)).body).toEqual({ data: { data: { tide: 'high' } } });
    expect((await get('/api/v1/probe/broken', token)).headers.get('x-host-filter')).toBe('yes');
    expect((await get('/api/v1/probe/passport', token)).status).toBe(200);
    const refused = await server.request('POST', '/api/v1/probe', { token, body: { name: 'a', other: 1 } });
    expect(refused.status).toBe(400);
    const { body } = await server.register(clientMetadata());
    expect(await ownTables().query('SELECT client_id, host_note FROM oauth_clients')).toEqual([
      { client_id: body.client_id, host_note: 'inserted' },
    ]);
  });
});

async function send(app: INestApplication, harbour: string): Promise<unknown> {
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: messagePort(app) },
  });
  try {
    return await firstValueFrom(client.send<unknown>('tide', harbour));
  } finally {
    await client.close();
  }
}
