import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ClientRegistrationService,
  InitialAccessTokenService,
  MaximumClientsPolicy,
  OAuthClient,
  OAuthClientService,
  RegistrationListener,
  TransactionalRegistrationListener,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal, type Refusal } from '../errors/refusal.js';
import { platformsInPairs, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const told: string[] = [];

@Injectable()
class Within extends TransactionalRegistrationListener {
  async handle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

@Injectable()
class After extends RegistrationListener {
  handle({ client }: { client: { clientId: string } }): void {
    told.push(client.clientId);
  }
}

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const refused = (whose: string): Refusal => ({
  status: 403,
  error: 'access_denied',
  description: `${whose} has as many clients as it may have`,
});
const BY_SERVER = refused('this server');
const BY_OWNER = refused('the owner');
const BY_TENANT = refused('the tenant');
const BY_TOKEN = refused('the initial access token');

/** `inAll` is never reached but in the test that is about it. */
const BOUNDS = { inAll: 30, perOwner: 7, perTenant: 9, perInitialAccessToken: 5 };

describe.each(platformsInPairs)('a maximum of clients ($adapter, $database.name)', ({ adapter, database }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      adapter,
      database,
      options: { access: 'open', policies: [MaximumClientsPolicy.of(BOUNDS)], listeners: [Within, After] },
    });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    told.length = 0;
    await server.dataSource.getRepository(OAuthClient).clear();
  });

  const clients = () => server.dataSource.getRepository(OAuthClient);
  const usesOf = async (token: string) =>
    (await server.app.get(InitialAccessTokenService, { strict: false }).find(token))?.uses;
  const parallel = (count: number, request: (i: number) => Promise<JsonResponse>) =>
    Promise.all(Array.from({ length: count }, (_, i) => request(i)));

  /** Splits the answers, after a look at every refusal. */
  function registeredOf(answers: readonly JsonResponse[], refusal: Refusal): string[] {
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, refusal);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    return answers.filter(({ status }) => status === 201).map(({ body }) => body.client_id);
  }

  it('is told by a dry run, which adds none', async () => {
    const token = await server.token({ owner: 'acme' });
    const registration = server.app.get(ClientRegistrationService, { strict: false });
    for (let i = 0; i < 5; i++) await server.register(BODY, token);
    const credential = await server.app.get(InitialAccessTokenService, { strict: false }).authenticate(token);
    const { refusals, metadata } = await registration.explain(BODY, credential);
    expect(refusals.map(({ code, message }) => [code, message])).toEqual([['access_denied', BY_TOKEN.description]]);
    expect(metadata).toBeUndefined();
    await expect(registration.explain(BODY)).resolves.toMatchObject({ refusals: [], metadata: BODY });
    await expect(clients().count()).resolves.toBe(5);
  });

  it('lets exactly as many parallel registrations in, and tells listeners of no other', async () => {
    const tokens = await Promise.all(Array.from({ length: 6 }, () => server.token({ owner: 'acme' })));
    const registered = registeredOf(await parallel(24, (i) => server.register(BODY, tokens[i % 6])), BY_OWNER);

    expect(registered).toHaveLength(7);
    expect(new Set((await clients().findBy({ owner: 'acme' })).map(({ clientId }) => clientId))).toEqual(
      new Set(registered),
    );
    expect(new Set(told)).toEqual(new Set(registered));
  });

  it('holds for two bounds at once, each of which refuses what it must', async () => {
    const ofOwner = (owner: string) => server.token({ owner, tenant: 'north' });
    const tokens = await Promise.all(['one', 'two', 'one', 'two'].map(ofOwner));
    const registered = registeredOf(await parallel(24, (i) => server.register(BODY, tokens[i % 4])), BY_TENANT);

    expect(registered).toHaveLength(9);
    await expect(clients().countBy({ tenant: 'north' })).resolves.toBe(9);
    await expect(clients().countBy({ owner: 'one' })).resolves.toBeLessThanOrEqual(7);
    await expect(clients().countBy({ owner: 'two' })).resolves.toBeLessThanOrEqual(7);
  });

  it('takes no use of a token for a registration it refuses', async () => {
    const token = await server.token({ maxUses: 20 });
    expect(registeredOf(await parallel(24, () => server.register(BODY, token)), BY_TOKEN)).toHaveLength(5);
    await expect(usesOf(token)).resolves.toBe(5);
  });

  it('gives no client for a use that is not there', async () => {
    const token = await server.token({ maxUses: 3 });
    const answers = await parallel(20, () => server.register(BODY, token));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 401]));
    await expect(clients().count()).resolves.toBe(3);
  });

  it('bounds who has no owner, tenant and token by the number of all clients alone', async () => {
    // More at a time than a busy machine stores in 5 seconds would be told to come back.
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(...(await parallel(14, () => server.register(BODY, null))));
    expect(registeredOf(answers, BY_SERVER)).toHaveLength(30);
    await expect(clients().count()).resolves.toBe(30);
  });

  it('leaves a full owner its updates, and makes room for one more when one is gone', async () => {
    const token = () => server.token({ owner: 'full' });
    const registered = [];
    for (let i = 0; i < 7; i++) registered.push(await server.register(BODY, await token()));
    const [{ body }] = registered as [JsonResponse];
    const path = `/register/${body.client_id}`;
    const access = { token: body.registration_access_token };

    expectRefusal(await server.register(BODY, await token()), BY_OWNER);
    const renamed = { ...BODY, client_name: 'Moon Tables', client_id: body.client_id };
    expect((await server.request('PUT', path, { ...access, body: renamed })).status).toBe(200);
    expect((await server.request('DELETE', path, access)).status).toBe(204);
    expect((await server.register(BODY, await token())).status).toBe(201);
    expectRefusal(await server.register(BODY, await token()), BY_OWNER);
  });

  it('tells owners apart as they are written', async () => {
    for (const owner of ['Acme', 'acme', 'ACME', 'acme ']) {
      for (let i = 0; i < 7; i++) expect((await server.register(BODY, await server.token({ owner }))).status).toBe(201);
      expectRefusal(await server.register(BODY, await server.token({ owner })), BY_OWNER);
    }
  });

  it('holds for clients that are added by hand', async () => {
    const services = server.app.get(OAuthClientService, { strict: false });
    const added = await Promise.allSettled(
      Array.from({ length: 20 }, () => services.create({ ...BODY, owner: 'hand' })),
    );
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    for (const one of added) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(AccessDeniedError);
  });
});

