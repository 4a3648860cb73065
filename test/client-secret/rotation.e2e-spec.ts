import {
  ClientAdministrationService,
  ClientAuthenticationService,
  ClientSecretHasher,
  ClientSecretService,
  OAuthClient,
  OAuthClientService,
  UndecryptableSecretError,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { SignJWT } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClientCredentialsRepository } from '../../lib/client/client-credentials.repository.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const LIFETIME_SECONDS = 7200;
const GRACE_SECONDS = 3600;
const [FORMER_KEY, NEXT_KEY] = ['2026-11', '2026-12'].map((id) => ({ id, key: randomBytes(32).toString('base64') }));
const ENCRYPTION_KEYS = [FORMER_KEY, NEXT_KEY].flatMap((key) => key ?? []);
const seconds = () => Math.floor(Date.now() / 1000);

const NO_PREVIOUS = {
  previousClientSecretHash: null,
  previousClientSecretExpiresAt: null,
  previousClientSecretEncrypted: null,
};

const setups = platforms.flatMap((platform) => [
  { ...platform, hash: 'sha256' as const },
  { ...platform, hash: 'bcrypt' as const },
]);

describe.each(setups)("two live secrets with hash: '$hash' ($adapter, $database.name)", ({ hash, ...platform }) => {
  let server: TestServer;
  let clients: OAuthClientService;
  let administration: ClientAdministrationService;
  let authentication: ClientAuthenticationService;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        server: {
          tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none'],
          openid: { idToken: { signingAlgs: ['RS256', 'HS256'] } },
        },
        clientSecret: { hash, lifetimeSeconds: LIFETIME_SECONDS, encryptionKeys: ENCRYPTION_KEYS },
      },
    });
    clients = server.app.get(OAuthClientService, { strict: false });
    administration = server.app.get(ClientAdministrationService, { strict: false });
    authentication = server.app.get(ClientAuthenticationService, { strict: false });
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const rows = () => server.dataSource.getRepository(OAuthClient);
  const kept = (clientId: string) => rows().findOneByOrFail({ clientId });
  const at = (epoch: number) => vi.useFakeTimers({ toFake: ['Date'], now: epoch * 1000 });

  async function register(members: object = {}) {
    const { body } = await server.register({ ...BODY, ...members });
    return { id: String(body.client_id), secret: String(body.client_secret), token: body.registration_access_token };
  }
  type Registered = Awaited<ReturnType<typeof register>>;

  const put = (client: Registered, members: object = {}): Promise<JsonResponse> =>
    server.request('PUT', `/register/${client.id}`, {
      token: client.token,
      body: { ...BODY, client_id: client.id, ...members },
    });

  async function rotate({ id }: Registered, graceSeconds?: number, chosen?: string) {
    const rotated = await administration.rotateSecret(id, chosen, graceSeconds === undefined ? {} : { graceSeconds });
    return rotated?.clientSecret ?? '';
  }

  /** Which of the secrets are good now. */
  const verified = async ({ id }: Registered, ...secrets: string[]) => {
    const client = await kept(id);
    const answers: boolean[] = [];
    for (const secret of secrets) answers.push(await clients.verifySecret(client, secret));
    return answers;
  };

  const assertionOf = (id: string, secret: string) =>
    new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(server.issuer)
      .setIssuedAt()
      .setExpirationTime(seconds() + 60)
      .sign(new TextEncoder().encode(secret));

  /** How a client of each method proves itself at an endpoint of the host. */
  const PROOFS = {
    client_secret_basic: async (id: string, secret: string) => ({
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
      body: { grant_type: 'client_credentials' },
    }),
    client_secret_post: async (id: string, secret: string) => ({
      authorization: undefined,
      body: { client_id: id, client_secret: secret },
    }),
    client_secret_jwt: async (id: string, secret: string) => ({
      authorization: undefined,
      body: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertionOf(id, secret),
      },
    }),
  } as const;
  const METHODS = Object.keys(PROOFS) as (keyof typeof PROOFS)[];

  async function outcome(method: keyof typeof PROOFS, id: string, secret: string): Promise<string> {
    try {
      return (await authentication.authenticate(await PROOFS[method](id, secret))).clientId;
    } catch (error) {
      return String(Reflect.get(Object(error), 'code'));
    }
  }

  describe('a rotation with grace', () => {
    it.each(METHODS)('leaves both good for %s until the grace is over, though the row still has it', async (method) => {
      const client = await register({ token_endpoint_auth_method: method });
      const fresh = await rotate(client, GRACE_SECONDS);
      const { previousClientSecretExpiresAt: end } = await kept(client.id);
      for (const secret of [client.secret, fresh]) expect(await outcome(method, client.id, secret)).toBe(client.id);
      at((end ?? 0) - 1);
      for (const secret of [client.secret, fresh]) expect(await outcome(method, client.id, secret)).toBe(client.id);
      at(end ?? 0);
      expect(await outcome(method, client.id, client.secret)).toBe('invalid_client');
      expect(await outcome(method, client.id, fresh)).toBe(client.id);
      expect((await kept(client.id)).previousClientSecretHash).not.toBeNull();
      for (const wrong of [`${fresh}x`, `${client.secret}x`, randomBytes(48).toString('base64url')]) {
        expect(await outcome(method, client.id, wrong)).toBe('invalid_client');
      }
    });

    it('moves what was stored of the secret, with the end', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const before = await kept(client.id);
      const now = seconds();
      await rotate(client, GRACE_SECONDS);
      const after = await kept(client.id);
      expect(after).toMatchObject({
        previousClientSecretHash: before.clientSecretHash,
        previousClientSecretEncrypted: before.clientSecretEncrypted,
        version: 2,
      });
      expect(after.previousClientSecretExpiresAt).toBeGreaterThanOrEqual(now + GRACE_SECONDS);
      expect(after.previousClientSecretExpiresAt).toBeLessThanOrEqual(seconds() + GRACE_SECONDS);
      expect(after.clientSecretHash).not.toBe(before.clientSecretHash);
    });

    it('ends no later than the secret before would have expired itself', async () => {
      const client = await register();
      const { clientSecretExpiresAt } = await kept(client.id);
      await rotate(client, LIFETIME_SECONDS * 2);
      expect((await kept(client.id)).previousClientSecretExpiresAt).toBe(clientSecretExpiresAt);
    });

    it('keeps no secret that has expired already', async () => {
      const client = await register();
      await rows().update({ clientId: client.id }, { clientSecretExpiresAt: seconds() });
      const fresh = await rotate(client, GRACE_SECONDS);
      expect(await kept(client.id)).toMatchObject(NO_PREVIOUS);
      expect(await verified(client, fresh, client.secret)).toEqual([true, false]);
    });

    it('drops the oldest of three', async () => {
      const client = await register();
      const second = await rotate(client, GRACE_SECONDS);
      const third = await rotate(client, GRACE_SECONDS);
      expect(await verified(client, client.secret, second, third)).toEqual([false, true, true]);
    });

    it('takes a secret that a person chose', async () => {
      const client = await register();
      expect(await rotate(client, GRACE_SECONDS, 'open sesame')).toBe('open sesame');
      expect(await verified(client, client.secret, 'open sesame', 'open sesame ')).toEqual([true, true, false]);
    });

    it('signs with the new one', async () => {
      const client = await register({ id_token_signed_response_alg: 'HS256' });
      const fresh = await rotate(client, GRACE_SECONDS);
      expect(server.app.get(ClientSecretService, { strict: false }).keyOf(await kept(client.id))).toBe(fresh);
    });

    it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '60'])('is none for %s seconds', async (graceSeconds) => {
      const client = await register();
      const before = await kept(client.id);
      await expect(
        administration.rotateSecret(client.id, undefined, { graceSeconds: graceSeconds as number }),
      ).rejects.toThrow(new RangeError('graceSeconds must be a whole number of seconds, 0 for none'));
      expect(await kept(client.id)).toEqual(before);
    });

    it('is overtaken by no other: of rotations at the same time, the last two secrets are good', async () => {
      const client = await register();
      const made = await Promise.all([1, 2, 3].map(() => rotate(client, GRACE_SECONDS)));
      const good = await verified(client, ...made);
      expect(good.filter(Boolean)).toHaveLength(2);
      expect(await verified(client, client.secret)).toEqual([false]);
      expect((await kept(client.id)).version).toBe(4);
    });

    it('moves what another request has hashed anew meanwhile', async () => {
      const client = await register();
      const read = await kept(client.id);
      const hashedAnew = await server.app.get(ClientSecretHasher, { strict: false }).hash(client.secret, true);
      const secrets = server.app.get(ClientSecretService, { strict: false });
      const make = secrets.make.bind(secrets);
      vi.spyOn(secrets, 'make').mockImplementationOnce(async (...args) => {
        const repository = server.app.get(ClientCredentialsRepository, { strict: false });
        await repository.replaceSecretHash(read, hashedAnew, 'current');
        return make(...args);
      });
      const fresh = await rotate(client, GRACE_SECONDS);
      expect(await kept(client.id)).toMatchObject({ previousClientSecretHash: hashedAnew, version: 2 });
      expect(await verified(client, client.secret, fresh)).toEqual([true, true]);
    });

    it('and an update at the same time lose nothing of what either did', async () => {
      const client = await register();
      const [fresh, updated] = await Promise.all([
        rotate(client, GRACE_SECONDS),
        put(client, { client_name: 'Renamed', client_secret: client.secret }),
      ]);
      expect(updated.status).toBe(200);
      expect(await kept(client.id)).toMatchObject({ clientName: 'Renamed', version: 3 });
      expect(await verified(client, client.secret, fresh)).toEqual([true, true]);
    });
  });

  describe('without grace, as by default,', () => {
    it.each([undefined, 0])('a rotation (%s) ends both that were there', async (graceSeconds) => {
      const client = await register();
      const second = await rotate(client, GRACE_SECONDS);
      const third = await rotate(client, graceSeconds);
      expect(await verified(client, client.secret, second, third)).toEqual([false, false, true]);
      expect(await kept(client.id)).toMatchObject(NO_PREVIOUS);
    });
  });

  describe('an update (RFC 7592 section 2.2)', () => {
    it('may carry either of the two, and keeps both', async () => {
      const client = await register();
      const fresh = await rotate(client, GRACE_SECONDS);
      for (const members of [{ client_secret: fresh }, { client_secret: client.secret }, {}]) {
        const { status, body } = await put(client, members);
        expect(status).toBe(200);
        expect(body).not.toHaveProperty('client_secret');
        expect(body.client_secret_expires_at).toBe((await kept(client.id)).clientSecretExpiresAt);
      }
      expect(await verified(client, client.secret, fresh)).toEqual([true, true]);
    });

    it('carries none whose time is over', async () => {
      const client = await register();
      const second = await rotate(client, GRACE_SECONDS);
      await rotate(client, GRACE_SECONDS);
      const refusal = {
        error: 'invalid_client_metadata',
        error_description: 'client_secret must be that of the client, an update cannot set it',
      };
      const oldest = await put(client, { client_secret: client.secret });
      expect({ status: oldest.status, body: oldest.body }).toEqual({ status: 400, body: refusal });
      at((await kept(client.id)).previousClientSecretExpiresAt ?? 0);
      const over = await put(client, { client_secret: second });
      expect({ status: over.status, body: over.body }).toEqual({ status: 400, body: refusal });
    });

    it('to none destroys both', async () => {
      const client = await register();
      const fresh = await rotate(client, GRACE_SECONDS);
      expect((await put(client, { token_endpoint_auth_method: 'none' })).status).toBe(200);
      expect(await kept(client.id)).toMatchObject({
        clientSecretHash: null,
        clientSecretExpiresAt: null,
        clientSecretEncrypted: null,
        ...NO_PREVIOUS,
      });
      expect(await verified(client, client.secret, fresh)).toEqual([false, false]);
    });

    it('that needs no key any more keeps the hashes alone', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const fresh = await rotate(client, GRACE_SECONDS);
      expect((await put(client, { token_endpoint_auth_method: 'client_secret_basic' })).status).toBe(200);
      expect(await kept(client.id)).toMatchObject({ clientSecretEncrypted: null, previousClientSecretEncrypted: null });
      expect(await verified(client, client.secret, fresh)).toEqual([true, true]);
    });

    it('shows nothing of the one before', async () => {
      const client = await register();
      await rotate(client, GRACE_SECONDS);
      const { body } = await put(client);
      expect(JSON.stringify(body)).not.toMatch(/previous/i);
    });
  });

  describe('a secret that has expired (RFC 7591 section 3.2.1)', () => {
    it.each(METHODS)('is invalid_client for %s', async (method) => {
      const client = await register({ token_endpoint_auth_method: method });
      const { clientSecretExpiresAt: end } = await kept(client.id);
      at((end ?? 0) - 1);
      expect(await outcome(method, client.id, client.secret)).toBe(client.id);
      at(end ?? 0);
      expect(await outcome(method, client.id, client.secret)).toBe('invalid_client');
    });

    it.each(METHODS)(
      'is renewed by an update of a client with %s, whether it carries the secret or not',
      async (method) => {
        for (const carries of [true, false]) {
          const client = await register({ token_endpoint_auth_method: method });
          const { clientSecretExpiresAt: end } = await kept(client.id);
          at((end ?? 0) - 1);
          const members = { token_endpoint_auth_method: method, ...(carries && { client_secret: client.secret }) };
          expect((await put(client, members)).body).not.toHaveProperty('client_secret');
          at(end ?? 0);
          const { status, body } = await put(client, members);
          expect(status).toBe(200);
          expect(body.client_secret).toMatch(/^cs_/);
          expect(body.client_secret).not.toBe(client.secret);
          expect(body.client_secret_expires_at).toBe((end ?? 0) + LIFETIME_SECONDS);
          expect(await outcome(method, client.id, body.client_secret)).toBe(client.id);
          expect(await outcome(method, client.id, client.secret)).toBe('invalid_client');
          const again = await put(client, { ...members, client_secret: body.client_secret });
          expect(again.status).toBe(200);
          expect(again.body).not.toHaveProperty('client_secret');
          vi.useRealTimers();
        }
      },
    );

    it('is not renewed by an update that is refused, nor by a read', async () => {
      const client = await register();
      const before = await kept(client.id);
      at(before.clientSecretExpiresAt ?? 0);
      expect((await put(client, { redirect_uris: ['nowhere'] })).status).toBe(400);
      const read = await server.request('GET', `/register/${client.id}`, { token: client.token });
      expect(read.body).not.toHaveProperty('client_secret');
      expect(read.body.client_secret_expires_at).toBe(before.clientSecretExpiresAt);
      expect(await kept(client.id)).toEqual(before);
    });
  });

  describe('a wrong secret', () => {
    const comparisons = async (client: Registered) => {
      const verify = vi.spyOn(server.app.get(ClientSecretHasher, { strict: false }), 'verify');
      expect(await verified(client, 'wrong')).toEqual([false]);
      return verify.mock.calls.length;
    };

    it('costs a second comparison only while there is a second secret', async () => {
      const client = await register();
      expect(await comparisons(client)).toBe(1);
      vi.restoreAllMocks();
      await rotate(client, GRACE_SECONDS);
      expect(await comparisons(client)).toBe(2);
      vi.restoreAllMocks();
      at((await kept(client.id)).previousClientSecretExpiresAt ?? 0);
      expect(await comparisons(client)).toBe(1);
    });
  });

  describe('the hash of the one before', () => {
    it('is replaced where the hasher says so, and the version stays', async () => {
      const client = await register();
      const fresh = await rotate(client, GRACE_SECONDS);
      const before: OAuthClientRecord = await kept(client.id);
      vi.spyOn(server.app.get(ClientSecretHasher, { strict: false }), 'needsRehash').mockReturnValue(true);
      expect(await verified(client, client.secret)).toEqual([true]);
      vi.restoreAllMocks();
      const { previousClientSecretHash } = await kept(client.id);
      expect(previousClientSecretHash).toMatch(/^\$2b\$10\$/);
      expect(previousClientSecretHash).not.toBe(before.previousClientSecretHash);
      expect(await kept(client.id)).toEqual({ ...before, previousClientSecretHash });
      expect(await verified(client, client.secret, fresh)).toEqual([true, true]);
    });
  });

  describe('the keys they are encrypted with', () => {
    const rekeyed = (stored: string | null) => stored?.split('$')[2];

    it('are both replaced by the first of clientSecret.encryptionKeys', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      const fresh = await rotate(client, GRACE_SECONDS);
      // As a server with the keys in their other order has stored them.
      const other = await startServer({
        ...platform,
        database: { ...platform.database, create: async () => ({ ...server.database, drop: async () => {} }) },
        options: {
          server: { tokenEndpointAuthMethods: ['client_secret_jwt'] },
          clientSecret: { encryptionKeys: ENCRYPTION_KEYS.toReversed() },
        },
      });
      try {
        const others = other.app.get(ClientAdministrationService, { strict: false });
        expect(await others.reencryptSecret(client.id)).toBe(true);
        expect(await others.reencryptSecret(client.id)).toBe(false);
        const stored = await kept(client.id);
        expect(rekeyed(stored.clientSecretEncrypted)).toBe(NEXT_KEY?.id);
        expect(rekeyed(stored.previousClientSecretEncrypted)).toBe(NEXT_KEY?.id);
      } finally {
        await other.close();
      }
      for (const secret of [client.secret, fresh]) {
        expect(await outcome('client_secret_jwt', client.id, secret)).toBe(client.id);
      }
    });

    it('are not asked for by a secret whose time is over', async () => {
      const client = await register({ token_endpoint_auth_method: 'client_secret_jwt' });
      await rotate(client, GRACE_SECONDS);
      const lost = '$aes256gcm$lost$AAAA';
      await rows().update({ clientId: client.id }, { previousClientSecretEncrypted: lost });
      await expect(administration.reencryptSecret(client.id)).rejects.toThrow(UndecryptableSecretError);
      at((await kept(client.id)).previousClientSecretExpiresAt ?? 0);
      expect(await administration.reencryptSecret(client.id)).toBe(false);
    });
  });
});
