import { Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { INestApplication } from '@nestjs/common';
import { OAuthClientService } from 'nestjs-dynamic-registration';
import { registerClient } from 'nestjs-dynamic-registration/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import hostDataSource from '../../sample/existing-table/data-source.js';
import { RegistrationModule } from '../../sample/existing-table/registration.module.js';
import { User } from '../../sample/existing-table/users.js';
import { dcrProcess } from '../cli/dcr.js';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { createApplication } from '../support/start-server.js';
import { TIDE_TABLES } from './start-sample.js';

const postgres = databases.filter(({ kind }) => kind === 'postgres');

const DATA_SOURCE = 'build/sample/existing-table/data-source.js';

describe.each(postgres)('sample existing-table ($name)', ({ create }) => {
  let database: CreatedDatabase;
  let app: INestApplication;
  let clients: OAuthClientService;
  beforeAll(async () => {
    database = await create();
    const typeorm = { ...hostDataSource.options, url: database.url, migrationsRun: true } as TypeOrmModuleOptions;

    @Module({ imports: [TypeOrmModule.forRoot(typeorm), RegistrationModule] })
    class HostModule {}
    app = await createApplication(HostModule, 'express');
    await app.init();
    clients = app.get(OAuthClientService, { strict: false });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('keeps the client that was there, with what it may do', async () => {
    expect(await clients.find('tide-tables')).toMatchObject({
      clientName: 'Tide Tables',
      clientIdIssuedAt: Date.UTC(2021, 5, 1, 12) / 1000,
      redirectUris: ['https://tides.example/cb'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      scope: 'api:read',
      source: 'manual',
      owner: 'acme',
      registrationAccessTokenHash: null,
    });
  });

  it('verifies its secret, and replaces the hash once it has proved right', async () => {
    const verify = async (secret: string) => {
      const client = await clients.find('tide-tables');
      return client && clients.verifySecret(client, secret);
    };
    expect(await verify('correct horse!')).toBe(false);
    expect((await clients.find('tide-tables'))?.clientSecretHash).toMatch(/^pbkdf2:/);
    expect(await verify('correct horse')).toBe(true);
    expect((await clients.find('tide-tables'))?.clientSecretHash).toMatch(/^\$2b\$10\$/);
    expect(await verify('correct horse')).toBe(true);
    expect(await verify('correct horse!')).toBe(false);
  });

  it('is known to the command line by its data source: entities, scopes, owners', async () => {
    const dcr = async (...args: string[]) =>
      dcrProcess(['clients', ...args, '--data-source', DATA_SOURCE], { env: { DATABASE_URL: database.url } });
    const added = await dcr(
      'add',
      '--id',
      'gauge',
      '--owner',
      'acme',
      '--allowed-scopes',
      'api:read',
      '--generate-secret',
    );
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const client = await clients.find('gauge');
    expect(client).toMatchObject({ owner: 'acme', scope: 'api:read', grantTypes: [] });
    const secret = /^client_secret: +(\S+)$/m.exec(added.stdout)?.[1];
    expect(client && (await clients.verifySecret(client, secret))).toBe(true);

    expect(await dcr('set-scope', '--id', 'gauge', '--scopes', 'api:erase')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: scope contains a value that is not supported by this server\n',
    });
    const strangers = await dcr('add', '--id', 'stray', '--owner', 'nobody');
    expect(strangers.code).toBe(1);
    expect(strangers.stderr).toMatch(
      /^error: the data source .* requires a row that is not there, such as the owner, .*\n$/,
    );
    expect(await clients.find('stray')).toBeUndefined();
  });

  it('has clients imported by line: none gets a scope it did not have, and one without an owner is named', async () => {
    const lines = [
      { client_id: 'plain', redirect_uris: ['https://tides.example/cb'] },
      { client_id: 'stray', owner: 'nobody', redirect_uris: ['https://tides.example/cb'] },
      { client_id: 'owned', owner: 'acme', redirect_uris: ['https://tides.example/cb'] },
    ];
    const input = lines.map((line) => JSON.stringify(line)).join('\n');
    const run = async (...args: string[]) =>
      dcrProcess(['clients', ...args, '--data-source', DATA_SOURCE], { env: { DATABASE_URL: database.url }, input });
    for (const [done, args] of [
      ['to import', ['--dry-run']],
      ['imported', []],
    ] as const) {
      const imported = await run('import', '-', ...args);
      expect(imported).toMatchObject({ code: 1, stdout: `${done} 2, there already 0, refused 1\n` });
      expect(imported.stderr).toMatch(
        /^line 2: the data source .* requires a row that is not there, .*\nerror: a line /,
      );
      expect((await clients.find('owned')) === undefined).toBe(done === 'to import');
    }
    expect(await clients.find('plain')).toMatchObject({ scope: null, source: 'manual' });
    expect(await clients.find('stray')).toBeUndefined();
  });

  it('gives no client default scopes that was to have none', async () => {
    const none = ['add', '--id', 'bare', '--redirect-uri', 'https://tides.example/cb', '--allowed-scopes', ''];
    const refused = await dcrProcess(['clients', ...none, '--data-source', DATA_SOURCE], {
      env: { DATABASE_URL: database.url },
    });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^error: this server gives a client without scopes its default ones: /);
    expect(await clients.find('bare')).toBeUndefined();
  });

  it('removes the clients of a user who is removed', async () => {
    const { manager } = app.get<DataSource>(getDataSourceToken(), { strict: false });
    await manager.insert(User, { id: 'zoe' });
    const { client_id } = await registerClient(app, TIDE_TABLES, { owner: 'zoe' });
    expect(await clients.find(client_id)).toMatchObject({ owner: 'zoe', source: 'dynamic' });
    await manager.delete(User, { id: 'zoe' });
    expect(await clients.find(client_id)).toBeUndefined();
    expect(await clients.find('tide-tables')).toBeDefined();
  });
});
