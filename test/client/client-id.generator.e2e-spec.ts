import { Injectable } from '@nestjs/common';
import {
  ClientIdGenerator,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  TransactionalRegistrationListener,
} from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { captureLog, type CapturedLog } from '../support/captured-log.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const BODY = { redirect_uris: ['https://tides.example/cb'] };

/** Gives the ids it is told, and counts how many were asked for. */
@Injectable()
class RepeatingClientIds extends ClientIdGenerator {
  static next: string[] = [];
  static given = 0;

  override generate(): string {
    RepeatingClientIds.given++;
    return RepeatingClientIds.next.shift() ?? super.generate();
  }
}

@Injectable()
class SilentListener extends TransactionalRegistrationListener {
  handle(): void {}
}

const setups = databases.flatMap((database) => [
  { database, write: 'a write of its own', listeners: [] },
  { database, write: 'a listener in the unit of work', listeners: [SilentListener] },
]);

describe.each(setups)('client identifiers that are taken ($database.name, $write)', ({ database, listeners }) => {
  let server: TestServer;
  let log: CapturedLog;
  beforeAll(async () => {
    const providers = [{ provide: ClientIdGenerator, useClass: RepeatingClientIds }];
    server = await startServer({ database, options: { providers, listeners } });
    await server.app.get(OAuthClientService, { strict: false }).create({ ...BODY, clientId: 'taken', owner: 'first' });
    log = captureLog();
  });
  afterAll(() => server.close());
  afterEach(() => {
    log.stop();
    RepeatingClientIds.next = [];
    RepeatingClientIds.given = 0;
  });

  const uses = async (token: string) =>
    (await server.app.get(InitialAccessTokenService, { strict: false }).find(token))?.uses;

  it('are replaced by new ones, up to three times', async () => {
    const token = await server.token({ maxUses: 2 });
    RepeatingClientIds.next = ['taken', 'taken', 'taken', `free ${listeners.length}`];
    const { status, body } = await server.register(BODY, token);
    expect(status).toBe(201);
    expect(body.client_id).toBe(`free ${listeners.length}`);
    expect(RepeatingClientIds.given).toBe(4);
    await expect(uses(token)).resolves.toBe(1);
    const managed = await server.request('GET', `/register/${encodeURIComponent(body.client_id)}`, {
      token: body.registration_access_token,
    });
    expect(managed.status).toBe(200);
  });

  it('end in 500 with a correlation id after the fourth, and take no use of the token', async () => {
    const token = await server.token({ maxUses: 1 });
    const before = await server.dataSource.getRepository(OAuthClient).find({ order: { clientId: 'ASC' } });
    RepeatingClientIds.next = ['taken', 'taken', 'taken', 'taken', 'never asked for'];
    log = captureLog();
    const { status, body } = await server.register(BODY, token);
    expect(status).toBe(500);
    expect(body.error).toBe('server_error');
    const id = /^unexpected error, correlation id ([0-9a-f-]{36})$/.exec(body.error_description)?.[1];
    expect(id).toBeDefined();
    expect(log.of('error').join('\n')).toContain(id);
    expect(log.of('warn').filter((line) => line.includes('a generated client_id is taken'))).toHaveLength(3);
    expect(RepeatingClientIds.given).toBe(4);
    await expect(uses(token)).resolves.toBe(0);
    await expect(server.dataSource.getRepository(OAuthClient).find({ order: { clientId: 'ASC' } })).resolves.toEqual(
      before,
    );
    RepeatingClientIds.next = [];
    expect((await server.register(BODY, token)).status).toBe(201);
  });
});
