import {
  ClientMetadata,
  ClientMetadataColumn,
  IsOneOf,
  MetadataField,
  OAuthClient,
  OAuthClientFactory,
  OAuthClientService,
  type NewClient,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { Injectable } from '@nestjs/common';
import { Column, CreateDateColumn, Entity } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

class AcmeMetadata extends ClientMetadata {
  @MetadataField({ spec: 'Acme' })
  @IsOneOf('gold', 'silver')
  acme_tier?: string;

  @MetadataField({ spec: 'Acme', languageTags: true })
  @IsOneOf('one', 'two')
  acme_note?: string;
}

@Entity('apps')
class App extends OAuthClient {
  @ClientMetadataColumn()
  @Column({ type: 'varchar', length: 32, nullable: true })
  acmeTier: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  division: string | null;

  @CreateDateColumn()
  createdAt: Date;
}

@Injectable()
class AppFactory extends OAuthClientFactory {
  override create(metadata: ClientMetadata, made: NewClient): OAuthClientRecord {
    return Object.assign(super.create(metadata, made), { division: `tenant of ${made.owner}` });
  }
}

describe.each(databases)("a subclass of OAuthClient with the host's columns ($name)", (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: {
        metadata: AcmeMetadata,
        entities: { client: App },
        providers: [{ provide: OAuthClientFactory, useClass: AppFactory }],
      },
      typeorm: { synchronize: true, migrationsRun: false },
    });
  });
  afterAll(() => server.close());

  const row = (clientId: string) => server.dataSource.getRepository(App).findOneByOrFail({ clientId });
  const put = (client: JsonResponse, body: object) =>
    server.request('PUT', `/register/${client.body.client_id}`, {
      token: client.body.registration_access_token,
      body: { client_id: client.body.client_id, ...BODY, ...body },
    });

  it('is stored in its own table, with what the host fills in', async () => {
    expect(server.dataSource.getMetadata(App).tableName).toBe('apps');
    const { status, body } = await server.register(BODY, await server.token({ owner: 'acme' }));
    expect(status).toBe(201);
    const app = await row(body.client_id);
    expect(app).toBeInstanceOf(App);
    expect(app).toMatchObject({ owner: 'acme', division: 'tenant of acme', createdAt: expect.any(Date) });
    expect(body).not.toHaveProperty('division');
    await expect(server.app.get(OAuthClientService, { strict: false }).find(body.client_id)).resolves.toBeInstanceOf(
      App,
    );
  });

  it('keeps a marked field in its column and not in the JSON one', async () => {
    const client = await server.register({ ...BODY, acme_tier: 'gold' });
    expect(client.body.acme_tier).toBe('gold');
    await expect(row(client.body.client_id)).resolves.toMatchObject({ acmeTier: 'gold', additionalMetadata: null });
    const read = await server.request('GET', `/register/${client.body.client_id}`, {
      token: client.body.registration_access_token,
    });
    expect(read.body.acme_tier).toBe('gold');
  });

  it('keeps a field without a column, and its variants in other languages, in the JSON column', async () => {
    const { body } = await server.register({ ...BODY, acme_note: 'one', 'acme_note#de': 'two' });
    expect(body).toMatchObject({ acme_note: 'one', 'acme_note#de': 'two' });
    await expect(row(body.client_id)).resolves.toMatchObject({
      acmeTier: null,
      additionalMetadata: { acme_note: 'one', 'acme_note#de': 'two' },
    });
  });

  it("loses what an update omits, and nothing of the host's (RFC 7592 section 2.2)", async () => {
    const client = await server.register(
      { ...BODY, acme_tier: 'gold', acme_note: 'one', contacts: ['a@tides.example'] },
      await server.token({ owner: 'acme' }),
    );
    const before = await row(client.body.client_id);
    expect((await put(client, { acme_tier: 'silver' })).body).toMatchObject({ acme_tier: 'silver' });
    await expect(row(client.body.client_id)).resolves.toMatchObject({ acmeTier: 'silver', additionalMetadata: null });
    const { status, body } = await put(client, {});
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('acme_tier');
    const after = await row(client.body.client_id);
    Object.assign(before, { acmeTier: null, additionalMetadata: null, contacts: null, version: 3 });
    expect(after).toEqual(before);
  });

  it('refuses a wrong value of it like any other', async () => {
    const { status, body } = await server.register({ ...BODY, acme_tier: 'platinum' });
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'invalid_client_metadata', error_description: expect.stringMatching(/^acme_tier /) });
  });

  it('is not written by a client in a column that is not marked, whatever it sends', async () => {
    const names = server.dataSource.getMetadata(App).columns.map(({ propertyName }) => propertyName);
    const snake = names.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    const known = new Set(['acme_tier', 'acmeTier', 'scope', 'jwks', 'contacts', ...Object.keys(BODY)]);
    const hostile = [...names, ...snake].filter((name) => !known.has(name) && !/uri|type|method|software/i.test(name));
    const token = await server.token({ owner: 'acme' });
    const plain = await row((await server.register(BODY, token)).body.client_id);
    const { status, body } = await server.register(
      { ...Object.fromEntries(hostile.map((name) => [name, 'hostile'])), ...BODY },
      token,
    );
    expect(status).toBe(201);
    const written = await row(body.client_id);
    expect(JSON.stringify(written)).not.toContain('hostile');
    expect(Object.assign(written, changing(plain))).toEqual(plain);
  });
});

/** What differs from one client to the next. */
function changing({ clientId, clientIdIssuedAt, clientSecretHash, registrationAccessTokenHash, createdAt }: App) {
  return { clientId, clientIdIssuedAt, clientSecretHash, registrationAccessTokenHash, createdAt };
}

describe('getters of OAuthClient', () => {
  const client = (values: Partial<OAuthClient>) => Object.assign(new OAuthClient(), values);

  it('say whether it is a public client (RFC 6749 section 2.1)', () => {
    expect(client({ tokenEndpointAuthMethod: 'none' }).isPublic).toBe(true);
    expect(client({ tokenEndpointAuthMethod: 'private_key_jwt' }).isPublic).toBe(false);
  });

  it('give its scopes one by one', () => {
    expect(client({ scope: 'read write' }).scopes).toEqual(['read', 'write']);
    expect(client({ scope: null }).scopes).toEqual([]);
  });
});
