import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ClientAdministrationService,
  OAuthClient,
  RegistrationAccessTokenGuard,
  RegistrationListener,
  RegistrationPolicy,
  type ClientMetadata,
  type ConfigurationCredential,
  type RegistrationContext,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientCredentialsRepository } from '../../lib/client/client-credentials.repository.js';
import { OAuthClientRepository } from '../../lib/client/oauth-client.repository.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const GRACE_SECONDS = 3600;
const TOKEN = /^rat_[A-Za-z0-9_-]{43}$/;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Runs after the guard has judged the token and before anything is written. */
@Injectable()
class Meanwhile extends RegistrationPolicy {
  static happens: ((context: RegistrationContext) => unknown) | undefined;

  async review(proposed: ClientMetadata, context: RegistrationContext): Promise<ClientMetadata> {
    await Meanwhile.happens?.(context);
    return proposed;
  }
}

const told: RegistrationEvent[] = [];

@Injectable()
class Told extends RegistrationListener {
  handle(event: RegistrationEvent): void {
    told.push(event);
  }
}

interface Managed {
  readonly id: string;
  readonly token: string;
}

describe.each(platforms)('rotation of registration access tokens ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  /** Another instance on the same database, which has been told to rotate no more. */
  let still: TestServer;
  let administration: ClientAdministrationService;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        policies: [Meanwhile],
        listeners: [Told],
        registrationAccessToken: { rotation: 'on-update', graceSeconds: GRACE_SECONDS },
      },
    });
    const shared = { ...server.database, drop: async () => {} };
    still = await startServer({ ...platform, database: { ...platform.database, create: async () => shared } });
    administration = server.app.get(ClientAdministrationService, { strict: false });
  });
  afterAll(async () => {
    await still.close();
    await server.close();
  });
  beforeEach(() => {
    told.length = 0;
  });
  afterEach(() => {
    Meanwhile.happens = undefined;
    vi.useRealTimers();
  });

  const row = ({ id }: Managed) => server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: id });
  const send = (method: string, { id }: Managed, token: string, members?: object, at = server) =>
    at.request(method, `/register/${id}`, {
      token,
      ...(members ? { body: { ...BODY, client_id: id, ...members } } : {}),
    });
  const put = (client: Managed, token: string, members = {}, at = server) => send('PUT', client, token, members, at);
  const get = (client: Managed, token: string, at = server) => send('GET', client, token, undefined, at);

  async function register(): Promise<Managed> {
    const { body } = await server.register(BODY);
    return { id: body.client_id, token: body.registration_access_token };
  }

  /** A client whose update was answered, and the token of that answer, which nobody has used yet. */
  async function rotated() {
    const client = await register();
    const { status, body } = await put(client, client.token);
    expect(status).toBe(200);
    return { client, old: client.token, fresh: String(body.registration_access_token) };
  }

  function expectRefused({ status, headers, body }: JsonResponse): void {
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({ error: 'invalid_token', error_description: 'the bearer token is not valid here' });
  }

  async function expectOnly(client: Managed, good: string, ...bad: string[]): Promise<void> {
    for (const token of bad) expectRefused(await get(client, token));
    const { status, body } = await get(client, good);
    expect({ status, token: body.registration_access_token }).toEqual({ status: 200, token: good });
    expect(await row(client)).toMatchObject({
      registrationAccessTokenHash: sha256(good),
      previousRegistrationAccessTokenHash: null,
      previousRegistrationAccessTokenExpiresAt: null,
    });
  }

  describe('an update that succeeds (RFC 7592 section 2.2)', () => {
    it('answers a new token, of which only the hash is kept, beside that of the one before', async () => {
      const before = Math.floor(Date.now() / 1000);
      const { client, old, fresh } = await rotated();
      expect(fresh).toMatch(TOKEN);
      expect(fresh).not.toBe(old);
      const kept = await row(client);
      expect(kept).toMatchObject({
        registrationAccessTokenHash: sha256(fresh),
        previousRegistrationAccessTokenHash: sha256(old),
        version: 2,
      });
      const end = kept.previousRegistrationAccessTokenExpiresAt ?? 0;
      expect(end).toBeGreaterThanOrEqual(before + GRACE_SECONDS);
      expect(end).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + GRACE_SECONDS);
      expect(JSON.stringify(kept)).not.toMatch(/rat_/);
    });

    it('answers it with the URL it is for (RFC 7592 section 3)', async () => {
      const client = await register();
      const { body } = await put(client, client.token);
      expect(body.registration_client_uri).toBe(`${server.issuer}/register/${client.id}`);
      expect(body.client_id).toBe(client.id);
    });

    it('answers another one each time', async () => {
      const client = await register();
      const tokens = [client.token];
      for (let round = 0; round < 3; round++) {
        tokens.push((await put(client, tokens.at(-1) ?? '')).body.registration_access_token);
      }
      expect(new Set(tokens).size).toBe(4);
      await expectOnly(client, tokens[3] ?? '', ...tokens.slice(0, 2));
      expectRefused(await get(client, tokens[2] ?? ''));
    });

    it('answers the token of the request where rotation is off, as by default', async () => {
      const client = await register();
      const { status, body } = await put(client, client.token, {}, still);
      expect({ status, token: body.registration_access_token }).toEqual({ status: 200, token: client.token });
      await expectOnly(client, client.token);
    });

    it('stores the one token it answers when it was overtaken and done again', async () => {
      const client = await register();
      let reviews = 0;
      Meanwhile.happens = async () => {
        reviews++;
        if (reviews > 1) return;
        await server.dataSource.getRepository(OAuthClient).increment({ clientId: client.id }, 'version', 1);
      };
      const { status, body } = await put(client, client.token);
      expect({ status, reviews }).toEqual({ status: 200, reviews: 2 });
      expect(await row(client)).toMatchObject({
        registrationAccessTokenHash: sha256(body.registration_access_token),
        previousRegistrationAccessTokenHash: sha256(client.token),
      });
      await expectOnly(client, body.registration_access_token, 'rat_other');
      expectRefused(await get(client, client.token));
    });

    it('tells nobody the new token', async () => {
      const { fresh, old } = await rotated();
      expect(told.map(({ type }) => type)).toEqual(['registered', 'updated']);
      expect(JSON.stringify(told)).not.toContain(fresh);
      expect(JSON.stringify(told)).not.toContain(old);
    });
  });

  describe('nothing else issues a token', () => {
    it.each(['GET', 'HEAD'])('%s leaves the one there is (RFC 7592 section 2.1)', async (method) => {
      const client = await register();
      const before = await row(client);
      expect((await send(method, client, client.token)).status).toBe(200);
      expect(await row(client)).toEqual(before);
      await expectOnly(client, client.token);
    });

    it.each<[number, string, (client: Managed) => Promise<JsonResponse>]>([
      [400, 'invalid_redirect_uri', (client) => put(client, client.token, { redirect_uris: ['nowhere'] })],
      [400, 'invalid_client_metadata', (client) => put(client, client.token, { client_id: 'other' })],
      [400, 'invalid_client_metadata', (client) => put(client, client.token, { client_secret: 'mine' })],
      [
        403,
        'access_denied',
        (client) => {
          Meanwhile.happens = () => {
            throw new AccessDeniedError('not today');
          };
          return put(client, client.token);
        },
      ],
    ])('an update that is refused with %i %s leaves the one there is', async (status, error, refused) => {
      const client = await register();
      const before = await row(client);
      const answer = await refused(client);
      expect({ status: answer.status, error: answer.body.error }).toEqual({ status, error });
      expect(answer.body).not.toHaveProperty('registration_access_token');
      expect(await row(client)).toEqual(before);
      await expectOnly(client, client.token);
    });

    it('an update that others overtake all the time (409) leaves the one there is', async () => {
      const client = await register();
      Meanwhile.happens = () =>
        server.dataSource.getRepository(OAuthClient).increment({ clientId: client.id }, 'version', 1);
      const { status, body } = await put(client, client.token);
      expect({ status, error: body.error }).toEqual({ status: 409, error: 'temporarily_unavailable' });
      await expectOnly(client, client.token);
    });
  });

  describe('the token before', () => {
    it('ends with the first use of the new one, and the version stays', async () => {
      for (const [method, members] of [['GET'], ['HEAD'], ['PUT', { redirect_uris: ['nowhere'] }]] as const) {
        const { client, old, fresh } = await rotated();
        const { version } = await row(client);
        await send(method, client, fresh, members);
        expect((await row(client)).version).toBe(version);
        await expectOnly(client, fresh, old);
      }
    });

    it('ends with an update by the new one, which has the new one as the token before', async () => {
      const { client, old, fresh } = await rotated();
      const { body } = await put(client, fresh);
      expect(await row(client)).toMatchObject({
        registrationAccessTokenHash: sha256(body.registration_access_token),
        previousRegistrationAccessTokenHash: sha256(fresh),
      });
      expectRefused(await get(client, old));
      expect((await get(client, body.registration_access_token)).status).toBe(200);
      await expectOnly(client, body.registration_access_token, old, fresh);
    });

    it('is the only one again when it is used first: the answer with the new one was lost', async () => {
      for (const [method, members] of [['GET'], ['HEAD'], ['PUT', { redirect_uris: ['nowhere'] }]] as const) {
        const { client, old, fresh } = await rotated();
        const { version } = await row(client);
        await send(method, client, old, members);
        expect((await row(client)).version).toBe(version);
        await expectOnly(client, old, fresh);
      }
    });

    it('rotates anew when an update is sent again with it', async () => {
      const { client, old, fresh } = await rotated();
      const { status, body } = await put(client, old);
      expect(status).toBe(200);
      const second: string = body.registration_access_token;
      expect([old, fresh]).not.toContain(second);
      expect(await row(client)).toMatchObject({
        registrationAccessTokenHash: sha256(second),
        previousRegistrationAccessTokenHash: sha256(old),
      });
      expectRefused(await get(client, fresh));
      expect((await get(client, second)).status).toBe(200);
      await expectOnly(client, second, old, fresh);
    });

    it('ends with its grace', async () => {
      const { client, old, fresh } = await rotated();
      const end = (await row(client)).previousRegistrationAccessTokenExpiresAt ?? 0;
      vi.useFakeTimers({ toFake: ['Date'], now: end * 1000 });
      expectRefused(await get(client, old));
      expect((await row(client)).previousRegistrationAccessTokenHash).toBe(sha256(old));
      await expectOnly(client, fresh, old);
    });

    it('is good to the last second of its grace', async () => {
      const { client, old, fresh } = await rotated();
      const end = (await row(client)).previousRegistrationAccessTokenExpiresAt ?? 0;
      vi.useFakeTimers({ toFake: ['Date'], now: end * 1000 - 1 });
      await expectOnly(client, old);
      expectRefused(await get(client, fresh));
    });

    it('is good when rotation was switched off meanwhile, and so is the new one', async () => {
      const one = await rotated();
      expect((await get(one.client, one.old, still)).body.registration_access_token).toBe(one.old);
      await expectOnly(one.client, one.old, one.fresh);
      const other = await rotated();
      const { body } = await put(other.client, other.fresh, {}, still);
      expect(body.registration_access_token).toBe(other.fresh);
      await expectOnly(other.client, other.fresh, other.old);
    });

    it('is good for its own client alone', async () => {
      const [one, other] = [await rotated(), await register()];
      expectRefused(await get(other, one.old));
      expectRefused(await get({ ...one.client, id: 'nobody' }, one.old));
      expect((await get(one.client, one.fresh)).status).toBe(200);
      await expectOnly(one.client, one.fresh, one.old);
    });

    it.each(['old', 'fresh'] as const)('ends with the client, deleted with the %s one', async (which) => {
      const { client, ...tokens } = await rotated();
      const { status, body } = await send('DELETE', client, tokens[which]);
      expect({ status, body }).toEqual({ status: 204, body: undefined });
      for (const token of [tokens.old, tokens.fresh]) expectRefused(await get(client, token));
      expect(told.at(-1)).toMatchObject({ type: 'deleted', reason: 'requested' });
    });
  });

  describe('an operator (ClientAdministrationService.resetRegistrationAccessToken)', () => {
    it('ends both tokens at once', async () => {
      const { client, old, fresh } = await rotated();
      const before = await row(client);
      const reset = await administration.resetRegistrationAccessToken(client.id);
      const token = reset?.registrationAccessToken ?? '';
      expect(token).toMatch(TOKEN);
      expect(reset?.client).toEqual(await row(client));
      expect(told.at(-1)).toEqual({
        type: 'updated',
        reason: 'token-reset',
        client: reset?.client,
        previous: before,
        credential: undefined,
      });
      expect(JSON.stringify(told)).not.toContain(token);
      for (const ended of [old, fresh]) expectRefused(await get(client, ended));
      await expectOnly(client, token, old, fresh);
    });

    it('gives a token to a client without one', async () => {
      const client = await register();
      await server.dataSource
        .getRepository(OAuthClient)
        .update({ clientId: client.id }, { registrationAccessTokenHash: null });
      const reset = await administration.resetRegistrationAccessToken(client.id);
      await expectOnly(client, reset?.registrationAccessToken ?? '', client.token);
    });

    it('does nothing where there is no client with exactly this id', async () => {
      const { id } = await register();
      told.length = 0;
      for (const other of ['nobody', `${id} `, id.toUpperCase(), '', '\0']) {
        expect(await administration.resetRegistrationAccessToken(other)).toBeUndefined();
      }
      expect(told).toEqual([]);
    });
  });

  describe('requests at the same time', () => {
    const ROUNDS = 12;

    it('with the old and with the new token leave exactly one of them', async () => {
      const survivors: string[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { client, old, fresh } = await rotated();
        const order = round % 2 === 0 ? [old, fresh, old, fresh] : [fresh, old, fresh, old];
        const answers = await Promise.all(order.map(async (token) => ({ token, ...(await get(client, token)) })));
        const accepted = new Set(answers.filter(({ status }) => status === 200).map(({ token }) => token));
        expect(accepted.size).toBe(1);
        const [good = ''] = accepted;
        for (const answer of answers) if (answer.token !== good) expectRefused(answer);
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
        await expectOnly(client, good, good === old ? fresh : old);
        survivors.push(good === old ? 'old' : 'fresh');
      }
      expect(survivors).toHaveLength(ROUNDS);
    });

    it('that have read the client before either of them wrote leave exactly one of them', async () => {
      const clients = server.app.get(OAuthClientRepository, { strict: false });
      const credentials = server.app.get(ClientCredentialsRepository, { strict: false });
      for (const first of ['old', 'fresh'] as const) {
        const { client, ...tokens } = await rotated();
        const [good, bad] = first === 'old' ? [tokens.old, tokens.fresh] : [tokens.fresh, tokens.old];
        const read = await clients.findByRegistrationAccessToken(client.id, sha256(good));
        expect(await clients.findByRegistrationAccessToken(client.id, sha256(bad))).toEqual(read);
        if (!read) throw new Error('the client is gone');
        expect(await credentials.settleRegistrationAccessToken(read, sha256(good))).toBe(true);
        expect(await credentials.settleRegistrationAccessToken(read, sha256(bad))).toBe(false);
        await expectOnly(client, good, bad);
      }
    });

    it('an update with the new one and a read with the old one leave exactly one of them', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { client, old, fresh } = await rotated();
        const requests = [() => put(client, fresh), () => get(client, old)];
        const answers = await Promise.all((round % 2 ? requests : requests.toReversed()).map((request) => request()));
        const [update, read] = round % 2 ? answers : answers.toReversed();
        expect([
          [200, 401],
          [401, 200],
        ]).toContainEqual([update?.status, read?.status]);
        if (update?.status === 200) await expectOnly(client, update.body.registration_access_token, old);
        else await expectOnly(client, old, fresh);
      }
    });

    it('two updates with the old one leave the token of one of them, and the old one until it is used', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { client, old, fresh } = await rotated();
        const answers = await Promise.all([put(client, old), put(client, old)]);
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        const issued = answers.map(({ body }): string => body.registration_access_token);
        expect(new Set([old, fresh, ...issued]).size).toBe(4);
        const kept = await row(client);
        expect(kept.previousRegistrationAccessTokenHash).toBe(sha256(old));
        const good = issued.filter((token) => sha256(token) === kept.registrationAccessTokenHash);
        expect(good).toHaveLength(1);
        await expectOnly(client, good[0] ?? '', fresh, ...issued.filter((token) => !good.includes(token)));
        expectRefused(await get(client, old));
      }
    });

    it('an update and a read with the same token never leave none', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const client = await register();
        const [update, read] = await Promise.all([put(client, client.token), get(client, client.token)]);
        expect([update.status, read.status]).toEqual([200, 200]);
        // The read came before the update, or it has put the token back.
        expect((await get(client, client.token)).status).toBe(200);
        await expectOnly(client, client.token, update.body.registration_access_token);
      }
    });

    it('an update and a deletion with the same token leave no client', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const client = await register();
        const requests = [() => put(client, client.token), () => send('DELETE', client, client.token)];
        const answers = await Promise.all((round % 2 ? requests : requests.toReversed()).map((request) => request()));
        const [update, deletion] = round % 2 ? answers : answers.toReversed();
        expect(deletion?.status).toBe(204);
        expect([200, 401]).toContain(update?.status);
        for (const token of [client.token, update?.body.registration_access_token ?? '']) {
          expectRefused(await get(client, token || 'rat_none'));
        }
      }
    });

    it('uses of both tokens do not survive the reset of an operator', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const { client, old, fresh } = await rotated();
        const [reset] = await Promise.all([
          administration.resetRegistrationAccessToken(client.id),
          get(client, old),
          put(client, fresh),
        ]);
        const token = reset?.registrationAccessToken ?? '';
        expectRefused(await get(client, old));
        expectRefused(await get(client, fresh));
        await expectOnly(client, token, old, fresh);
      }
    });

    it('a token that another request has ended between guard and write is refused', async () => {
      const { client, fresh } = await rotated();
      Meanwhile.happens = async () => {
        Meanwhile.happens = undefined;
        await administration.resetRegistrationAccessToken(client.id);
      };
      expectRefused(await put(client, fresh, { client_name: 'Too late' }));
      expect((await row(client)).clientName).toBe('Tide Tables');
    });
  });
});

