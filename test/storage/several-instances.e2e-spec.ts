import { InitialAccessTokenService, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleProcess, type SampleProcess } from '../contract/sample-process.js';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const remote = databases.filter(({ kind }) => kind !== 'sqlite');
const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const ISSUER = 'https://auth.tides.example';

/** What all instances on one database have in common. */
const shared = (database: CreatedDatabase) => ({
  DATABASE_URL: database.url,
  ISSUER,
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
});

async function send(
  { port }: SampleProcess,
  method: string,
  path: string,
  token: string,
  body?: object,
): Promise<JsonResponse> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const register = (instance: SampleProcess, token: string, metadata: object = BODY) =>
  send(instance, 'POST', '/register', token, metadata);

const manage = (instance: SampleProcess, method: 'GET' | 'PUT' | 'DELETE', { body }: JsonResponse, metadata?: object) =>
  send(
    instance,
    method,
    `/register/${body.client_id}`,
    body.registration_access_token,
    metadata && { ...metadata, client_id: body.client_id },
  );

/** The same number of requests at both instances, all at once. */
const atBoth = <T>(instances: readonly SampleProcess[], each: number, request: (one: SampleProcess, i: number) => T) =>
  Promise.all(Array.from({ length: each }, (_, i) => instances.map((one) => request(one, i))).flat());

