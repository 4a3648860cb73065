import { Injectable, type ExecutionContext } from '@nestjs/common';
import {
  ClientLifeCycleService,
  ClientRegistrationService,
  ConflictError,
  InvalidRequestError,
  OAuthClient,
  OAuthClientService,
  RegistrationAccessTokenGuard,
  RegistrationListener,
  RegistrationPolicy,
  TransactionalRegistrationListener,
  type ClientMetadata,
  type ConfigurationCredential,
  type OAuthClientRecord,
  type RegistrationContext,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const LIFETIME = { untilFirstUseSeconds: 3600, sinceLastUseSeconds: 7200 };
const events: RegistrationEvent[] = [];

@Injectable()
class Events extends RegistrationListener {
  override handle(event: RegistrationEvent): void {
    events.push(event);
  }
}

/** Takes part in the unit of work where there is one, and may refuse. */
@Injectable()
class Objection extends TransactionalRegistrationListener {
  static isRaised = false;

  override handle(): void {
    if (Objection.isRaised) throw new Error('not now');
  }
}

/** Holds what calls itself a bank, and lets a test do something between guard and write. */
@Injectable()
class HoldBanks extends RegistrationPolicy {
  static meanwhile: (() => Promise<unknown>) | undefined;

  override async review(proposed: ClientMetadata, context: RegistrationContext): Promise<ClientMetadata> {
    await HoldBanks.meanwhile?.();
    if (proposed.client_name?.includes('Bank')) {
      context.hold('names a bank');
      context.hold('and another reason');
    }
    return proposed;
  }
}

/** Lets a test do something after the token was judged. */
@Injectable()
class Guard extends RegistrationAccessTokenGuard {
  static meanwhile: (() => Promise<unknown>) | undefined;

  protected override async authenticate(
    token: string,
    context: ExecutionContext,
  ): Promise<ConfigurationCredential | undefined> {
    const credential = await super.authenticate(token, context);
    await Guard.meanwhile?.();
    return credential;
  }
}

describe.each(databases)('ClientLifeCycleService ($name)', (database) => {
  let server: TestServer;
  let lifeCycle: ClientLifeCycleService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: {
        clientLifetime: LIFETIME,
        policies: [HoldBanks],
        listeners: [Events, Objection],
        guards: { configuration: Guard },
      },
    });
    lifeCycle = server.app.get(ClientLifeCycleService, { strict: false });
  });
  afterAll(() => server.close());
  beforeEach(() => void (events.length = 0));
  afterEach(() => {
    HoldBanks.meanwhile = undefined;
    Guard.meanwhile = undefined;
    Objection.isRaised = false;
  });

  const epoch = () => Math.floor(Date.now() / 1000);
  const rows = () => server.dataSource.getRepository(OAuthClient);
  const rowOf = (clientId: string) => rows().findOneByOrFail({ clientId });
  /** TypeORM counts such a change, too, where the version is not given. */
  const set = (clientId: string, columns: Partial<Omit<OAuthClientRecord, 'jwks' | 'additionalMetadata' | 'bounds'>>) =>
    rows().update({ clientId }, { ...columns, version: 1 });
  const registered = async (members: Members = {}) => {
    const { status, body } = await server.register(clientMetadata(members));
    expect({ status, error: body.error_description }).toEqual({ status: 201, error: undefined });
    events.length = 0;
    return body as { readonly client_id: string; readonly registration_access_token: string };
  };
  const activeId = async () => (await registered()).client_id;
  const pendingId = async () => (await registered({ client_name: 'Tide Bank' })).client_id;
  const put = ({ client_id, registration_access_token: token }: Awaited<ReturnType<typeof registered>>, members = {}) =>
    server.request('PUT', `/register/${client_id}`, { token, body: clientMetadata({ client_id, ...members }) });
  /** Expects one event and what it says. */
  const expectEvent = (reason: string, note: string | undefined, status: string, version: number) => {
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'updated', reason, client: { status, version } });
    expect(events[0]).toMatchObject({ previous: { version: version - 1 }, credential: undefined });
    expect(events[0]?.note).toBe(note);
  };
  const expectNear = (seconds: number | null, expected: number) => {
    expect(Math.abs(Number(seconds) - expected)).toBeLessThan(30);
  };
  const expectUnchanged = async (clientId: string, work: () => Promise<unknown>) => {
    const before = await rowOf(clientId);
    await work();
    expect(await rowOf(clientId)).toEqual(before);
    expect(events).toEqual([]);
  };

  describe('approve', () => {
    it('makes a pending client active, its time until the first use beginning now', async () => {
      const id = await pendingId();
      await set(id, { expiresAt: epoch() + 5 });
      const client = await lifeCycle.approve(id, { version: 1, note: 'called them' });
      expect(client).toMatchObject({ clientId: id, status: 'active', version: 2 });
      expectEvent('approved', 'called them', 'active', 2);
      const row = await rowOf(id);
      expect(row).toMatchObject({ status: 'active', version: 2 });
      expectNear(row.expiresAt, epoch() + LIFETIME.untilFirstUseSeconds);
    });

    it('lets a client that was added by hand stay until it is used', async () => {
      const { client } = await server.app
        .get(OAuthClientService, { strict: false })
        .create({ client_name: 'Bank', redirect_uris: ['https://bank.example/cb'] });
      expect(client).toMatchObject({ status: 'pending', expiresAt: null });
      await lifeCycle.approve(client.clientId, { version: 1 });
      expect(await rowOf(client.clientId)).toMatchObject({ status: 'active', expiresAt: null });
    });

    it('refuses another version than the one that was seen', async () => {
      const id = await pendingId();
      await rows().increment({ clientId: id }, 'version', 1);
      await expectUnchanged(id, async () => {
        for (const version of [1, 3, Number.NaN]) {
          await expect(lifeCycle.approve(id, { version })).rejects.toThrow(
            new ConflictError('the client is not at the version that was seen: look at it again, and approve that'),
          );
        }
      });
      expect(await lifeCycle.approve(id, { version: 2 })).toMatchObject({ status: 'active' });
    });

    it('changes nothing of an active client, and refuses a suspended one', async () => {
      const id = await activeId();
      await expectUnchanged(id, async () => {
        expect(await lifeCycle.approve(id, { version: 9 })).toMatchObject({ status: 'active', version: 1 });
      });
      await lifeCycle.suspend(id);
      events.length = 0;
      await expectUnchanged(id, () =>
        expect(lifeCycle.approve(id, { version: 2 })).rejects.toThrow(
          new InvalidRequestError('the client is suspended and does not wait for an approval: resume it'),
        ),
      );
    });
  });

  describe('suspend', () => {
    it.each(['active', 'pending'])(
      'stops a client that was %s at once, and keeps nothing of before',
      async (status) => {
        const id = await activeId();
        await set(id, {
          status: status as OAuthClientRecord['status'],
          previousClientSecretHash: 'old',
          previousClientSecretExpiresAt: epoch() + 60,
          previousClientSecretEncrypted: 'old',
          previousRegistrationAccessTokenHash: '0'.repeat(64),
          previousRegistrationAccessTokenExpiresAt: epoch() + 60,
        });
        const { registrationAccessTokenHash, clientSecretHash } = await rowOf(id);
        expect(await lifeCycle.suspend(id, { note: 'reported' })).toMatchObject({ status: 'suspended', version: 2 });
        expectEvent('suspended', 'reported', 'suspended', 2);
        expect(await rowOf(id)).toMatchObject({
          status: 'suspended',
          version: 2,
          expiresAt: null,
          registrationAccessTokenHash,
          clientSecretHash,
          previousClientSecretHash: null,
          previousClientSecretExpiresAt: null,
          previousClientSecretEncrypted: null,
          previousRegistrationAccessTokenHash: null,
          previousRegistrationAccessTokenExpiresAt: null,
        });
        await expectUnchangedAgain(id);
      },
    );

    const expectUnchangedAgain = async (id: string) => {
      events.length = 0;
      await expectUnchanged(id, async () => {
        expect(await lifeCycle.suspend(id)).toMatchObject({ status: 'suspended', version: 2 });
      });
    };
  });

  describe('resume', () => {
    it.each([
      ['never', null, LIFETIME.untilFirstUseSeconds],
      ['once', 1000, LIFETIME.sinceLastUseSeconds],
    ])('makes a suspended client active that was used %s, its time beginning anew', async (_, lastUsedAt, seconds) => {
      const id = await activeId();
      await set(id, { lastUsedAt });
      await lifeCycle.suspend(id);
      events.length = 0;
      expect(await lifeCycle.resume(id, { note: 'fixed' })).toMatchObject({ status: 'active', version: 3 });
      expectEvent('resumed', 'fixed', 'active', 3);
      expectNear((await rowOf(id)).expiresAt, epoch() + seconds);
    });

    it('changes nothing of an active client, and refuses a pending one', async () => {
      const id = await activeId();
      await expectUnchanged(id, async () => {
        expect(await lifeCycle.resume(id)).toMatchObject({ status: 'active', version: 1 });
      });
      const pending = await pendingId();
      await expectUnchanged(pending, () =>
        expect(lifeCycle.resume(pending)).rejects.toThrow(
          new InvalidRequestError('the client was not suspended, it waits for an approval: approve it'),
        ),
      );
    });
  });

  it('knows no client that is not there, and decides nothing about one that has expired', async () => {
    const decisions = [
      (id: string) => lifeCycle.approve(id, { version: 1 }),
      (id: string) => lifeCycle.suspend(id),
      (id: string) => lifeCycle.resume(id),
    ];
    const id = await pendingId();
    await set(id, { expiresAt: epoch() });
    for (const decide of decisions) {
      expect(await decide('nobody')).toBeUndefined();
      await expectUnchanged(id, () =>
        expect(decide(id)).rejects.toThrow(new InvalidRequestError('the client has expired: it has to register again')),
      );
    }
  });

  it.runIf(database.kind !== 'sqlite')('changes nothing where a listener within the unit of work objects', async () => {
    const id = await pendingId();
    Objection.isRaised = true;
    await expectUnchanged(id, async () => {
      await expect(lifeCycle.approve(id, { version: 1 })).rejects.toThrow('not now');
      await expect(lifeCycle.suspend(id)).rejects.toThrow('not now');
    });
  });

  describe('at the same time', () => {
    it('of several approvals one counts', async () => {
      const id = await pendingId();
      const answers = await Promise.all(Array.from({ length: 10 }, () => lifeCycle.approve(id, { version: 1 })));
      for (const client of answers) expect(client).toMatchObject({ status: 'active', version: 2 });
      expectEvent('approved', undefined, 'active', 2);
    });

    it('an approval never wins against a suspension', async () => {
      for (let round = 0; round < 20; round++) {
        const id = await pendingId();
        const works = [() => lifeCycle.approve(id, { version: 1 }), () => lifeCycle.suspend(id)];
        const results = await Promise.allSettled((round % 2 ? works : works.toReversed()).map((work) => work()));
        const [approval] = round % 2 ? results : results.toReversed();
        expect((await rowOf(id)).status).toBe('suspended');
        if (approval?.status === 'rejected') expect(approval.reason).toBeInstanceOf(InvalidRequestError);
        expect(events.at(-1)).toMatchObject({ reason: 'suspended' });
      }
    });

    it('a suspension between guard and write wins against an update', async () => {
      const client = await registered();
      HoldBanks.meanwhile = () => lifeCycle.suspend(client.client_id);
      expectRefusal(await put(client, { client_name: 'Changed' }), HELD);
      expect(await rowOf(client.client_id)).toMatchObject({
        clientName: 'Tide Tables',
        status: 'suspended',
        version: 2,
      });
      expect(events.map(({ reason }) => reason)).toEqual(['suspended']);
    });

    it('a suspension between guard and write wins against a deletion', async () => {
      const { client_id, registration_access_token: token } = await registered();
      Guard.meanwhile = () => lifeCycle.suspend(client_id);
      expectRefusal(await server.request('DELETE', `/register/${client_id}`, { token }), HELD);
      expect(await rowOf(client_id)).toMatchObject({ status: 'suspended' });
      expect(events.map(({ reason }) => reason)).toEqual(['suspended']);
    });
  });

  describe('a policy that puts on hold', () => {
    it('has the client registered as pending, and the caller is not told', async () => {
      const { status, body } = await server.register(clientMetadata({ client_name: 'Tide Bank' }));
      expect(status).toBe(201);
      const plain = await server.register(clientMetadata());
      expect(Object.keys(body)).toEqual(Object.keys(plain.body));
      expect(await rowOf(body.client_id)).toMatchObject({ status: 'pending', version: 1 });
      expect(events[0]).toMatchObject({ type: 'registered', reason: 'requested', note: 'names a bank' });
      expect(events[1]?.note).toBeUndefined();
    });

    it('makes an active client pending by what an update has in store for it', async () => {
      const client = await registered();
      const { status, body } = await put(client, { client_name: 'Tide Bank' });
      expect({ status, name: body.client_name }).toEqual({ status: 200, name: 'Tide Bank' });
      expect(await rowOf(client.client_id)).toMatchObject({ status: 'pending', version: 2 });
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ reason: 'requested', note: 'names a bank', previous: { status: 'active' } });
      expectRefusal(await put(client), HELD);
    });

    it('judges an approved client anew when it changes', async () => {
      const client = await registered({ client_name: 'Tide Bank' });
      await lifeCycle.approve(client.client_id, { version: 1 });
      expect((await put(client, { client_name: 'Tide Tables' })).status).toBe(200);
      expect(await rowOf(client.client_id)).toMatchObject({ status: 'active', version: 3 });
      expect((await put(client, { client_name: 'Other Bank' })).status).toBe(200);
      expect(await rowOf(client.client_id)).toMatchObject({ status: 'pending', version: 4 });
      await expect(lifeCycle.approve(client.client_id, { version: 2 })).rejects.toThrow(ConflictError);
    });

    it('is named where a registration is explained', async () => {
      const registration = server.app.get(ClientRegistrationService, { strict: false });
      const held = await registration.explain(clientMetadata({ client_name: 'Tide Bank' }), {});
      expect(held).toMatchObject({ refusals: [], heldFor: 'names a bank', metadata: { client_name: 'Tide Bank' } });
      expect(await registration.explain(clientMetadata(), {})).not.toHaveProperty('heldFor');
    });
  });
});

const HELD = {
  status: 403,
  error: 'access_denied',
  description: 'a client that waits for an approval or is suspended can be read and not changed',
};
