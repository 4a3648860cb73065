import { Injectable } from '@nestjs/common';
import {
  ClientAdministrationService,
  ClientLifeCycleService,
  ClientPurgeService,
  InvalidRequestError,
  OAuthClient,
  RegistrationListener,
  RegistrationPolicy,
  TransactionalRegistrationListener,
  type ClientMetadata,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
  type RegistrationContext,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import {
  platforms,
  platformsInPairs,
  startServer,
  type JsonResponse,
  type TestServer,
} from '../support/start-server.js';

const BODY = {
  client_name: 'Tide Tables',
  redirect_uris: ['http://127.0.0.1:53124/cb', 'http://localhost:53124/cb'],
  token_endpoint_auth_method: 'none',
};
const atPort = (port: number) => ({
  ...BODY,
  redirect_uris: [`http://127.0.0.1:${port}/cb`, `http://localhost:${port}/cb`],
});

const events: RegistrationEvent[] = [];
let within = 0;

@Injectable()
class Within extends TransactionalRegistrationListener {
  handle(): void {
    within++;
  }
}

@Injectable()
class After extends RegistrationListener {
  static keeps = false;

  handle(event: RegistrationEvent): void {
    events.push(event);
  }

  override mayPurge(): boolean {
    return !After.keeps;
  }
}

@Injectable()
class HoldsTheSuspect extends RegistrationPolicy {
  review(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata {
    if (proposed.client_name === 'Suspect') context.hold('looks like another one');
    const reasons: Record<string, string> = {};
    if (proposed.client_name === 'Nameless') context.hold(reasons['nameless'] as string);
    return proposed;
  }
}

const OPTIONS: Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras = {
  access: 'open',
  openRegistration: { foldIdentical: true },
  clientLifetime: { untilFirstUseSeconds: 3_600, sinceLastUseSeconds: 3_600 },
  policies: [HoldsTheSuspect],
  listeners: [Within, After],
};

const now = () => Math.floor(Date.now() / 1_000);
const idsOf = (answers: readonly JsonResponse[]) => new Set(answers.map(({ body }) => body.client_id));

describe.each(platforms)('identical open registrations ($adapter, $database.name)', ({ adapter, database }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ adapter, database, options: OPTIONS });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.dataSource.getRepository(OAuthClient).clear();
    events.length = 0;
    within = 0;
  });
  const clients = () => server.dataSource.getRepository(OAuthClient);

  it('are one client, whatever their ports and the order of their members', async () => {
    const first = await server.register(BODY, null);
    const { token_endpoint_auth_method, client_name, redirect_uris } = atPort(61_000);
    const second = await server.register({ redirect_uris, client_name, token_endpoint_auth_method }, null);

    expect(first.status).toBe(201);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(first.body.redirect_uris).toEqual(['http://127.0.0.1/cb', 'http://localhost/cb']);
    await expect(clients().find()).resolves.toMatchObject([
      { clientId: first.body.client_id, clientIdIssuedAt: first.body.client_id_issued_at, registeredOpenly: true },
    ]);
  });

  it('give nobody a registration access token, the first registrant included', async () => {
    for (const { body } of [await server.register(BODY, null), await server.register(BODY, null)]) {
      expect(body).not.toHaveProperty('registration_access_token');
      expect(body).not.toHaveProperty('registration_client_uri');
      expect(body).not.toHaveProperty('client_secret');
      expect(body).not.toHaveProperty('client_secret_expires_at');
    }
    const [stored] = await clients().find();
    expect(stored).toMatchObject({ registrationAccessTokenHash: null, clientSecretHash: null, owner: null });
  });

  it('are one row at the same time, of which listeners are told once', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => server.register(atPort(2_000 + i), null)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(idsOf(answers).size).toBe(1);
    await expect(clients().count()).resolves.toBe(1);
    expect(events.map(({ type }) => type)).toEqual(['registered']);
  });

  it('are as many clients as differ in anything else', async () => {
    const different = [
      BODY,
      { ...BODY, client_name: 'tide tables' },
      { ...BODY, redirect_uris: ['http://127.0.0.1:1/cb'] },
      { ...BODY, redirect_uris: ['http://127.0.0.1:1/cb/'] },
      { ...BODY, redirect_uris: ['http://localhost:1/cb'] },
      { ...BODY, redirect_uris: ['https://tides.example:1/cb'] },
      { ...BODY, redirect_uris: ['https://tides.example:2/cb'] },
      { ...BODY, grant_types: ['authorization_code', 'refresh_token'] },
      { ...BODY, software_id: '1' },
      { ...BODY, 'client_name#de': 'Gezeiten' },
    ];
    const twice = [...different, ...different];
    const answers = [];
    for (const metadata of twice) answers.push(await server.register(metadata, null));
    expect(idsOf(answers).size).toBe(different.length);
    await expect(clients().count()).resolves.toBe(different.length);
  });

  it('are one, too, where they say the same in other words', async () => {
    const withDefaults = { ...BODY, grant_types: ['authorization_code'], response_types: ['code'], unknown_member: 1 };
    expect(idsOf([await server.register(BODY, null), await server.register(withDefaults, null)]).size).toBe(1);
  });

  it.each(['client_secret_basic', 'client_secret_post'])('are clients for themselves with %s', async (method) => {
    const metadata = { ...BODY, token_endpoint_auth_method: method };
    const answers = [await server.register(metadata, null), await server.register(metadata, null)];
    expect(idsOf(answers).size).toBe(2);
    for (const { body } of answers) expect(body.registration_access_token).toMatch(/^rat_/);
    for (const { foldingKey } of await clients().find()) expect(foldingKey).toBeNull();
  });

  it('are clients for themselves with a token, which is no way to the one of all', async () => {
    const shared = await server.register(BODY, null);
    const owned = [await server.register(BODY), await server.register(BODY)];
    expect(idsOf([shared, ...owned]).size).toBe(3);
    for (const { body } of owned) {
      expect(body.registration_access_token).toMatch(/^rat_/);
      expect(body.redirect_uris).toEqual(BODY.redirect_uris);
    }
    expect(idsOf([shared, await server.register(BODY, null)]).size).toBe(1);
  });

  it('make a client that nobody changes or removes', async () => {
    const shared = await server.register(BODY, null);
    const other = await server.register(BODY);
    const path = `/register/${shared.body.client_id}`;
    const body = { ...BODY, client_id: shared.body.client_id, client_name: 'Mine' };
    for (const token of [other.body.registration_access_token, 'rat_', 'null', shared.body.client_id]) {
      expectRefusal(await server.request('GET', path, { token }), BAD_TOKEN);
      expectRefusal(await server.request('PUT', path, { token, body }), BAD_TOKEN);
      expectRefusal(await server.request('DELETE', path, { token }), BAD_TOKEN);
    }
    expect((await server.register(BODY, null)).body).toEqual(shared.body);
  });

  it('make a client that the operator removes, and the next one is another', async () => {
    const shared = await server.register(BODY, null);
    const administration = server.app.get(ClientAdministrationService, { strict: false });
    await expect(administration.remove(shared.body.client_id)).resolves.toBe(true);
    expect(idsOf([shared, await server.register(BODY, null)]).size).toBe(2);
    await expect(clients().count()).resolves.toBe(1);
  });

  it('make a client that the operator gives nobody a token for', async () => {
    const { body } = await server.register(BODY, null);
    const administration = server.app.get(ClientAdministrationService, { strict: false });
    await expect(administration.resetRegistrationAccessToken(body.client_id)).rejects.toThrow(
      new InvalidRequestError('the client is shared by identical registrations: nobody has a token for it'),
    );
    await expect(clients().find()).resolves.toMatchObject([{ registrationAccessTokenHash: null }]);
  });

  it.each(['suspended', 'pending'] as const)('are answered with one that is %s, which stays so', async (status) => {
    const shared = await server.register(BODY, null);
    await clients().update({ clientId: shared.body.client_id }, { status });
    const again = await server.register(BODY, null);
    expect({ status: again.status, body: again.body }).toEqual({ status: 201, body: shared.body });
    await expect(clients().find()).resolves.toMatchObject([{ status }]);
  });

  it('wait for an approval together where a policy holds them', async () => {
    const metadata = { ...BODY, client_name: 'Suspect' };
    expect(idsOf([await server.register(metadata, null), await server.register(metadata, null)]).size).toBe(1);
    await expect(clients().find()).resolves.toMatchObject([{ status: 'pending' }]);
    expect(events).toMatchObject([{ type: 'registered', note: 'looks like another one' }]);
  });

  it('wait for an approval though the policy forgot to say why', async () => {
    expect((await server.register({ ...BODY, client_name: 'Nameless' }, null)).status).toBe(201);
    await expect(clients().find()).resolves.toMatchObject([{ status: 'pending' }]);
  });

  it('get another client when theirs has expired, all of them the same', async () => {
    const before = await server.register(BODY, null);
    await clients().update({ clientId: before.body.client_id }, { expiresAt: now() - 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.register(BODY, null)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    expect(idsOf(answers).size).toBe(1);
    expect(idsOf([before, ...answers]).size).toBe(2);
    await expect(clients().count()).resolves.toBe(1);
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'registered requested',
      'deleted expired',
      'registered requested',
    ]);
    expect(events[1]?.client.clientId).toBe(before.body.client_id);
    expect(within).toBe(3);
  });

  it('do not get around a suspension by waiting until it has expired', async () => {
    const shared = await server.register(BODY, null);
    await server.app.get(ClientLifeCycleService, { strict: false }).suspend(shared.body.client_id);
    const stopped = [{ status: 'suspended', expiresAt: null }];
    await expect(clients().find()).resolves.toMatchObject(stopped);
    await server.app.get(ClientPurgeService, { strict: false }).purge();
    expect((await server.register(BODY, null)).body.client_id).toBe(shared.body.client_id);
    await expect(clients().find()).resolves.toMatchObject(stopped);
  });

  it('do not get around a suspension by another hand, which left the client its end', async () => {
    const shared = await server.register(BODY, null);
    await clients().update({ clientId: shared.body.client_id }, { status: 'suspended', expiresAt: now() - 1 });
    const purged = await server.app.get(ClientPurgeService, { strict: false }).purge();
    expect(purged).toEqual({ removed: [], kept: [shared.body.client_id] });
    expect((await server.register(BODY, null)).body.client_id).toBe(shared.body.client_id);
    await expect(clients().find()).resolves.toMatchObject([{ status: 'suspended' }]);
  });

  it('are answered with a client that has expired while a listener keeps it, whose time begins anew', async () => {
    const shared = await server.register(BODY, null);
    const over = { expiresAt: now() - 1 };
    After.keeps = true;
    for (const used of [{ lastUsedAt: null }, { lastUsedAt: 1 }]) {
      await clients().update({ clientId: shared.body.client_id }, { ...over, ...used });
      expect((await server.register(BODY, null)).body).toEqual(shared.body);
      const [found] = await clients().find();
      // Without a time since the last use it stays for ever.
      expect(found?.expiresAt === null || Number(found?.expiresAt) > now() + 3_500).toBe(true);
    }
    After.keeps = false;
    await clients().update({ clientId: shared.body.client_id }, over);
    expect(idsOf([shared, await server.register(BODY, null)]).size).toBe(2);
  });

  it('give a client that is never used its time until then anew, and change nothing else', async () => {
    const { body } = await server.register(BODY, null);
    await clients().update({ clientId: body.client_id }, { expiresAt: now() + 60 });
    const [before] = await clients().find();
    await server.register(BODY, null);
    const [after] = await clients().find();
    expect(after?.expiresAt).toBeGreaterThanOrEqual(now() + 3_590);
    expect(after).toEqual(clients().create({ ...(before as object), expiresAt: after?.expiresAt }));
  });

  it('give a client that was used no more time', async () => {
    const { body } = await server.register(BODY, null);
    const used = { lastUsedAt: now(), expiresAt: now() + 60 };
    await clients().update({ clientId: body.client_id }, used);
    await server.register(BODY, null);
    await expect(clients().find()).resolves.toMatchObject([used]);
  });
});