describe.each(remote)('two instances on one database ($name)', (kind) => {
  let database: CreatedDatabase;
  let instances: readonly [SampleProcess, SampleProcess];
  /** The database as its operator sees it, through an instance that no client asks. */
  let operator: TestServer;
  let token: string;
  beforeAll(async () => {
    database = await kind.create();
    const environment = shared(database);
    instances = await Promise.all([
      startSampleProcess({ ...environment, HTTP_ADAPTER: 'express' }),
      startSampleProcess({ ...environment, HTTP_ADAPTER: 'fastify' }),
    ]);
    operator = await startServer({
      database: { ...kind, create: async () => ({ ...database, drop: async () => {} }) },
    });
    token = await operator.token({ owner: 'anybody' });
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await operator.close();
    await database.drop();
  });

  const tokens = () => operator.app.get(InitialAccessTokenService, { strict: false });
  const clients = () => operator.app.get(OAuthClientService, { strict: false });
  const clientRows = () => operator.dataSource.getRepository(OAuthClient);

  it('have made the tables of an empty database once, when they started at the same time, and both serve', async () => {
    for (const instance of instances) {
      const client = await register(instance, instance.printed('initial access token: '));
      expect(client.status).toBe(201);
      for (const other of instances) expect((await manage(other, 'GET', client)).status).toBe(200);
    }
  });

  it('are processes of their own that name one issuer', async () => {
    const [one, other] = instances;
    expect(one.port).not.toBe(other.port);
    for (const instance of instances) {
      const { body } = await register(instance, token);
      expect(body.registration_client_uri).toBe(`${ISSUER}/register/${body.client_id}`);
    }
  });

  it('give exactly as many clients as an initial access token has uses (RFC 7591 section 3)', async () => {
    const limited = await operator.token({ owner: 'limited', maxUses: 9 });
    const answers = await atBoth(instances, 25, (instance) => register(instance, limited));
    const registered = answers.filter(({ status }) => status === 201);
    expect(registered).toHaveLength(9);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, BAD_TOKEN);
    const stored = (await clientRows().findBy({ owner: 'limited' })).map(({ clientId }) => clientId);
    expect(stored.toSorted()).toEqual(registered.map(({ body }) => String(body.client_id)).toSorted());
    expect((await tokens().find(limited))?.uses).toBe(9);
  });

  it('give a token of one use one client, and nobody a second one', async () => {
    for (let round = 0; round < 10; round++) {
      const single = await operator.token({ owner: `single ${round}`, maxUses: 1 });
      const answers = await atBoth(instances, 1, (instance) => register(instance, single));
      const [registered, refused] = answers.toSorted((one, other) => one.status - other.status);
      expect(registered?.status).toBe(201);
      expect(refused).toBeDefined();
      if (refused) expectRefusal(refused, BAD_TOKEN);
      await expect(clientRows().countBy({ owner: `single ${round}` })).resolves.toBe(1);
    }
  });

  it('read, update and delete at one what was registered at the other', async () => {
    for (const [one, other] of [instances, instances.toReversed()]) {
      if (!one || !other) throw new Error('there are two instances');
      const client = await register(one, token);
      expect(client.status).toBe(201);
      const { client_secret, ...shown } = client.body;
      expect(client_secret).toEqual(expect.any(String));
      expect((await manage(other, 'GET', client)).body).toEqual(shown);
      const updated = await manage(other, 'PUT', client, { ...BODY, client_name: 'Renamed' });
      expect(updated.status).toBe(200);
      expect((await manage(one, 'GET', client)).body).toEqual({ ...shown, client_name: 'Renamed' });
      expect((await manage(one, 'DELETE', client)).status).toBe(204);
      expectRefusal(await manage(other, 'GET', client), BAD_TOKEN);
    }
  });

  it('count every update that succeeds, and leave one of them whole', async () => {
    const client = await register(instances[0], token);
    const bodies = Array.from({ length: 12 }, (_, i) => ({
      client_name: `Name ${i}`,
      redirect_uris: [`https://tides.example/${i}`],
      contacts: [`${i}@tides.example`],
    }));
    const answers = await atBoth(instances, 6, (instance, i) =>
      manage(instance, 'PUT', client, bodies[2 * i + instances.indexOf(instance)]),
    );
    const updated = answers.filter(({ status }) => status === 200);
    expect(updated.length).toBeGreaterThan(0);
    for (const { status, headers, body } of answers.filter((answer) => answer.status !== 200)) {
      expect([409, 503]).toContain(status);
      expect(headers.get('retry-after')).toBe('1');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toMatchObject({ error: 'temporarily_unavailable' });
    }
    const { version } = await clientRows().findOneByOrFail({ clientId: client.body.client_id });
    expect(version).toBe(1 + updated.length);
    const after = await Promise.all(instances.map((instance) => manage(instance, 'GET', client)));
    expect(after[0]?.body).toEqual(after[1]?.body);
    expect(updated.map(({ body }) => body)).toContainEqual(after[0]?.body);
    expect(bodies).toContainEqual({
      client_name: after[0]?.body.client_name,
      redirect_uris: after[0]?.body.redirect_uris,
      contacts: after[0]?.body.contacts,
    });
  });

  it('answer one of several deletions, and the common 401 to the others', async () => {
    for (let round = 0; round < 5; round++) {
      const client = await register(instances[0], token);
      const answers = await atBoth(instances, 4, (instance) => manage(instance, 'DELETE', client));
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      const others = answers.filter(({ status }) => status !== 204);
      expect(others).toHaveLength(7);
      for (const answer of others) expectRefusal(answer, BAD_TOKEN);
    }
  });

  it('leave no client after an update at one and a deletion at the other', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, other] = instances;
      const client = await register(one, token);
      const [update, deletion] = await Promise.all([
        manage(one, 'PUT', client, { ...BODY, client_name: 'Renamed' }),
        manage(other, 'DELETE', client),
      ]);
      expect(deletion.status).toBe(204);
      if (update.status !== 200) expectRefusal(update, BAD_TOKEN);
      await expect(clientRows().countBy({ clientId: client.body.client_id })).resolves.toBe(0);
    }
  });

  it('refuse at once what was taken away through the other', async () => {
    const [one, other] = instances;
    const { token: revocable, record } = await tokens().issue({ owner: 'revoked' });
    expect((await register(other, revocable)).status).toBe(201);
    await expect(tokens().revoke(record.id)).resolves.toBe(true);
    for (const instance of instances) expectRefusal(await register(instance, revocable), BAD_TOKEN);

    const client = await register(one, token);
    expect((await manage(other, 'GET', client)).status).toBe(200);
    expect((await manage(one, 'DELETE', client)).status).toBe(204);
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      expectRefusal(await manage(other, method, client, method === 'PUT' ? BODY : undefined), BAD_TOKEN);
    }
  });

  it('end a secret everywhere with the update to a method that needs none', async () => {
    const [one, other] = instances;
    const client = await register(one, token);
    const verified = async (secret: string) => {
      const found = await clients().find(client.body.client_id);
      expect(found).toBeDefined();
      return found !== undefined && clients().verifySecret(found, secret);
    };
    const { client_secret: first } = client.body;
    await expect(verified(first)).resolves.toBe(true);
    const open = await manage(other, 'PUT', client, { ...BODY, token_endpoint_auth_method: 'none' });
    expect(open.status).toBe(200);
    await expect(verified(first)).resolves.toBe(false);
    const again = await manage(one, 'PUT', client, { ...BODY, token_endpoint_auth_method: 'client_secret_post' });
    expect(again.body.client_secret).toEqual(expect.any(String));
    await expect(verified(first)).resolves.toBe(false);
    await expect(verified(again.body.client_secret)).resolves.toBe(true);
    // The former one is no secret at the other instance either: an update may only name the client's own.
    const former = await manage(other, 'PUT', client, { ...BODY, client_secret: first });
    expect(former.status).toBe(400);
    expect(former.body).toMatchObject({ error: 'invalid_client_metadata' });
    const current = await manage(other, 'PUT', client, {
      ...BODY,
      token_endpoint_auth_method: 'client_secret_post',
      client_secret: again.body.client_secret,
    });
    expect(current.status).toBe(200);
  });

  it('use at one what the other has encrypted with the shared key', async () => {
    const [one, other] = instances;
    const metadata = { ...BODY, token_endpoint_auth_method: 'client_secret_jwt' };
    const client = await register(one, token, metadata);
    expect(client.status).toBe(201);
    const row = () => clientRows().findOneByOrFail({ clientId: client.body.client_id });
    const { clientSecretEncrypted } = await row();
    expect(clientSecretEncrypted).toMatch(/^\$aes256gcm\$sample\$/);
    const { client_secret } = client.body;
    expect((await manage(other, 'PUT', client, { ...metadata, client_secret })).status).toBe(200);
    await expect(row()).resolves.toMatchObject({ clientSecretEncrypted, version: 2 });
  });
});

