import {
  auditRecord,
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  RegistrationListener,
  TransactionalRegistrationListener,
  type AuditRecord,
  type RegistrationEvent,
  type TokenEvent,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const UNKNOWN = `iat_${'x'.repeat(43)}`;

const told: (RegistrationEvent | TokenEvent)[] = [];
class Watching extends RegistrationListener {
  handle(event: RegistrationEvent): void {
    told.push(event);
  }

  override handleToken(event: TokenEvent): void {
    told.push(event);
  }
}

const inside: TokenEvent[] = [];
let failure: Error | undefined;
class Within extends TransactionalRegistrationListener {
  handle(): void {}

  override handleToken(event: TokenEvent): void {
    if (failure) throw failure;
    inside.push(event);
  }
}

describe.each(databases)('what listeners are told of tokens ($name)', (database) => {
  let server: TestServer;
  let tokens: InitialAccessTokenService;
  const hasTransactions = database.kind !== 'sqlite';
  beforeAll(async () => {
    server = await startServer({ database, options: { listeners: [Watching, Within] } });
    tokens = server.app.get(InitialAccessTokenService, { strict: false });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    told.length = 0;
    inside.length = 0;
    failure = undefined;
  });

  const kind = 'initial-access-token';
  const change = async (id: string, columns: object): Promise<void> => {
    await server.dataSource.createQueryBuilder().update(InitialAccessToken).set(columns).where({ id }).execute();
  };
  const refused = async (reason: string, token?: object) => {
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(told).toEqual([{ kind, type: 'refused', reason, ...(token && { token }) }]);
  };

  it('is that one was issued, used by a client, and revoked, in the unit of work too', async () => {
    const { token, record } = await tokens.issue({ owner: 'acme', tenant: 'north', maxUses: 2 });
    const about = { id: record.id, owner: 'acme', tenant: 'north' };
    const { body } = await server.register(BODY, token);
    await tokens.revoke(record.id);
    await tokens.revoke(record.id);
    const events = [
      { kind, type: 'issued', token: about },
      { kind, type: 'used', token: about, clientId: body.client_id },
      { kind, type: 'revoked', token: about },
    ];
    expect(told.filter((event) => 'kind' in event)).toEqual(events);
    expect(inside).toEqual(events);
    expect(told.filter((event) => !('kind' in event))).toMatchObject([
      {
        type: 'registered',
        reason: 'requested',
        client: { clientId: body.client_id, initialAccessTokenId: record.id },
      },
    ]);
  });

  it('is that an unknown one was refused', async () => {
    expect((await server.register(BODY, UNKNOWN)).status).toBe(401);
    await refused('unknown');
  });

  it.each([
    ['revoked', async (id: string): Promise<unknown> => tokens.revoke(id)],
    ['expired', async (id: string): Promise<void> => change(id, { expiresAt: 1 })],
    ['used-up', async (id: string): Promise<void> => change(id, { uses: 1 })],
  ] as const)('is that one was refused as %s', async (reason, spoil) => {
    const { token, record } = await tokens.issue({ maxUses: 1 });
    await spoil(record.id);
    told.length = 0;
    expect((await server.register(BODY, token)).status).toBe(401);
    await refused(reason, { id: record.id, owner: null, tenant: null });
  });

  it('is that the slower ones of parallel registrations were refused, and no more uses than there are', async () => {
    const { token } = await tokens.issue({ maxUses: 2 });
    told.length = 0;
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.register(BODY, token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    await vi.waitFor(() => expect(told.filter(({ type }) => type === 'refused')).toHaveLength(6));
    expect(told.filter(({ type }) => type === 'used')).toHaveLength(2);
  });

  it('is nothing of a use that was taken back', async () => {
    const { token } = await tokens.issue({ maxUses: 1 });
    expect((await server.register({ redirect_uris: [] }, token)).status).toBe(400);
    expect(told.filter(({ type }) => type === 'used')).toEqual([]);
  });

  it.runIf(hasTransactions)('undoes what a listener in the unit of work fails at', async () => {
    failure = new Error('the audit table is full');
    const before = await tokens.list();
    await expect(tokens.issue()).rejects.toThrow('the audit table is full');
    await expect(tokens.list()).resolves.toEqual(before);
    failure = undefined;
    const { token, record } = await tokens.issue({ maxUses: 1 });
    failure = new Error('the audit table is full');
    expect((await server.register(BODY, token)).status).toBe(500);
    await expect(tokens.revoke(record.id)).rejects.toThrow('the audit table is full');
    failure = undefined;
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('is that a registration access token let a request in, or was refused', async () => {
    const { body } = await server.register(BODY);
    const path = `/register/${body.client_id}`;
    const ofClients = { kind: 'registration-access-token', clientId: body.client_id };
    told.length = 0;
    expect((await server.request('GET', path, { token: body.registration_access_token })).status).toBe(200);
    expect((await server.request('GET', path, { token: UNKNOWN })).status).toBe(401);
    expect((await server.request('GET', '/register/%00', { token: UNKNOWN })).status).toBe(401);
    await vi.waitFor(() => expect(told).toHaveLength(3));
    expect(told).toEqual([
      { ...ofClients, type: 'used' },
      { ...ofClients, type: 'refused', reason: 'unknown' },
      { kind: 'registration-access-token', type: 'refused', reason: 'unknown' },
    ]);
  });

  it('tells nothing by which a token could be used, nor what a client says of itself', async () => {
    const { token, record } = await tokens.issue({ owner: 'acme' });
    const { body } = await server.register({ ...BODY, jwks: undefined, contacts: ['a@tides.example'] }, token);
    await server.register(BODY, UNKNOWN);
    await vi.waitFor(() => expect(told).toHaveLength(4));
    const client = await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: body.client_id });
    const records = told.map((event): AuditRecord => auditRecord(event));
    expect(records.map(({ event }) => event)).toEqual([
      'initial-access-token.issued',
      'client.registered',
      'initial-access-token.used',
      'initial-access-token.refused',
    ]);
    expect(records[1]).toEqual({
      event: 'client.registered',
      reason: 'requested',
      note: undefined,
      clientId: body.client_id,
      owner: 'acme',
      tenant: undefined,
      status: 'active',
      version: 1,
      initialAccessTokenId: record.id,
    });
    const text = JSON.stringify(records);
    const secrets = [token, record.tokenHash, UNKNOWN, body.client_secret, body.registration_access_token];
    const stored = [client.clientSecretHash, client.registrationAccessTokenHash];
    for (const secret of [...secrets, ...stored, 'Tide Tables', 'tides.example']) {
      expect(secret).toEqual(expect.any(String));
      expect(text).not.toContain(secret);
    }
  });
});
