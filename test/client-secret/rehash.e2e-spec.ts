import { Injectable } from '@nestjs/common';
import {
  ClientSecretHasher,
  OAuthClient,
  OAuthClientService,
  RegistrationPolicy,
  type ClientMetadata,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { captureLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
const SECRET = 'open sesame';
const BCRYPT = /^\$2b\$10\$[./A-Za-z0-9]{53}$/;

type SecretOfClient = Partial<Pick<OAuthClientRecord, 'clientSecretHash' | 'clientSecretExpiresAt'>>;

/** A scheme that is to go, and one that may stay. */
const SCHEME = '$pbkdf2-sha256$';
const GOOD_SCHEME = '$pbkdf2-good$';
const ROUNDS = 1_000;

/** A hash as the server before had them: `$pbkdf2-sha256$rounds$salt$hash`. */
function formerHash(secret: string, { scheme = SCHEME, salt = randomBytes(16) } = {}): string {
  const key = pbkdf2Sync(secret, salt, ROUNDS, 32, 'sha256');
  return `${scheme}${ROUNDS}$${salt.toString('base64')}$${key.toString('base64')}`;
}

@Injectable()
class HasherWithHistory extends ClientSecretHasher {
  override async verify(secret: string, stored: string): Promise<boolean> {
    const scheme = [SCHEME, GOOD_SCHEME].find((one) => stored.startsWith(one));
    if (scheme === undefined) return super.verify(secret, stored);
    const salt = Buffer.from(stored.split('$')[3] ?? '', 'base64');
    return timingSafeEqual(Buffer.from(formerHash(secret, { scheme, salt })), Buffer.from(stored));
  }

  override needsRehash(stored: string): boolean {
    return stored.startsWith(SCHEME);
  }
}

/** Runs after an update has read the client and before it is written. */
@Injectable()
class Meanwhile extends RegistrationPolicy {
  static happens: (() => Promise<unknown>) | undefined;

  async review(proposed: ClientMetadata): Promise<ClientMetadata> {
    await Meanwhile.happens?.();
    return proposed;
  }
}

describe.each(databases)('hashes of a scheme before ($name)', (database) => {
  let server: TestServer;
  let clients: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: { policies: [Meanwhile], providers: [{ provide: ClientSecretHasher, useClass: HasherWithHistory }] },
    });
    clients = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());
  afterEach(() => {
    Meanwhile.happens = undefined;
  });

  const rows = () => server.dataSource.getRepository(OAuthClient);
  const kept = async ({ clientId }: OAuthClientRecord) => rows().findOneByOrFail({ clientId });

  /** A client of the server before. */
  async function former(secret = SECRET, columns: SecretOfClient = {}) {
    const { client: created, registrationAccessToken = '' } = await clients.create(BODY);
    const { clientId } = created;
    await rows().update({ clientId }, { clientSecretHash: formerHash(secret), ...columns });
    return { client: await kept(created), token: registrationAccessToken };
  }

  it('verify, and are replaced by bcrypt when they do; nothing else changes, the version included', async () => {
    const { client } = await former();
    expect(await clients.verifySecret(client, SECRET)).toBe(true);
    const now = await kept(client);
    expect(now.clientSecretHash).toMatch(BCRYPT);
    expect(now).toEqual(Object.assign(client, { clientSecretHash: now.clientSecretHash }));
    expect(await clients.verifySecret(now, SECRET)).toBe(true);
    expect(await clients.verifySecret(now, `${SECRET}x`)).toBe(false);
    // Once: the new hash stays.
    expect(await kept(client)).toEqual(now);
  });

  it('still verify for a caller that read the client before', async () => {
    const { client } = await former();
    const before = await clients.find(client.clientId);
    expect(await clients.verifySecret(client, SECRET)).toBe(true);
    const { clientSecretHash } = await kept(client);
    expect(before && (await clients.verifySecret(before, SECRET))).toBe(true);
    expect(await kept(client)).toMatchObject({ clientSecretHash });
  });

  it.each([`${SECRET}x`, SECRET.toUpperCase(), ` ${SECRET}`, '', undefined])(
    'stay as they are where the secret is wrong: %j',
    async (presented) => {
      const { client } = await former();
      expect(await clients.verifySecret(client, presented)).toBe(false);
      expect(await kept(client)).toEqual(client);
    },
  );

  it('stay as they are where the hash itself is presented', async () => {
    const { client } = await former();
    expect(await clients.verifySecret(client, client.clientSecretHash ?? '')).toBe(false);
    expect(await kept(client)).toEqual(client);
  });

  it('stay as they are where the secret has expired', async () => {
    const { client } = await former(SECRET, { clientSecretExpiresAt: Math.floor(Date.now() / 1000) - 1 });
    expect(await clients.verifySecret(client, SECRET)).toBe(false);
    expect(await kept(client)).toEqual(client);
  });

  it('are replaced, and the secret still expires when it did', async () => {
    const clientSecretExpiresAt = Math.floor(Date.now() / 1000) + 3_600;
    const { client } = await former(SECRET, { clientSecretExpiresAt });
    expect(await clients.verifySecret(client, SECRET)).toBe(true);
    expect(await kept(client)).toMatchObject({
      clientSecretHash: expect.stringMatching(BCRYPT),
      clientSecretExpiresAt,
    });
  });

  it.each(['x'.repeat(73), 'é'.repeat(37), 'x'.repeat(1_000)])(
    'verify and stay for a secret that bcrypt would cut: %s',
    async (secret) => {
      const { client } = await former(secret);
      expect(await clients.verifySecret(client, secret)).toBe(true);
      expect(await clients.verifySecret(client, secret.slice(0, -1))).toBe(false);
      expect(await kept(client)).toEqual(client);
      expect(await clients.verifySecret(await kept(client), secret)).toBe(true);
    },
  );

  it('are replaced for a secret of 72 bytes', async () => {
    for (const secret of ['x'.repeat(72), 'é'.repeat(36)]) {
      const { client } = await former(secret);
      expect(await clients.verifySecret(client, secret)).toBe(true);
      expect(await kept(client)).toMatchObject({ clientSecretHash: expect.stringMatching(BCRYPT) });
      expect(await clients.verifySecret(await kept(client), secret)).toBe(true);
    }
  });

  it('stay where the host does not say that they are to go', async () => {
    const clientSecretHash = formerHash(SECRET, { scheme: GOOD_SCHEME });
    const { client } = await former(SECRET, { clientSecretHash });
    expect(await clients.verifySecret(client, SECRET)).toBe(true);
    expect(await clients.verifySecret(client, `${SECRET}x`)).toBe(false);
    expect(await kept(client)).toEqual(client);
  });

  it('of no scheme that anybody knows verify nothing and stay', async () => {
    const { client } = await former(SECRET, { clientSecretHash: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA' });
    for (const presented of [SECRET, client.clientSecretHash ?? '']) {
      expect(await clients.verifySecret(client, presented)).toBe(false);
    }
    expect(await kept(client)).toEqual(client);
  });

  it('of ours stay: of generated secrets, and of chosen ones at any cost and of any library', async () => {
    const { client: generated, clientSecret } = await clients.create(BODY);
    const { client: chosen } = await clients.create({ ...BODY, clientSecret: SECRET });
    const costly = (await kept(chosen)).clientSecretHash?.replace('$2b$', '$2y$') ?? null;
    for (const [client, secret] of [
      [generated, clientSecret],
      [chosen, SECRET],
    ] as const) {
      expect(await clients.verifySecret(client, secret)).toBe(true);
      expect(await kept(client)).toEqual(client);
    }
    await rows().update({ clientId: chosen.clientId }, { clientSecretHash: costly });
    expect(await clients.verifySecret(await kept(chosen), SECRET)).toBe(true);
    expect(await kept(chosen)).toMatchObject({ clientSecretHash: costly });
  });

  it('leave one good hash where ten verify at the same time', async () => {
    const { client } = await former();
    const verified = await Promise.all(Array.from({ length: 10 }, () => clients.verifySecret(client, SECRET)));
    expect(verified).toEqual(Array.from({ length: 10 }, () => true));
    const now = await kept(client);
    expect(now.clientSecretHash).toMatch(BCRYPT);
    expect(now).toEqual(Object.assign(client, { clientSecretHash: now.clientSecretHash }));
    expect(await clients.verifySecret(now, SECRET)).toBe(true);
  });

  it('are replaced beside an update of the client, and neither breaks the other', async () => {
    const { client, token } = await former();
    const update = async (name: string) =>
      server.request('PUT', `/register/${client.clientId}`, {
        token,
        body: { ...BODY, client_id: client.clientId, client_name: name, client_secret: SECRET },
      });
    const [verified, first, second] = await Promise.all([
      clients.verifySecret(client, SECRET),
      update('Renamed'),
      update('Renamed'),
    ]);
    expect({ verified, statuses: [first.status, second.status] }).toEqual({ verified: true, statuses: [200, 200] });
    const now = await kept(client);
    expect(now).toMatchObject({ clientName: 'Renamed', version: client.version + 2, clientSecretExpiresAt: 0 });
    expect(now.clientSecretHash).toMatch(BCRYPT);
    expect(await clients.verifySecret(now, SECRET)).toBe(true);
    expect((await update('Again')).status).toBe(200);
    expect(await clients.verifySecret(await kept(client), SECRET)).toBe(true);
  });

  it('are replaced in the middle of an update, which does not bring the old one back', async () => {
    const { client, token } = await former();
    Meanwhile.happens = async () => expect(await clients.verifySecret(client, SECRET)).toBe(true);
    const { status, headers } = await server.request('PUT', `/register/${client.clientId}`, {
      token,
      headers: { 'if-match': `"${client.version}"` },
      body: { ...BODY, client_id: client.clientId, client_name: 'Renamed' },
    });
    expect([status, headers.get('etag')]).toEqual([200, `"${client.version + 1}"`]);
    const now = await kept(client);
    expect(now).toMatchObject({ clientName: 'Renamed', clientSecretHash: expect.stringMatching(BCRYPT) });
    expect(await clients.verifySecret(now, SECRET)).toBe(true);
  });

  it('do not come back over a secret that was replaced meanwhile', async () => {
    const { client } = await former();
    const fresh = '$sha256$'.padEnd(72, '0');
    await rows().update({ clientId: client.clientId }, { clientSecretHash: fresh });
    // Who read the client before still knows the old hash.
    expect(await clients.verifySecret(client, SECRET)).toBe(true);
    expect(await kept(client)).toMatchObject({ clientSecretHash: fresh });
  });

  it('verify where the database does not take the new one, which is told in the log', async () => {
    const { client } = await former();
    const log = captureLog();
    await server.dataSource.query('ALTER TABLE oauth_clients RENAME TO elsewhere');
    try {
      expect(await clients.verifySecret(client, SECRET)).toBe(true);
      expect(await clients.verifySecret(client, `${SECRET}x`)).toBe(false);
    } finally {
      await server.dataSource.query('ALTER TABLE elsewhere RENAME TO oauth_clients');
      log.stop();
    }
    expect(log.of('warn').join('\n')).toMatch(/^a client secret was not hashed anew: .+ \S+$/);
    for (const secret of [SECRET, client.clientSecretHash ?? ''])
      expect(JSON.stringify(log.lines)).not.toContain(secret);
    expect(await kept(client)).toEqual(client);
    expect(await clients.verifySecret(client, SECRET)).toBe(true);
    expect((await kept(client)).clientSecretHash).toMatch(BCRYPT);
  });
});
