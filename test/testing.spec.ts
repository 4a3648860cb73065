import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ClientMetadata,
  DynamicRegistrationModule,
  InitialAccessToken,
  InvalidRedirectUriError,
  OAuthClient,
  OAuthClientService,
  RegistrationPolicy,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';
import { issueInitialAccessToken, registerClient } from 'nestjs-dynamic-registration/testing';
import { Entity } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase } from './support/databases.js';
import { platforms, startServer, type TestServer } from './support/start-server.js';

const redirect_uris = ['https://tides.example/cb'];

class AcmeOnly extends RegistrationPolicy {
  review(proposed: ClientMetadata, { owner }: RegistrationContext): ClientMetadata {
    if (owner !== 'acme') throw new InvalidRedirectUriError('redirect_uris are for acme');
    return proposed;
  }
}

describe.each(platforms)('the testing entry point ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { policies: [AcmeOnly] } });
  });
  afterAll(() => server.close());

  it('issues an initial access token the endpoint takes', async () => {
    const token = await issueInitialAccessToken(server.app, { owner: 'acme', maxUses: 1 });
    expect((await server.register({ redirect_uris }, token)).status).toBe(201);
    expect((await server.register({ redirect_uris }, token)).status).toBe(401);
  });

  it('registers a client that can manage itself and authenticate', async () => {
    const client = await registerClient(server.app, { redirect_uris, client_name: 'Tide Tables' }, { owner: 'acme' });
    const read = await server.request('GET', `/register/${client.client_id}`, {
      ...(client.registration_access_token && { token: client.registration_access_token }),
    });
    expect(read.status).toBe(200);
    expect(read.body).toMatchObject({ client_name: 'Tide Tables' });
    const clients = server.app.get(OAuthClientService, { strict: false });
    const stored = await clients.find(client.client_id);
    expect(stored).toMatchObject({ owner: 'acme', source: 'dynamic', registeredOpenly: false });
    expect(stored && (await clients.verifySecret(stored, client.client_secret ?? ''))).toBe(true);
  });

  it('goes through the rules and the policies', async () => {
    await expect(
      registerClient(server.app, { redirect_uris: ['http://tides.example/cb'] }, { owner: 'acme' }),
    ).rejects.toThrow('redirect_uris[0] must use https');
    await expect(registerClient(server.app, { redirect_uris }, { owner: 'other' })).rejects.toThrow('are for acme');
  });
});

describe('the testing entry point, in an application with two imports', () => {
  @Entity('tenant_clients')
  class TenantClient extends OAuthClient {}
  @Entity('tenant_tokens')
  class TenantToken extends InitialAccessToken {}
  const [database] = databases;
  let created: CreatedDatabase | undefined;
  let app: INestApplication | undefined;
  const running = () => {
    if (!app) throw new Error('the application does not run');
    return app;
  };
  beforeAll(async () => {
    created = await database?.create();
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...created?.options, autoLoadEntities: true, synchronize: true }),
        DynamicRegistrationModule.forRoot({ issuer: 'https://one.example' }),
        DynamicRegistrationModule.forRoot({
          issuer: 'https://two.example/tenant',
          entities: { client: TenantClient, initialAccessToken: TenantToken },
        }),
      ],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.init();
  });
  afterAll(async () => {
    await app?.close();
    await created?.drop();
  });

  it.each(['https://one.example', 'https://two.example/tenant'])('uses the import of %s', async (issuer) => {
    const client = await registerClient(running(), { redirect_uris }, { issuer });
    expect(client.registration_client_uri).toBe(`${issuer}/register/${client.client_id}`);
  });

  it.each([undefined, 'https://three.example'])('names the issuers there are, where it is told %s', async (issuer) => {
    await expect(issueInitialAccessToken(running(), issuer === undefined ? {} : { issuer })).rejects.toThrow(
      'name the issuer of one import of the module: https://one.example, https://two.example/tenant',
    );
  });
});
