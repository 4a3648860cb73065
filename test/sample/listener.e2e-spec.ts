import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthClient } from 'nestjs-dynamic-registration';
import { registerClient } from 'nestjs-dynamic-registration/testing';
import { RegistrationAudit } from '../../sample/listener/registration-audit.entity.js';
import { RegistrationModule } from '../../sample/listener/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample listener ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  const rows = async (clientId: string) =>
    (await sample.dataSource.manager.find(RegistrationAudit, { where: { clientId }, order: { id: 'ASC' } })).map(
      ({ event, reason, owner }) => ({ event, reason, owner }),
    );

  it('writes a row for registration, update and deletion', async () => {
    const { client_id, registration_access_token } = await registerClient(sample.app, TIDE_TABLES, { owner: 'acme' });
    const path = `/register/${client_id}`;
    const headers = { authorization: `Bearer ${registration_access_token}` };
    expect((await sample.request('PUT', path, { ...TIDE_TABLES, client_id }, headers)).status).toBe(200);
    expect((await sample.request('DELETE', path, undefined, headers)).status).toBe(204);
    expect(await rows(client_id)).toEqual([
      { event: 'client.registered', reason: 'requested', owner: 'acme' },
      { event: 'initial-access-token.used', reason: null, owner: 'acme' },
      { event: 'client.updated', reason: 'requested', owner: 'acme' },
      { event: 'client.deleted', reason: 'requested', owner: 'acme' },
    ]);
  });

  it('writes nothing by which a token or client could be used, and no row for a token that is refused', async () => {
    const token = await sample.token({ owner: 'acme' });
    const { body } = await sample.register(TIDE_TABLES, token);
    const before = await sample.dataSource.manager.count(RegistrationAudit);
    expect((await sample.register(TIDE_TABLES, `iat_${'x'.repeat(43)}`)).status).toBe(401);
    const all = await sample.dataSource.manager.find(RegistrationAudit);
    expect(all).toHaveLength(before);
    for (const secret of [token, body.client_secret, body.registration_access_token]) {
      expect(JSON.stringify(all)).not.toContain(secret);
    }
  });

  it('writes none for what was refused', async () => {
    const token = await sample.token();
    const before = await sample.dataSource.manager.count(RegistrationAudit);
    expect((await sample.register({ redirect_uris: [] }, token)).status).toBe(400);
    expect(await sample.dataSource.manager.count(RegistrationAudit)).toBe(before);
  });

  // SQLite has one connection: there a listener runs after the client is stored, and what it throws is only logged.
  const takesPart = platform.database.kind !== 'sqlite';
  const title = takesPart ? 'undoes' : 'keeps, on the one connection of SQLite,';
  it(`${title} a registration whose row cannot be written`, async () => {
    const token = await sample.token({ owner: 'acme', maxUses: 1 });
    const before = await sample.dataSource.manager.count(OAuthClient);
    await sample.dataSource.query('ALTER TABLE registration_audit RENAME TO registration_audit_away');
    const { status, body } = await sample.register(TIDE_TABLES, token);
    await sample.dataSource.query('ALTER TABLE registration_audit_away RENAME TO registration_audit');
    expect(status).toBe(takesPart ? 500 : 201);
    expect(body.error).toBe(takesPart ? 'server_error' : undefined);
    expect(await sample.dataSource.manager.count(OAuthClient)).toBe(takesPart ? before : before + 1);
    expect((await sample.register(TIDE_TABLES, token)).status).toBe(takesPart ? 201 : 401);
  });
});