/** Holds up every write to the initial access tokens, and no read, until `release` is called. */
async function holdTokens({
  dataSource,
}: TestServer): Promise<{ waiting(): Promise<number>; release(): Promise<void> }> {
  const runner = dataSource.createQueryRunner();
  const isPostgres = dataSource.options.type === 'postgres';
  await runner.query(isPostgres ? 'BEGIN' : 'LOCK TABLES initial_access_tokens READ');
  if (isPostgres) await runner.query('LOCK TABLE initial_access_tokens IN EXCLUSIVE MODE');
  return {
    waiting: async () => {
      const rows: unknown[] = await dataSource.query(
        isPostgres
          ? `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'initial_access_tokens'::regclass`
          : `SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for table%'`,
      );
      return rows.length;
    },
    release: async () => {
      await runner.query(isPostgres ? 'ROLLBACK' : 'UNLOCK TABLES');
      await runner.release();
    },
  };
}

describe.each(remote)('two instances that start at the same time ($name)', (kind) => {
  /** Starts both at once, and answers what each of them came to. */
  const startBoth = async (environment: Record<string, string>) => {
    const started = await Promise.allSettled([startSampleProcess(environment), startSampleProcess(environment)]);
    const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    return { running, failed };
  };

  it('both serve with the same fixed initial access token, which is issued once', async () => {
    // Its tables are there already.
    const operator = await startServer({ database: kind });
    const { database } = operator;
    const held = await holdTokens(operator);
    const fixed = randomBytes(32).toString('hex');
    const starting = startBoth({ ...shared(database), INITIAL_ACCESS_TOKEN: fixed });
    try {
      try {
        // Both have found that there is no such token, and are about to store it.
        await expect.poll(held.waiting, { timeout: 20_000 }).toBe(2);
      } finally {
        await held.release();
      }
      const { running, failed } = await starting;
      expect(failed).toEqual([]);
      for (const instance of running) expect((await register(instance, fixed)).status).toBe(201);
      const tokens = operator.app.get(InitialAccessTokenService, { strict: false });
      await expect(tokens.list()).resolves.toHaveLength(1);
    } finally {
      const { running } = await starting;
      await Promise.all(running.map((instance) => instance.kill()));
      await operator.close();
    }
  });
});