describe.each(platformsInPairs)('folding ($adapter, $database.name)', ({ adapter, database }) => {
  async function withServer(
    options: Partial<DynamicRegistrationOptions>,
    work: (server: TestServer) => Promise<void>,
  ): Promise<void> {
    const server = await startServer({ adapter, database, options: { access: 'open', ...options } });
    try {
      await work(server);
    } finally {
      await server.close();
    }
  }

  it('is off by default', () =>
    withServer({}, async (server) => {
      const answers = [await server.register(BODY, null), await server.register(BODY, null)];
      expect(idsOf(answers).size).toBe(2);
      for (const { body } of answers) expect(body.registration_access_token).toMatch(/^rat_/);
    }));

  it('answers who shares a client even where no other one may register', () =>
    withServer({ openRegistration: { foldIdentical: true, maximumUnusedClients: 1 } }, async (server) => {
      const shared = await server.register(BODY, null);
      const other = { ...BODY, client_name: 'Moon Tables' };
      expect((await server.register(other, null)).status).toBe(429);
      const again = await server.register(BODY, null);
      expect({ status: again.status, body: again.body }).toEqual({ status: 201, body: shared.body });
    }));

  it('is not for a software statement, which is weighed for each request (RFC 7591 section 2.3)', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const issuer = 'https://directory.example';
    const statement = await new SignJWT({ software_id: 'tides' })
      .setProtectedHeader({ alg: 'ES256', kid: '1' })
      .setIssuer(issuer)
      .setIssuedAt()
      .sign(privateKey);
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: '1', alg: 'ES256', use: 'sig' }] };
    await withServer(
      {
        openRegistration: { foldIdentical: true },
        softwareStatements: { mode: 'optional', issuers: [{ issuer, jwks, algorithms: ['ES256'] }] },
      },
      async (server) => {
        const metadata = { ...BODY, software_statement: statement };
        const answers = [await server.register(metadata, null), await server.register(metadata, null)];
        expect(answers.map(({ status }) => status)).toEqual([201, 201]);
        expect(idsOf(answers).size).toBe(2);
        const plain = [await server.register(BODY, null), await server.register(BODY, null)];
        expect(idsOf(plain).size).toBe(1);
      },
    );
  });
});
