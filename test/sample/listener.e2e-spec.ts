import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthClient } from 'nestjs-dynamic-registration';
import { registerClient } from 'nestjs-dynamic-registration/testing';
import { RegistrationAudit } from '../../sample/listener/audit.listener.js';
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
      ({ event, owner }) => ({ event, owner }),
    );

  it('writes a row for registration, update and deletion', async () => {
    const { client_id, registration_access_token } = await registerClient(sample.app, TIDE_TABLES, { owner: 'acme' });
    const path = `/register/${client_id}`;
    const headers = { authorization: `Bearer ${registration_access_token}` };
    expect((await sample.request('PUT', path, { ...TIDE_TABLES, client_id }, headers)).status).toBe(200);
    expect((await sample.request('DELETE', path, undefined, headers)).status).toBe(204);
    expect(await rows(client_id)).toEqual([
      { event: 'registered', owner: 'acme' },
      { event: 'updated', owner: 'acme' },
      { event: 'deleted', owner: 'acme' },
    ]);
  });

  it('writes none for what was refused', async () => {
    const before = await sample.dataSource.manager.count(RegistrationAudit);
    expect((await sample.register({ redirect_uris: [] }, await sample.token())).status).toBe(400);
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
