import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application } from '../../sample/own-entity/application.js';
import { RegistrationModule } from '../../sample/own-entity/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample own-entity ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  const support_email = 'help@tides.example';

  it('stores the field in its column, returns it, replaces it and removes it', async () => {
    const { status, body } = await sample.register({ ...TIDE_TABLES, support_email }, await sample.token());
    expect(status).toBe(201);
    expect(body.support_email).toBe(support_email);
    const stored = () => sample.dataSource.manager.findOneByOrFail(Application, { clientId: body.client_id });
    expect(await stored()).toMatchObject({ supportEmail: support_email, featured: false, additionalMetadata: null });

    const path = `/register/${body.client_id}`;
    const headers = { authorization: `Bearer ${body.registration_access_token}` };
    expect((await sample.request('GET', path, undefined, headers)).body.support_email).toBe(support_email);

    const { client_id } = body;
    const other = { ...TIDE_TABLES, client_id, support_email: 'desk@tides.example' };
    expect((await sample.request('PUT', path, other, headers)).body.support_email).toBe('desk@tides.example');
    const removed = await sample.request('PUT', path, { ...TIDE_TABLES, client_id }, headers);
    expect(removed.status).toBe(200);
    expect(removed.body).not.toHaveProperty('support_email');
    expect(await stored()).toMatchObject({ supportEmail: null });
    expect((await sample.request('GET', path, undefined, headers)).body).not.toHaveProperty('support_email');
  });

  it.each([
    ['a value the validator refuses', 'help at tides'],
    ['another JSON type', 7],
    ['a list', [support_email]],
  ])('refuses %s in the words of the validator', async (_, value) => {
    const { status, body } = await sample.register({ ...TIDE_TABLES, support_email: value }, await sample.token());
    expect(status).toBe(400);
    expect(body).toEqual({
      error: 'invalid_client_metadata',
      error_description: 'support_email must be an email',
    });
  });

  it.each([undefined, null, ''])('takes %j for omitted', async (value) => {
    const { status, body } = await sample.register({ ...TIDE_TABLES, support_email: value }, await sample.token());
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('support_email');
  });

  it('never lets a client write the column that is not marked', async () => {
    const { body } = await sample.register({ ...TIDE_TABLES, featured: true }, await sample.token());
    expect(body).not.toHaveProperty('featured');
    const { client_id } = body;
    await sample.request(
      'PUT',
      `/register/${client_id}`,
      { ...TIDE_TABLES, client_id, featured: true },
      { authorization: `Bearer ${body.registration_access_token}` },
    );
    expect(await sample.client(client_id)).toMatchObject({ featured: false, version: 2 });
  });

  it('keeps the host’s own column through an update', async () => {
    const { body } = await sample.register(TIDE_TABLES, await sample.token());
    const { client_id } = body;
    await sample.dataSource.manager.update(Application, { clientId: client_id }, { featured: true });
    const { status } = await sample.request(
      'PUT',
      `/register/${client_id}`,
      { ...TIDE_TABLES, client_id, support_email },
      { authorization: `Bearer ${body.registration_access_token}` },
    );
    expect(status).toBe(200);
    expect(await sample.client(client_id)).toMatchObject({ featured: true, supportEmail: support_email });
  });

  it('keeps clients in the table of the entity', async () => {
    expect(sample.dataSource.getMetadata(Application).tableName).toBe('applications');
    expect(await sample.dataSource.manager.count(Application)).toBeGreaterThan(0);
  });
});
