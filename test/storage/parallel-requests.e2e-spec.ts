import { Injectable } from '@nestjs/common';
import {
  InitialAccessTokenService,
  OAuthClient,
  RegistrationPolicy,
  type ClientMetadata,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

/** Runs after the guard has judged the credential and before anything is written. */
@Injectable()
class Meanwhile extends RegistrationPolicy {
  static happens: ((context: RegistrationContext) => unknown) | undefined;

  async review(proposed: ClientMetadata, context: RegistrationContext): Promise<ClientMetadata> {
    await Meanwhile.happens?.(context);
    return proposed;
  }
}

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

describe.each(platforms)('requests at the same time ($adapter, $database.name)', ({ adapter, database }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ adapter, database, options: { policies: [Meanwhile] } });
  });
  afterAll(() => server.close());
  afterEach(() => {
    Meanwhile.happens = undefined;
    vi.useRealTimers();
  });

  const clientsOf = (owner: string) => server.dataSource.getRepository(OAuthClient).findBy({ owner });
  const usesOf = async (token: string) => (await tokens().find(token))?.uses;
  const tokens = () => server.app.get(InitialAccessTokenService, { strict: false });
  const clientPath = ({ body }: JsonResponse) => `/register/${body.client_id}`;
  const manage = (method: string, client: JsonResponse, body?: object) =>
    server.request(method, clientPath(client), {
      token: client.body.registration_access_token,
      ...(body ? { body: { client_id: client.body.client_id, ...body } } : {}),
    });

  describe('of an initial access token', () => {
    it('gives exactly as many clients as it has uses (RFC 7591 section 3)', async () => {
      const token = await server.token({ maxUses: 7, owner: 'seven' });
      const answers = await Promise.all(Array.from({ length: 50 }, () => server.register(BODY, token)));

      const registered = answers.filter(({ status }) => status === 201);
      const refused = answers.filter(({ status }) => status !== 201);
      expect(registered).toHaveLength(7);
      expect(refused).toHaveLength(43);
      for (const { status, headers, body } of refused) {
        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
        expect(body).toEqual({ error: 'invalid_token', error_description: 'the bearer token is not valid here' });
      }
      const stored = (await clientsOf('seven')).map(({ clientId }) => clientId);
      expect(new Set(stored)).toEqual(new Set(registered.map(({ body }) => body.client_id)));
      expect(stored).toHaveLength(7);
      await expect(usesOf(token)).resolves.toBe(7);
    });

    it('takes no use for a refused body, between accepted ones', async () => {
      const token = await server.token({ maxUses: 7, owner: 'mixed' });
      const bad = { redirect_uris: ['https://tides.example/cb#fragment'] };
      const answers = await Promise.all(
        Array.from({ length: 28 }, (_, i) => server.register(i % 4 === 0 ? BODY : bad, token)),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
      // Once the uses are gone the credential is judged before the body.
      for (const { status } of answers.filter((_, i) => i % 4 !== 0)) expect([400, 401]).toContain(status);
      await expect(usesOf(token)).resolves.toBe(7);
      await expect(clientsOf('mixed')).resolves.toHaveLength(7);
    });

    it('gives any number of clients without a maximum, which nothing counts', async () => {
      const token = await server.token({ owner: 'unlimited' });
      const answers = await Promise.all(Array.from({ length: 20 }, () => server.register(BODY, token)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      await expect(clientsOf('unlimited')).resolves.toHaveLength(20);
      await expect(usesOf(token)).resolves.toBe(0);
    });

    const revoke = async (token: string) => tokens().revoke((await tokens().find(token))?.id ?? '');
    const expire = async () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3600 * 1000 });
    const useUp = async (token: string) => {
      Meanwhile.happens = undefined;
      expect((await server.register(BODY, token)).status).toBe(201);
    };
    it.each<{ name: string; maxUses?: number; change: (token: string) => Promise<unknown>; clients: number }>([
      { name: 'with a maximum is revoked', maxUses: 2, change: revoke, clients: 0 },
      { name: 'without a maximum is revoked', change: revoke, clients: 0 },
      { name: 'with a maximum expires', maxUses: 2, change: expire, clients: 0 },
      { name: 'without a maximum expires', change: expire, clients: 0 },
      { name: 'is used up', maxUses: 1, change: useUp, clients: 1 },
    ])('is the common 401 when one $name between guard and write', async ({ name, maxUses, change, clients }) => {
      const token = await server.token({ owner: name, ...(maxUses ? { maxUses } : {}) });
      Meanwhile.happens = () => change(token);
      const { status, headers, body } = await server.register(BODY, token);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      expect(body).toEqual({ error: 'invalid_token', error_description: 'the bearer token is not valid here' });
      await expect(clientsOf(name)).resolves.toHaveLength(clients);
      await expect(usesOf(token)).resolves.toBe(clients);
    });
  });

  it('never repeats an id, a secret or a token in 500 registrations (RFC 7591 section 3.2.1)', async () => {
    const token = await server.token({ owner: 'many' });
    const bodies: JsonResponse['body'][] = [];
    for (let batch = 0; batch < 10; batch++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => server.register(BODY, token)));
      bodies.push(...answers.map(({ body }) => body));
    }
    for (const member of ['client_id', 'client_secret', 'registration_access_token', 'registration_client_uri']) {
      expect(new Set(bodies.map((body) => body[member])).size, member).toBe(500);
    }
    await expect(clientsOf('many')).resolves.toHaveLength(500);
  });

  describe('of a client (RFC 7592 section 2)', () => {
    const FIRST = {
      client_name: 'First',
      redirect_uris: ['https://first.example/cb'],
      contacts: ['first@example.com'],
      software_id: 'first',
    };
    const SECOND = {
      client_name: 'Second',
      redirect_uris: ['https://second.example/cb', 'https://second.example/cb2'],
      policy_uri: 'https://second.example/policy',
      'client_name#de': 'Zweiter',
    };

    it('leaves one of two parallel updates whole', async () => {
      for (let round = 0; round < 30; round++) {
        const client = await server.register(BODY);
        const before = (await manage('GET', client)).body;
        const answers = await Promise.all([manage('PUT', client, FIRST), manage('PUT', client, SECOND)]);
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        const after = (await manage('GET', client)).body;
        const serverMembers = {
          client_id: before.client_id,
          client_id_issued_at: before.client_id_issued_at,
          client_secret_expires_at: 0,
          registration_access_token: before.registration_access_token,
          registration_client_uri: before.registration_client_uri,
          token_endpoint_auth_method: 'client_secret_basic',
          grant_types: ['authorization_code'],
          response_types: ['code'],
          application_type: 'web',
        };
        expect([
          { ...serverMembers, ...FIRST },
          { ...serverMembers, ...SECOND },
        ]).toContainEqual(after);
      }
    });

    it('leaves no client after an update and a deletion at the same time', async () => {
      for (let round = 0; round < 30; round++) {
        const client = await server.register(BODY);
        const requests = [() => manage('PUT', client, FIRST), () => manage('DELETE', client)];
        const answers = await Promise.all((round % 2 ? requests : requests.toReversed()).map((send) => send()));
        const [update, deletion] = round % 2 ? answers : answers.toReversed();
        expect(deletion?.status).toBe(204);
        expect([200, 401]).toContain(update?.status);
        if (update?.status === 200) expect(update.body).toMatchObject(FIRST);
        expect((await manage('GET', client)).status).toBe(401);
        await expect(
          server.dataSource.getRepository(OAuthClient).countBy({ clientId: client.body.client_id }),
        ).resolves.toBe(0);
      }
    });

    it('answers one of several deletions, and the common 401 to the others', async () => {
      for (let round = 0; round < 10; round++) {
        const client = await server.register(BODY);
        const answers = await Promise.all(Array.from({ length: 5 }, () => manage('DELETE', client)));
        expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
        expect(answers.filter(({ status }) => status === 401)).toHaveLength(4);
      }
    });

    it('touches no other client', async () => {
      const other = await server.register(BODY);
      const row = () =>
        server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: other.body.client_id });
      const before = await row();
      const client = await server.register(BODY);
      expect((await manage('PUT', client, FIRST)).status).toBe(200);
      expect((await manage('DELETE', client)).status).toBe(204);
      await expect(row()).resolves.toEqual(before);
    });

    const bump = (clientId: string) =>
      server.dataSource.getRepository(OAuthClient).increment({ clientId }, 'version', 1);

    it('judges an update again that was overtaken once, and stores it', async () => {
      const client = await server.register(BODY);
      const versions: (number | undefined)[] = [];
      Meanwhile.happens = async (context) => {
        versions.push(context.client?.version);
        if (versions.length === 1) await bump(client.body.client_id);
      };
      const { status, body } = await manage('PUT', client, FIRST);
      expect(status).toBe(200);
      expect(body).toMatchObject(FIRST);
      expect(versions).toEqual([1, 2]);
    });

    it('gives up with 409 and Retry-After an update that is overtaken every time', async () => {
      const client = await server.register(BODY);
      const before = (await manage('GET', client)).body;
      Meanwhile.happens = () => bump(client.body.client_id);
      const { status, headers, body } = await manage('PUT', client, FIRST);
      expect(status).toBe(409);
      expect(headers.get('retry-after')).toBe('1');
      expect(body).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'the client was changed by other requests at the same time',
      });
      Meanwhile.happens = undefined;
      expect((await manage('GET', client)).body).toEqual(before);
    });

    it.each<[string, (clientId: string) => Promise<unknown>]>([
      ['deleted', (clientId) => server.dataSource.getRepository(OAuthClient).delete({ clientId })],
      [
        'given another registration access token',
        (clientId) =>
          server.dataSource
            .getRepository(OAuthClient)
            .update({ clientId }, { registrationAccessTokenHash: '0'.repeat(64) }),
      ],
      [
        'taken its registration access token away',
        (clientId) =>
          server.dataSource.getRepository(OAuthClient).update({ clientId }, { registrationAccessTokenHash: null }),
      ],
    ])('is the common 401 when the client is %s between guard and write', async (_, change) => {
      const client = await server.register(BODY);
      Meanwhile.happens = () => change(client.body.client_id);
      const { status, headers, body } = await manage('PUT', client, FIRST);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      expect(body).toEqual({ error: 'invalid_token', error_description: 'the bearer token is not valid here' });
      const row = await server.dataSource.getRepository(OAuthClient).findOneBy({ clientId: client.body.client_id });
      if (row) expect(row.clientName).toBe('Tide Tables');
    });
  });
});
