import { Body, Controller, Get, Post, VersioningType, type INestApplication } from '@nestjs/common';
import { ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  DynamicRegistrationModule,
  InitialAccessToken,
  OAuthClient,
  OpenApiService,
} from 'nestjs-dynamic-registration';
import { Entity } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { adapters, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';
import { expectValidDocument } from './document-judge.js';

/** A class of the host's with the name of one of ours. */
class ClientMetadata {
  @ApiProperty({ nullable: true, type: String })
  harbour?: string | null;
}

@Controller('tides')
class TidesController {
  @Get()
  list(): ClientMetadata[] {
    return [];
  }

  @Post()
  add(@Body() tide: ClientMetadata): ClientMetadata {
    return tide;
  }
}

@Entity('partner_clients')
class PartnerClient extends OAuthClient {}

@Entity('partner_tokens')
class PartnerToken extends InitialAccessToken {}

// Documents depend on no database.
const [database] = databases;
const issuer = 'https://auth.example.com';
const OURS = ['/register', '/register/{client_id}', '/.well-known/oauth-authorization-server'];

function documentOf(app: INestApplication) {
  const config = new DocumentBuilder().setTitle('Tides').setOpenAPIVersion('3.1.0').build();
  return SwaggerModule.createDocument(app, config);
}

describe.each(adapters)('the document of SwaggerModule with ours in it (%s)', (adapter) => {
  let server: TestServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const start = async (setup: Partial<ServerSetup> = {}) => {
    if (!database) throw new Error('there is no database to test on');
    server = await startServer({
      adapter,
      database,
      controllers: [TidesController],
      ...setup,
      options: { issuer, discovery: true, ...setup.options },
    });
    return server.app;
  };
  const merged = (app: INestApplication) => app.get(OpenApiService, { strict: false }).addTo(documentOf(app));

  it('is valid, and has the routes of the host and ours', async () => {
    const document = merged(await start());
    await expectValidDocument(document);
    expect(Object.keys(document.paths).toSorted()).toEqual([...OURS, '/tides'].toSorted());
    expect(document.paths['/register']?.post?.requestBody).toBeDefined();
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(
      expect.arrayContaining(['ClientMetadata', 'register.ClientMetadata']),
    );
  });

  it('is the same when it is made before the routes are there', async () => {
    let early: object | undefined;
    const app = await start({ configure: (app) => (early = merged(app)) });
    expect(JSON.parse(JSON.stringify(early))).toEqual(JSON.parse(JSON.stringify(merged(app))));
  });

  it('has our paths as they are, under a global prefix and versions of the host', async () => {
    const app = await start({
      configure: (host) => {
        host.setGlobalPrefix('api');
        host.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    const document = merged(app);
    await expectValidDocument(document);
    expect(Object.keys(document.paths).toSorted()).toEqual([...OURS, '/api/v1/tides'].toSorted());
  });

  it('has the path that clients call, not the route a proxy has for it', async () => {
    const document = merged(await start({ options: { mount: '/internal/dcr', discovery: false } }));
    expect(Object.keys(document.paths).toSorted()).toEqual(['/register', '/register/{client_id}', '/tides']);
    expect(document.paths['/register']?.post).toMatchObject({ servers: [{ url: issuer }] });
  });

  it('has two imports of the module', async () => {
    const partners = DynamicRegistrationModule.forRoot({
      issuer: `${issuer}/partners`,
      access: 'open',
      entities: { client: PartnerClient, initialAccessToken: PartnerToken },
    });
    const app = await start({
      imports: [partners],
      typeorm: { synchronize: true, migrationsRun: false },
      options: { discovery: false },
    });
    const services = app.get(OpenApiService, { strict: false, each: true });
    expect(services).toHaveLength(2);
    const document = services.reduce((host, service) => service.addTo(host), documentOf(app));
    await expectValidDocument(document);
    expect(Object.keys(document.paths).toSorted()).toEqual(
      [
        '/register',
        '/register/{client_id}',
        '/partners/register',
        '/partners/register/{client_id}',
        '/tides',
      ].toSorted(),
    );
  });
});
