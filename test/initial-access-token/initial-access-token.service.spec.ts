import {
  InitialAccessToken,
  InitialAccessTokenService,
  type InitialAccessTokenOptions,
} from 'nestjs-dynamic-registration';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { redirect_uris: ['https://tides.example/cb'] };

describe.each(databases)('initial access tokens, RFC 7591 section 3 ($name)', (database) => {
  let server: TestServer;
  let tokens: InitialAccessTokenService;
  beforeAll(async () => {
    server = await startServer({ database });
    tokens = server.app.get(InitialAccessTokenService, { strict: false });
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are opaque, and only their SHA-256 is kept', async () => {
    const { token, record } = await tokens.issue();
    expect(token).toMatch(/^iat_[A-Za-z0-9_-]{43}$/);
    expect(record.tokenHash).toBe(createHash('sha256').update(token).digest('hex'));
    const row = await server.dataSource.getRepository(InitialAccessToken).findOneByOrFail({ id: record.id });
    expect(row).toEqual({ ...record });
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('end after an hour by default, at a time of choice, or never', async () => {
    const now = 1_900_000_000;
    vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
    expect((await tokens.issue()).record).toMatchObject({
      issuedAt: now,
      expiresAt: now + 3600,
      maxUses: null,
      uses: 0,
      owner: null,
      revokedAt: null,
    });
    expect((await tokens.issue({ expiresInSeconds: 5 })).record.expiresAt).toBe(now + 5);
    expect((await tokens.issue({ expiresInSeconds: 0 })).record.expiresAt).toBeNull();
  });

  it('are refused from the second on in which they end', async () => {
    const { token, record } = await tokens.issue({ expiresInSeconds: 10 });
    vi.useFakeTimers({ toFake: ['Date'], now: (record.expiresAt ?? 0) * 1000 - 1 });
    expect((await server.register(BODY, token)).status).toBe(201);
    vi.setSystemTime((record.expiresAt ?? 0) * 1000);
    expect((await server.register(BODY, token)).status).toBe(401);
    await expect(tokens.authenticate(token)).resolves.toBeUndefined();
    await expect(tokens.find(token)).resolves.toMatchObject({ id: record.id });
  });

  it('work without end when they never expire', async () => {
    const { token } = await tokens.issue({ expiresInSeconds: 0 });
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2100-01-01') });
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('can be given, and are stored like any other', async () => {
    const given = 'Ab1-._~+/'.repeat(4) + '==';
    const { token } = await tokens.issue({ token: given, maxUses: 1 });
    expect(token).toBe(given);
    expect((await server.register(BODY, given)).status).toBe(201);
    await expect(tokens.issue({ token: given })).rejects.toThrow();
  });

  it.each<[InitialAccessTokenOptions, string]>([
    [{ expiresInSeconds: -1 }, 'expiresInSeconds must be an integer'],
    [{ expiresInSeconds: 1.5 }, 'expiresInSeconds must be an integer'],
    [{ expiresInSeconds: Number.NaN }, 'expiresInSeconds must be an integer'],
    [{ expiresInSeconds: Number.POSITIVE_INFINITY }, 'expiresInSeconds must be an integer'],
    [{ expiresInSeconds: Number.MAX_SAFE_INTEGER }, 'expiresInSeconds must be an integer'],
    [{ expiresInSeconds: '60' as never }, 'expiresInSeconds must be an integer'],
    [{ maxUses: 0 }, 'maxUses must be an integer'],
    [{ maxUses: -1 }, 'maxUses must be an integer'],
    [{ maxUses: 1.5 }, 'maxUses must be an integer'],
    [{ maxUses: Number.NaN }, 'maxUses must be an integer'],
    [{ maxUses: 2_147_483_648 }, 'maxUses must be an integer'],
    [{ owner: '' }, 'owner must have 1 to 255 characters'],
    [{ owner: 'x'.repeat(256) }, 'owner must have 1 to 255 characters'],
    [{ owner: 7 as never }, 'owner must have 1 to 255 characters'],
    [{ token: '' }, 'token must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /'],
    [{ token: 'x'.repeat(31) }, 'token must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /'],
    [{ token: `${'x'.repeat(32)} y` }, 'token must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /'],
    [{ token: `${'x'.repeat(32)}\n` }, 'token must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /'],
    [{ token: '='.repeat(40) }, 'token must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /'],
  ])('are refused as a mistake of the host with %j', async (options, message) => {
    const before = (await tokens.list()).length;
    const failure = await tokens.issue(options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RangeError);
    expect((failure as RangeError).message).toContain(message);
    await expect(tokens.list()).resolves.toHaveLength(before);
  });

  it('take the largest numbers that make sense', async () => {
    await expect(tokens.issue({ maxUses: 2_147_483_647, owner: 'x'.repeat(255) })).resolves.toMatchObject({
      record: { maxUses: 2_147_483_647 },
    });
  });

  it('are listed, the newest first, and by exactly their owner', async () => {
    const issued: string[] = [];
    const now = Date.now();
    for (const [i, owner] of ['lists', 'Lists', 'lists', 'other'].entries()) {
      vi.useFakeTimers({ toFake: ['Date'], now: now + i * 10_000 });
      issued.unshift((await tokens.issue({ owner })).record.id);
    }
    const all = (await tokens.list()).map(({ id }) => id).filter((id) => issued.includes(id));
    expect(all).toEqual(issued);
    expect((await tokens.list('lists')).map(({ id }) => id)).toEqual([issued[1], issued[3]]);
    expect((await tokens.list('Lists')).map(({ id }) => id)).toEqual([issued[2]]);
    for (const owner of ['lists ', 'LISTS', '', '%', 'nobody']) await expect(tokens.list(owner)).resolves.toEqual([]);
  });

  it('are revoked by their id, and keep the time of it', async () => {
    const { token, record } = await tokens.issue({ maxUses: 5 });
    expect((await server.register(BODY, token)).status).toBe(201);
    await expect(tokens.revoke(record.id)).resolves.toBe(true);
    const revoked = await tokens.find(token);
    expect(revoked?.revokedAt).toBeGreaterThanOrEqual(record.issuedAt);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    await expect(tokens.revoke(record.id)).resolves.toBe(true);
    expect((await tokens.find(token))?.revokedAt).toBe(revoked?.revokedAt);
    vi.useRealTimers();
    expect((await server.register(BODY, token)).status).toBe(401);
  });

  it.each<unknown>([undefined, null, '', 0, {}, [], 'nobody', '%', 'x'.repeat(5000), 'a\0b'])(
    'are neither revoked nor found by %j',
    async (value) => {
      const before = await tokens.list();
      await expect(tokens.revoke(value as string)).resolves.toBe(false);
      await expect(tokens.find(value as string)).resolves.toBeUndefined();
      await expect(tokens.authenticate(value as string)).resolves.toBeUndefined();
      await expect(tokens.list()).resolves.toEqual(before);
    },
  );

  it('are not revoked by another spelling of their id', async () => {
    const { token, record } = await tokens.issue();
    await expect(tokens.revoke(record.id.toUpperCase())).resolves.toBe(false);
    await expect(tokens.revoke(`${record.id} `)).resolves.toBe(false);
    expect((await tokens.find(token))?.revokedAt).toBeNull();
  });

  it('are not their own hash, and not a token of another kind', async () => {
    const { record } = await tokens.issue();
    await expect(tokens.authenticate(record.tokenHash)).resolves.toBeUndefined();
    const { body } = await server.register(BODY);
    await expect(tokens.authenticate(body.registration_access_token)).resolves.toBeUndefined();
  });
});
