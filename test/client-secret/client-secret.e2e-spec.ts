import {
  ClientAdministrationService,
  ClientSecretService,
  InitialAccessToken,
  OAuthClient,
  OAuthClientService,
  TokenGenerator,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { createHash } from 'node:crypto';
import type { Logger as TypeOrmLogger } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
/** Of a server that offers HMAC with the client secret. */
const HMAC = { openid: { idToken: { signingAlgs: ['RS256', 'HS512'] } } };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const setups = platforms.flatMap((platform) => [
  { ...platform, hash: 'sha256' as const, scheme: /^\$sha256\$[0-9a-f]{64}$/ },
  { ...platform, hash: 'bcrypt' as const, scheme: /^\$2b\$10\$/ },
]);

describe.each(setups)(
  "client secrets with hash: '$hash' ($adapter, $database.name)",
  ({ adapter, database, hash, scheme }) => {
    let server: TestServer;
    let clients: OAuthClientService;
    beforeAll(async () => {
      server = await startServer({
        adapter,
        database,
        options: {
          server: HMAC,
          clientSecret: { hash, lifetimeSeconds: 60, prefix: 'acme_', encryptionKeys: ENCRYPTION_KEYS },
        },
      });
      clients = server.app.get(OAuthClientService, { strict: false });
    });
    afterAll(() => server.close());
    afterEach(() => {
      vi.useRealTimers();
    });

    const stored = async (clientId: string): Promise<OAuthClientRecord> => {
      const client = await clients.find(clientId);
      if (!client) throw new Error(`no client ${clientId}`);
      return client;
    };
    const manage = (method: string, client: JsonResponse, body?: object) =>
      server.request(method, `/register/${client.body.client_id}`, {
        token: client.body.registration_access_token,
        ...(body ? { body: { client_id: client.body.client_id, ...body } } : {}),
      });

    it('are hashed by the configured scheme, and verified', async () => {
      const { body } = await server.register(BODY);
      expect(body.client_secret).toMatch(/^acme_[A-Za-z0-9_-]{43}$/);
      const client = await stored(body.client_id);
      expect(client.clientSecretHash).toMatch(scheme);
      await expect(clients.verifySecret(client, body.client_secret)).resolves.toBe(true);
      await expect(clients.verifySecret(client, `${body.client_secret}x`)).resolves.toBe(false);
      await expect(clients.verifySecret(client, body.client_secret.toUpperCase())).resolves.toBe(false);
      await expect(clients.verifySecret(client, client.clientSecretHash ?? '')).resolves.toBe(false);
    });

    it.each([undefined, null, '', 0, {}, ['x']])('do not match %j', async (presented: unknown) => {
      const { body } = await server.register(BODY);
      await expect(clients.verifySecret(await stored(body.client_id), presented as string)).resolves.toBe(false);
    });

    it('expire (RFC 7591 section 3.2.1)', async () => {
      const { body } = await server.register(BODY);
      expect(body.client_secret_expires_at).toBe(body.client_id_issued_at + 60);
      const client = await stored(body.client_id);
      await expect(clients.verifySecret(client, body.client_secret)).resolves.toBe(true);
      vi.useFakeTimers({ toFake: ['Date'], now: body.client_secret_expires_at * 1000 - 1 });
      await expect(clients.verifySecret(client, body.client_secret)).resolves.toBe(true);
      vi.setSystemTime(body.client_secret_expires_at * 1000);
      await expect(clients.verifySecret(client, body.client_secret)).resolves.toBe(false);
    });

    it('that a person chose are hashed with bcrypt, and verified beside the generated ones', async () => {
      const { client, clientSecret } = await clients.create({ ...BODY, clientSecret: 'open sesame' });
      expect(clientSecret).toBe('open sesame');
      expect(client.clientSecretHash).toMatch(/^\$2b\$10\$/);
      const read = await stored(client.clientId);
      await expect(clients.verifySecret(read, 'open sesame')).resolves.toBe(true);
      await expect(clients.verifySecret(read, 'open sesame ')).resolves.toBe(false);
    });

    it('that are keys of HS512 have 64 bytes beside their prefix, and are presented and verified like others', async () => {
      const client = await server.register({ ...BODY, id_token_signed_response_alg: 'HS512' });
      const secret: string = client.body.client_secret;
      expect(secret).toMatch(/^acme_[A-Za-z0-9_-]{64}$/);
      const { clientSecretHash } = await stored(client.body.client_id);
      expect(clientSecretHash).toMatch(scheme);
      const other = secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A');
      for (const wrong of [other, secret.slice(0, 64), `${secret}x`, `${secret}xxxx`]) {
        await expect(clients.verifySecret(await stored(client.body.client_id), wrong)).resolves.toBe(false);
      }
      await expect(clients.verifySecret(await stored(client.body.client_id), secret)).resolves.toBe(true);
      const secrets = server.app.get(ClientSecretService, { strict: false });
      expect(secrets.keyOf(await stored(client.body.client_id))).toBe(secret);

      const update = { ...BODY, id_token_signed_response_alg: 'HS512', client_secret: secret };
      const { status, body } = await manage('PUT', client, update);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('client_secret');
      expect(body.client_secret_expires_at).toBe(client.body.client_secret_expires_at);
      expect(secrets.keyOf(await stored(client.body.client_id))).toBe(secret);
    });

    it('are nothing a public client has', async () => {
      const { body } = await server.register({ ...BODY, token_endpoint_auth_method: 'none' });
      expect(body).not.toHaveProperty('client_secret');
      expect(body).not.toHaveProperty('client_secret_expires_at');
      const client = await stored(body.client_id);
      expect(client).toMatchObject({ clientSecretHash: null, clientSecretExpiresAt: null });
      await expect(clients.verifySecret(client, '')).resolves.toBe(false);
      await expect(clients.verifySecret(client, 'null')).resolves.toBe(false);
    });

    it('survive an update, whether it carries them or not', async () => {
      const client = await server.register(BODY);
      const before = (await stored(client.body.client_id)).clientSecretHash;
      for (const secret of [{}, { client_secret: client.body.client_secret }]) {
        const { status, body } = await manage('PUT', client, { ...BODY, ...secret });
        expect(status).toBe(200);
        expect(body).not.toHaveProperty('client_secret');
        expect((await stored(client.body.client_id)).clientSecretHash).toBe(before);
      }
    });

    it('are not set by an update (RFC 7592 section 2.2)', async () => {
      const client = await server.register(BODY);
      const before = await stored(client.body.client_id);
      const { status, body } = await manage('PUT', client, { ...BODY, client_secret: 'my own choice' });
      expect(status).toBe(400);
      expect(body).toEqual({
        error: 'invalid_client_metadata',
        error_description: 'client_secret must be that of the client, an update cannot set it',
      });
      await expect(stored(client.body.client_id)).resolves.toEqual(before);
    });

    it('are destroyed by an update to none and issued anew by one back', async () => {
      const client = await server.register(BODY);
      const old: string = client.body.client_secret;
      await manage('PUT', client, { ...BODY, token_endpoint_auth_method: 'none' });
      const without = await stored(client.body.client_id);
      expect(without).toMatchObject({ clientSecretHash: null, clientSecretExpiresAt: null });
      await expect(clients.verifySecret(without, old)).resolves.toBe(false);

      const back = await manage('PUT', client, { ...BODY, token_endpoint_auth_method: 'client_secret_post' });
      expect(back.body.client_secret).toMatch(/^acme_/);
      expect(back.body.client_secret).not.toBe(old);
      const again = await stored(client.body.client_id);
      await expect(clients.verifySecret(again, back.body.client_secret)).resolves.toBe(true);
      await expect(clients.verifySecret(again, old)).resolves.toBe(false);
    });
  },
);

/** Everything TypeORM would write with `logging: 'all'`. */
class CapturingTypeOrmLogger implements TypeOrmLogger {
  readonly lines: string[] = [];
  logQuery = (...args: unknown[]) => this.take(args);
  logQueryError = (...args: unknown[]) => this.take(args);
  logQuerySlow = (...args: unknown[]) => this.take(args);
  logSchemaBuild = (...args: unknown[]) => this.take(args);
  logMigration = (...args: unknown[]) => this.take(args);
  log = (...args: unknown[]) => this.take(args);

  /** The last argument is the query runner. */
  private take(args: unknown[]): void {
    this.lines.push(args.map((arg) => (isRunner(arg) ? '' : `${String(arg)} ${JSON.stringify(arg)}`)).join(' '));
  }
}

const isRunner = (value: unknown) => typeof value === 'object' && value !== null && 'broadcaster' in value;

describe.each(platforms)(
  'what is logged and answered of secrets and tokens ($adapter, $database.name)',
  ({ adapter, database }) => {
    let server: TestServer;
    let typeorm: CapturingTypeOrmLogger;
    let log: CapturedLog;
    /** Every secret and token in clear that was issued or presented. */
    const clear: string[] = [];
    const answers: JsonResponse[] = [];

    beforeAll(async () => {
      typeorm = new CapturingTypeOrmLogger();
      server = await startServer({
        adapter,
        database,
        options: {
          server: HMAC,
          clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
          registrationAccessToken: { rotation: 'on-update' },
        },
        typeorm: { logging: 'all', logger: typeorm },
      });
      log = captureLog();
      await useEverything();
      log.stop();
    });
    afterAll(() => server.close());

    async function keep(answer: Promise<JsonResponse>): Promise<JsonResponse> {
      const { body } = answers[answers.push(await answer) - 1] ?? {};
      for (const member of ['client_secret', 'registration_access_token']) if (body?.[member]) clear.push(body[member]);
      return answers.at(-1) as JsonResponse;
    }

    async function useEverything(): Promise<void> {
      const clients = server.app.get(OAuthClientService, { strict: false });
      const token = await server.token({ maxUses: 3 });
      const unlimited = await server.token();
      const stranger = new TokenGenerator().generate('iat_');
      clear.push(token, unlimited, stranger, 'a chosen secret', 'a wrong secret');
      clear.push(...ENCRYPTION_KEYS.map(({ key }) => key));
      const client = await keep(server.register(BODY, token));
      await keep(server.register(BODY, unlimited));
      await keep(server.register({ redirect_uris: ['nowhere'] }, token));
      await keep(server.register(BODY, stranger));
      await keep(server.register(BODY, client.body.registration_access_token));
      const manage = (method: string, bearer: string, body?: object) =>
        keep(
          server.request(method, `/register/${client.body.client_id}`, {
            token: bearer,
            ...(body ? { body: { client_id: client.body.client_id, ...BODY, ...body } } : {}),
          }),
        );
      let own: string = client.body.registration_access_token;
      const update = async (body: object) => {
        own = (await manage('PUT', own, body)).body.registration_access_token;
      };
      await manage('GET', own);
      await manage('GET', stranger);
      // The answer is lost, and the token in it comes to nothing.
      const lost = await manage('PUT', own, {});
      await manage('GET', own);
      await manage('GET', lost.body.registration_access_token);
      await rotateSecretOf(client, clients);
      await update({ client_secret: client.body.client_secret });
      await manage('PUT', own, { client_secret: 'a wrong secret' });
      await update({ token_endpoint_auth_method: 'none' });
      await update({ token_endpoint_auth_method: 'client_secret_post' });
      await update({ id_token_signed_response_alg: 'HS512' });
      await manage('PUT', own, { id_token_signed_response_alg: 'HS512', client_secret: 'a wrong secret' });
      await manage('DELETE', own);
      await manage('GET', own);
      const byHand = await clients.create({ ...BODY, clientId: 'by hand', clientSecret: 'a chosen secret' });
      clear.push(byHand.registrationAccessToken ?? '');
      await clients.verifySecret(byHand.client, 'a chosen secret');
      await clients.verifySecret(byHand.client, 'a wrong secret');
      await expect(clients.create({ ...BODY, clientId: 'by hand', clientSecret: 'a chosen secret' })).rejects.toThrow();
      await failAtTheDatabase(token);
    }

    /** An operator gives the client another secret, while the first one stays good, and in the end another token. */
    async function rotateSecretOf({ body }: JsonResponse, clients: OAuthClientService): Promise<void> {
      const administration = server.app.get(ClientAdministrationService, { strict: false });
      const rotated = await administration.rotateSecret(body.client_id, undefined, { graceSeconds: 60 });
      for (const secret of [body.client_secret, rotated?.clientSecret, 'a wrong secret']) {
        if (rotated) await clients.verifySecret(rotated.client, secret);
      }
      const { client: other } = await clients.create({ ...BODY, clientId: 'reset' });
      const reset = await administration.resetRegistrationAccessToken(other.clientId);
      clear.push(rotated?.clientSecret ?? '', reset?.registrationAccessToken ?? '');
      await keep(server.request('GET', '/register/reset', { token: reset?.registrationAccessToken ?? '' }));
    }

    /** The statement fails, and with it its parameters are at hand. */
    async function failAtTheDatabase(token: string): Promise<void> {
      const { driver } = server.dataSource;
      const [clients, tokens] = [
        server.dataSource.getMetadata(OAuthClient),
        server.dataSource.getMetadata(InitialAccessToken),
      ];
      const survivor = await keep(server.register(BODY, token));
      await server.dataSource.query(
        `ALTER TABLE ${driver.escape(clients.tableName)} DROP COLUMN ${driver.escape('softwareId')}`,
      );
      expect((await keep(server.register(BODY, token))).status).toBe(500);
      for (const [method, body] of [
        ['GET'],
        ['PUT', { ...BODY, client_id: survivor.body.client_id }],
        ['DELETE'],
      ] as const) {
        const answer = await keep(
          server.request(method, `/register/${survivor.body.client_id}`, {
            token: survivor.body.registration_access_token,
            ...(body ? { body } : {}),
          }),
        );
        expect(answer.status).toBe(500);
      }
      await server.dataSource.query(`DROP TABLE ${driver.escape(tokens.tableName)}`);
      expect((await keep(server.register(BODY, token))).status).toBe(500);
    }

    it('issued and presented enough to look for', () => {
      expect(clear.length).toBeGreaterThan(8);
      expect(clear.every((value) => value.length > 8)).toBe(true);
      expect(typeorm.lines.length).toBeGreaterThan(20);
      expect(log.lines.length).toBeGreaterThan(2);
    });

    it('is no clear secret or token in any line, TypeORM with logging: all included', () => {
      for (const line of [...typeorm.lines, ...log.lines.map(({ text }) => text)]) {
        for (const value of clear) expect(line).not.toContain(value);
      }
    });

    it('is no hash in any line of ours', () => {
      const hashes = clear.map(sha256);
      for (const { text } of log.lines) {
        for (const hash of hashes) expect(text).not.toContain(hash);
        expect(text).not.toMatch(/\$sha256\$|\$2[aby]\$|\$aes256gcm\$|[0-9a-f]{64}/);
      }
    });

    it('is a database error by its code, without statement and parameters', () => {
      const errors = log.of('error');
      expect(errors).toHaveLength(5);
      for (const line of errors) {
        expect(line).toMatch(/unexpected error [0-9a-f-]{36}/);
        expect(line).toMatch(/StorageError: database error (?:42703|42P01|ER_[A-Z_]+|SQLITE_ERROR)/);
        expect(line).not.toMatch(/SELECT|INSERT|UPDATE|DELETE|oauth_clients|initial_access_tokens|softwareId|Tide/);
      }
      for (const { status, body } of answers.filter(({ status }) => status >= 500)) {
        expect(status).toBe(500);
        expect(body).toEqual({
          error: 'server_error',
          error_description: expect.stringMatching(/^unexpected error, correlation id [0-9a-f-]{36}$/),
        });
      }
    });

    it('is no hash and no secret that was issued before in any answer', () => {
      const issued = new Set<string>();
      for (const { body, headers } of answers) {
        const text = JSON.stringify(body ?? null) + JSON.stringify([...headers]);
        expect(text).not.toMatch(/\$sha256\$|\$2[aby]\$|\$aes256gcm\$|[0-9a-f]{64}|[Hh]ash/);
        for (const secret of issued) expect(text).not.toContain(secret);
        if (body?.client_secret) issued.add(body.client_secret);
      }
      expect(issued.size).toBe(5);
    });
  },
);