describe('options of a maximum of clients', () => {
  it.each<[object, string]>([
    [{ perOwner: -1 }, '"MaximumClientsPolicy.perOwner" must be a whole number, 0 for any'],
    [{ inAll: 1.5 }, '"MaximumClientsPolicy.inAll" must be a whole number, 0 for any'],
    [{ perTenant: '5' }, '"MaximumClientsPolicy.perTenant" must be a whole number, 0 for any'],
    [{ perOwners: 5 }, '"MaximumClientsPolicy.perOwners" is no option, did you mean "MaximumClientsPolicy.perOwner"?'],
    [{}, 'MaximumClientsPolicy bounds nothing. Give one of inAll, perOwner, perTenant, perInitialAccessToken'],
    [{ inAll: 0 }, 'MaximumClientsPolicy bounds nothing. Give one of inAll'],
  ])('%j stops the start', (options, message) => {
    expect(() => MaximumClientsPolicy.of(options)).toThrow(message);
  });
});

describe.each(platformsInPairs)('two maxima of the same clients ($adapter, $database.name)', (platform) => {
  it('hold both, the smaller one first', async () => {
    const policies = [MaximumClientsPolicy.of({ perOwner: 3 }), MaximumClientsPolicy.of({ perOwner: 2 })];
    const server = await startServer({ ...platform, options: { policies } });
    try {
      const token = await server.token({ owner: 'acme' });
      const answers = await Promise.all(Array.from({ length: 6 }, () => server.register(BODY, token)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(4);
    } finally {
      await server.close();
    }
  });
});