/** Another proof than the token, as a host may ask for. */
class CertificateGuard extends RegistrationAccessTokenGuard {
  protected override async authenticate(
    ...args: Parameters<RegistrationAccessTokenGuard['authenticate']>
  ): Promise<ConfigurationCredential | undefined> {
    const credential = await super.authenticate(...args);
    return credential && { client: credential.client };
  }
}

describe.each(platforms)('rotation where a guard asks for another proof ($adapter, $database.name)', (platform) => {
  it('issues no token to who has presented none', async () => {
    const server = await startServer({
      ...platform,
      options: { registrationAccessToken: { rotation: 'on-update' }, guards: { configuration: CertificateGuard } },
    });
    try {
      const { body } = await server.register(BODY);
      const { client_id: id, registration_access_token: token } = body;
      const answer = await server.request('PUT', `/register/${id}`, { token, body: { ...BODY, client_id: id } });
      expect(answer.status).toBe(200);
      expect(answer.body).not.toHaveProperty('registration_access_token');
      expect(await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: id })).toMatchObject({
        registrationAccessTokenHash: sha256(token),
        previousRegistrationAccessTokenHash: null,
        version: 2,
      });
    } finally {
      await server.close();
    }
  });

  it('resets to no token at all where clients do not manage themselves', async () => {
    const server = await startServer({ ...platform, options: { management: false } });
    try {
      const { body } = await server.register(BODY);
      const administration = server.app.get(ClientAdministrationService, { strict: false });
      expect(await administration.resetRegistrationAccessToken(body.client_id)).toMatchObject({
        client: { clientId: body.client_id, registrationAccessTokenHash: null },
        registrationAccessToken: undefined,
      });
    } finally {
      await server.close();
    }
  });
});
