import {
  ClientAdministrationService,
  ClientFactsService,
  ClientLifeCycleService,
  ClientResolver,
  OAuthClient,
  OAuthClientService,
  UnauthorizedClientError,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ask,
  basic,
  expectError,
  expectInvalidClient,
  TokenEndpoint,
} from '../client-authentication/token-endpoint.js';
import { BAD_TOKEN, expectRefusal, type Refusal } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const HELD: Refusal = {
  status: 403,
  error: 'access_denied',
  description: 'a client that waits for an approval or is suspended can be read and not changed',
};
const MAY_NOT = 'the client may not be used at present';
const HELD_STATUSES = ['pending', 'suspended'] as const;

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

describe.each(platforms)('a client as others see it ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let client: Client;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { isGlobal: true }, controllers: [TokenEndpoint] });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    client = (await server.register(clientMetadata())).body as Client;
  });

  const service = <T>(type: abstract new (...args: never[]) => T): T => server.app.get(type, { strict: false });
  const rows = () => server.dataSource.getRepository(OAuthClient);
  const row = () => rows().findOneByOrFail({ clientId: client.client_id });
  const set = (columns: Partial<Pick<OAuthClientRecord, 'status' | 'expiresAt'>>) =>
    rows().update({ clientId: client.client_id }, columns);
  const send = (method: string, body?: unknown, token = client.registration_access_token): Promise<JsonResponse> =>
    server.request(method, `/register/${client.client_id}`, { token, ...(body === undefined ? {} : { body }) });
  const put = (members = {}) =>
    send('PUT', clientMetadata({ client_id: client.client_id, client_name: 'Changed', ...members }));
  const authenticate = (secret = client.client_secret) => ask(server, {}, basic(client.client_id, secret));

  describe.each(HELD_STATUSES)('%s, at the client configuration endpoint (RFC 7592 section 2)', (status) => {
    beforeEach(async () => void (await set({ status })));

    it('is read as before, and is told nothing of it', async () => {
      const { client_secret: _once, ...information } = client;
      const { status: answered, headers, body } = await send('GET');
      expect({ answered, body }).toEqual({ answered: 200, body: information });
      expect(headers.get('cache-control')).toBe('no-store');
      expect((await send('HEAD')).status).toBe(200);
    });

    it('CVE-2026-9705: its registration access token neither changes, nor deletes, nor revives it', async () => {
      const before = await row();
      expectRefusal(await put(), HELD);
      expectRefusal(await put({ status: 'active', Status: 'active', enabled: true, expiresAt: null }), HELD);
      // To and from a method without a secret, which would issue one.
      expectRefusal(await put({ token_endpoint_auth_method: 'none' }), HELD);
      expectRefusal(await send('DELETE'), HELD);
      expect((await send('GET')).body).not.toHaveProperty('client_secret');
      expect(await row()).toEqual(before);
      expect(before.status).toBe(status);
    });

    it('is refused before its body is judged, and after the token', async () => {
      expectRefusal(await send('PUT', { client_id: 'another' }), HELD);
      expectRefusal(await send('PUT', []), HELD);
      // A precondition (RFC 9110 section 13.1.1) is judged afterwards.
      const path = `/register/${client.client_id}`;
      const token = client.registration_access_token;
      for (const condition of ['*', '"none"']) {
        const headers = { 'if-match': condition };
        expectRefusal(await server.request('DELETE', path, { token, headers }), HELD);
      }
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? clientMetadata({ client_id: client.client_id }) : undefined;
        expectRefusal(await send(method, body, 'rat_wrong'), BAD_TOKEN);
      }
    });

    it('goes on where it was once it is active again', async () => {
      await set({ status: 'active' });
      expect((await put()).status).toBe(200);
      expect((await send('DELETE')).status).toBe(204);
    });
  });

  describe.each(HELD_STATUSES)('%s, at the endpoints of the host', (status) => {
    beforeEach(async () => void (await set({ status })));

    it('is unauthorized_client once it has proved who it is (RFC 6749 section 5.2)', async () => {
      expectError(await authenticate(), 400, 'unauthorized_client', MAY_NOT);
      expectInvalidClient(await authenticate('wrong'), true);
      await rows().update({ clientId: client.client_id }, { clientSecretExpiresAt: 1 });
      expectInvalidClient(await authenticate(), true);
    });

    it('is unauthorized_client at once where it has nothing to prove', async () => {
      await rows().update({ clientId: client.client_id }, { tokenEndpointAuthMethod: 'none' });
      expectError(await ask(server, { client_id: client.client_id }), 400, 'unauthorized_client', MAY_NOT);
    });

    it('is resolved as held, and is an error to whoever would use it', async () => {
      const held = { outcome: 'held', client: { clientId: client.client_id, status } };
      expect(await service(ClientResolver).resolve(client.client_id)).toMatchObject(held);
      await expect(service(ClientResolver).find(client.client_id)).rejects.toThrow(UnauthorizedClientError);
      expect(await service(ClientResolver).findEvenHeld(client.client_id)).toMatchObject({ status });
      expect(await service(OAuthClientService).find(client.client_id)).toMatchObject({ status });
    });

    it('may use no grant type and no response type', async () => {
      const facts = service(ClientFactsService);
      const held = await row();
      expect(facts.isGrantTypeAllowed(held, 'authorization_code')).toBe(false);
      expect(facts.isResponseTypeAllowed(held, 'code')).toBe(false);
      const active = Object.assign(held, { status: 'active' });
      expect(facts.isGrantTypeAllowed(active, 'authorization_code')).toBe(true);
      expect(facts.isResponseTypeAllowed(active, 'code')).toBe(true);
    });
  });

  describe('expired', () => {
    const epoch = () => Math.floor(Date.now() / 1000);
    beforeEach(async () => void (await set({ expiresAt: epoch() })));

    it.each(['active', ...HELD_STATUSES] as const)(
      'is gone at the configuration endpoint, being %s',
      async (status) => {
        await set({ status });
        const before = await row();
        expectRefusal(await send('GET'), BAD_TOKEN);
        expectRefusal(await put(), BAD_TOKEN);
        expectRefusal(await send('DELETE'), BAD_TOKEN);
        const head = await send('HEAD');
        expect([head.status, head.headers.get('www-authenticate')]).toEqual([401, BAD_TOKEN.challenge]);
        expect(await row()).toEqual(before);
      },
    );

    it('is invalid_client, and absent', async () => {
      expectInvalidClient(await authenticate(), true);
      expect(await service(ClientResolver).resolve(client.client_id)).toEqual({ outcome: 'absent' });
      expect(await service(ClientResolver).find(client.client_id)).toBeUndefined();
      expect(await service(OAuthClientService).find(client.client_id)).toMatchObject({ clientId: client.client_id });
    });

    it('is there until the second before', async () => {
      await set({ expiresAt: epoch() + 60 });
      expect((await send('GET')).status).toBe(200);
      expect((await authenticate()).status).toBe(200);
    });
  });

  it('is listed by its status, which is expired when its time is over', async () => {
    const idsOf = async (status: never) =>
      (await service(ClientAdministrationService).list({ status, limit: 1000 })).map(({ clientId }) => clientId);
    const states = ['pending', 'active', 'suspended', 'expired'];
    const listed = async () => {
      const found: string[] = [];
      for (const state of states) if ((await idsOf(state as never)).includes(client.client_id)) found.push(state);
      return found;
    };
    expect(await listed()).toEqual(['active']);
    for (const status of HELD_STATUSES) {
      await set({ status });
      expect(await listed()).toEqual([status]);
    }
    await set({ status: 'active', expiresAt: Math.floor(Date.now() / 1000) + 60 });
    expect(await listed()).toEqual(['active']);
    for (const status of ['active', ...HELD_STATUSES] as const) {
      await set({ status, expiresAt: 1 });
      expect(await listed()).toEqual(['expired']);
    }
  });

  it('is stopped by an operator, and no request of its own wins against that', async () => {
    for (let round = 0; round < 20; round++) {
      client = (await server.register(clientMetadata())).body as Client;
      const suspend = () => service(ClientLifeCycleService).suspend(client.client_id);
      const requests = [put, () => send('DELETE'), put].map((request) => async () => request());
      const works: (() => Promise<unknown>)[] = [...requests];
      works.splice(round % 4, 0, suspend);
      const results = await Promise.all(works.map((work) => work()));
      const answers = results.filter(
        (one): one is JsonResponse => typeof one === 'object' && one !== null && 'headers' in one,
      );
      const [stored] = await rows().findBy({ clientId: client.client_id });
      const isDeleted = answers.some(({ status }) => status === 204);
      expect(stored?.status).toBe(isDeleted ? undefined : 'suspended');
      for (const { status } of answers) expect([200, 204, 401, 403]).toContain(status);
      if (isDeleted) continue;
      const before = await row();
      expectRefusal(await put(), HELD);
      expectRefusal(await send('DELETE'), HELD);
      expect(await row()).toEqual(before);
    }
  });
});
