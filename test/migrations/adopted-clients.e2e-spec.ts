import { Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  ClientSecretHasher,
  isPublicClient,
  OAuthClientService,
  redirectUriMatches,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { DataSource, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import { BODY, manage } from '../faults/client-requests.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import {
  CONFIDENTIAL,
  createHostTables,
  FOREIGN_HASH,
  HOST_APPS,
  HOST_MIGRATIONS,
  OLD_SECRET,
  variantsOf,
  WITH_NOTHING,
  WITHOUT_SECRET,
  type HostVariant,
} from './provider-apps.js';

/** Knows the scheme in which the host hashed secrets before. */
@Injectable()
class HostSecretHasher extends ClientSecretHasher {
  override async verify(secret: string, stored: string): Promise<boolean> {
    const [, scheme, rounds = '', salt = '', digest = ''] = stored.split('$');
    if (scheme !== 'pbkdf2-sha256') return super.verify(secret, stored);
    const expected = octets(digest);
    const found = pbkdf2Sync(secret, octets(salt), Number(rounds), 32, 'sha256');
    return expected.length === found.length && timingSafeEqual(expected, found);
  }

  override needsRehash(stored: string): boolean {
    return stored.startsWith('$pbkdf2-sha256$');
  }
}

/** The base64 of passlib, with a dot in place of the plus. */
function octets(encoded: string): Buffer {
  return Buffer.from(encoded.replaceAll('.', '+'), 'base64');
}

/** A database in which the host had its table before. */
function withApps(database: TestDatabase, { types }: HostVariant): TestDatabase {
  return {
    ...database,
    create: async () => {
      const created = await database.create();
      const admin = await new DataSource(created.options).initialize();
      await createHostTables(admin, database.kind, types);
      await admin.destroy();
      return created;
    },
  };
}

const hosts = databases.flatMap((database, i) =>
  variantsOf(database.kind).map((variant, j) => ({
    database,
    ...variant,
    adapter: adapters[(i + j) % 2] ?? 'express',
  })),
);

const METHODS = ['GET', 'PUT', 'DELETE'] as const;

describe.each(hosts)(
  'adopted clients, where $title ($adapter, $database.name)',
  ({ database, adapter, ...variant }) => {
    let server: TestServer;
    let service: OAuthClientService;
    let apps: Repository<OAuthClientRecord>;
    // Entities with types of one database are loaded into no data source but this one.
    const dataSourceName = `${variant.App.name} of the host`;
    beforeAll(async () => {
      server = await startServer({
        adapter,
        database: withApps(database, variant),
        options: {
          dataSource: dataSourceName,
          entities: { client: variant.App },
          providers: [{ provide: ClientSecretHasher, useClass: HostSecretHasher }],
        },
        typeorm: { name: dataSourceName, migrations: HOST_MIGRATIONS },
        providers: [{ provide: getDataSourceToken(), useExisting: getDataSourceToken(dataSourceName) }],
      });
      service = server.app.get(OAuthClientService, { strict: false });
      apps = server.dataSource.getRepository<OAuthClientRecord>(variant.App);
    });
    afterAll(() => server.close());

    const found = async ({ id }: { id: string }): Promise<OAuthClientRecord> => {
      const client = await service.find(id);
      if (client === undefined) throw new Error(`${id} is not found`);
      return client;
    };
    const rows = () => apps.find({ order: { clientId: 'ASC' } });

    it('are found by their ids, and are told from those that registered themselves', async () => {
      for (const app of HOST_APPS) {
        const client = await found(app);
        expect(client).toBeInstanceOf(variant.App);
        expect(client).toMatchObject({ clientId: app.id, clientName: app.name, source: 'manual' });
      }
      const registered = await server.register(BODY);
      expect(registered.status).toBe(201);
      expect(await found({ id: registered.body.client_id })).toMatchObject({
        source: 'dynamic',
        clientName: 'Tide Tables',
      });
      const byHand = await service.create(BODY);
      expect(await found({ id: byHand.client.clientId })).toMatchObject({ source: 'manual' });
    });

    it('are redirected to their own redirect URI, and to no other one', async () => {
      const client = await found(CONFIDENTIAL);
      expect(redirectUriMatches(client, 'https://tides.example/cb')).toBe(true);
      expect(redirectUriMatches(client, 'https://tides.example/cb/')).toBe(false);
      for (const app of [WITHOUT_SECRET, WITH_NOTHING]) {
        for (const uri of ['', 'null', 'https://tides.example/cb']) {
          expect(redirectUriMatches(await found(app), uri)).toBe(false);
        }
      }
    });

    it('are never public by having no secret, and nothing is their secret then', async () => {
      for (const app of [WITHOUT_SECRET, WITH_NOTHING]) {
        const client = await found(app);
        expect(isPublicClient(client)).toBe(false);
        for (const presented of ['', 'null', 'undefined', ' ', OLD_SECRET, FOREIGN_HASH, undefined]) {
          await expect(service.verifySecret(client, presented)).resolves.toBe(false);
        }
      }
      expect(isPublicClient(await found(CONFIDENTIAL))).toBe(false);
    });

    it('keep their secrets, whose hashes are replaced by ours when they prove right', async () => {
      const client = await found(CONFIDENTIAL);
      for (const presented of [`${OLD_SECRET}x`, OLD_SECRET.toUpperCase(), '', FOREIGN_HASH]) {
        await expect(service.verifySecret(client, presented)).resolves.toBe(false);
      }
      expect((await found(CONFIDENTIAL)).clientSecretHash).toBe(FOREIGN_HASH);

      await expect(service.verifySecret(client, OLD_SECRET)).resolves.toBe(true);
      const rehashed = await found(CONFIDENTIAL);
      expect(rehashed.clientSecretHash).toMatch(/^\$2b\$/);
      // Nothing that the client could see, so its version stays.
      expect({ ...rehashed, clientSecretHash: FOREIGN_HASH }).toEqual({ ...client });

      await expect(service.verifySecret(rehashed, OLD_SECRET)).resolves.toBe(true);
      await expect(service.verifySecret(rehashed, `${OLD_SECRET}x`)).resolves.toBe(false);
      await expect(found(CONFIDENTIAL)).resolves.toEqual(rehashed);
      // Who read the client before may still be at work.
      await expect(service.verifySecret(client, OLD_SECRET)).resolves.toBe(true);
      await expect(found(CONFIDENTIAL)).resolves.toEqual(rehashed);
    });

    it('cannot be managed by any registration access token, and are no other to a caller than one that does not exist', async () => {
      // What a host may have in the column by accident is the hash of no token either.
      await apps.update({ clientId: WITH_NOTHING.id }, { registrationAccessTokenHash: '' });
      const registered = await server.register(BODY);
      const before = await rows();
      const tokens = [
        'null',
        'undefined',
        '0',
        OLD_SECRET,
        'x'.repeat(43),
        // SHA-256 of nothing.
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        String(registered.body.registration_access_token),
        await server.token(),
      ];
      const send = (method: (typeof METHODS)[number], id: string, authorization: string) =>
        server.request(method, `/register/${id}`, {
          headers: { authorization },
          ...(method === 'PUT' && { body: { ...BODY, client_id: id } }),
        });
      for (const method of METHODS) {
        for (const { id } of HOST_APPS) {
          for (const token of tokens) expectRefusal(await send(method, id, `Bearer ${token}`), BAD_TOKEN);
        }
        for (const authorization of ['Bearer ', 'Bearer', '', 'Basic bnVsbDo=', 'null']) {
          const unknown = await send(method, '7d444840-9dc0-41d1-b245-5ffdce74fad2', authorization);
          expect(unknown.status).toBe(401);
          for (const { id } of HOST_APPS) {
            const { status, body } = await send(method, id, authorization);
            expect({ status, body }).toEqual({ status: 401, body: unknown.body });
          }
        }
      }
      await expect(rows()).resolves.toEqual(before);
      expect((await manage(server, 'GET', registered)).status).toBe(200);
    });

    it('are beside those that register, update and delete themselves', async () => {
      const adopted = async () => (await rows()).filter(({ clientId }) => HOST_APPS.some(({ id }) => id === clientId));
      const before = await adopted();
      expect(before).toHaveLength(3);
      const registered = await server.register(BODY);
      expect(registered.status).toBe(201);
      expect((await manage(server, 'GET', registered)).body).toMatchObject(BODY);
      const updated = await manage(server, 'PUT', registered);
      expect(updated.status).toBe(200);
      const client = await found({ id: registered.body.client_id });
      expect(client).toMatchObject({ clientName: 'Renamed', version: 2, source: 'dynamic' });
      await expect(service.verifySecret(client, registered.body.client_secret)).resolves.toBe(true);
      expect((await manage(server, 'DELETE', registered)).status).toBe(204);
      await expect(service.find(registered.body.client_id)).resolves.toBeUndefined();
      expectRefusal(await manage(server, 'GET', registered), BAD_TOKEN);
      await expect(adopted()).resolves.toEqual(before);
    });

    it('have the ids of their table, and any other id is that of no client', async () => {
      const ids = [
        'tides',
        '0',
        'null',
        `${CONFIDENTIAL.id}0`,
        CONFIDENTIAL.id.toUpperCase(),
        `{${CONFIDENTIAL.id}}`,
        "' OR 1=1",
      ];
      for (const id of ids) {
        for (const method of METHODS) {
          const response = await server.request(method, `/register/${encodeURIComponent(id)}`, {
            token: 'x'.repeat(43),
            ...(method === 'PUT' && { body: { ...BODY, client_id: id } }),
          });
          expectRefusal(response, BAD_TOKEN);
        }
        await expect(service.find(id)).resolves.toBeUndefined();
      }
    });
  },
);
