import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/required-field/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample required-field ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  it.each([TIDE_TABLES, { ...TIDE_TABLES, contacts: [] }, { ...TIDE_TABLES, contacts: null }])(
    'refuses a registration without contacts (%j)',
    async (metadata) => {
      const { status, body } = await sample.register(metadata, await sample.token());
      expect(status).toBe(400);
      expect(body).toEqual({ error: 'invalid_client_metadata', error_description: 'contacts is required' });
    },
  );

  it('keeps the rules the field has', async () => {
    const { status, body } = await sample.register({ ...TIDE_TABLES, contacts: 'ops' }, await sample.token());
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'invalid_client_metadata', error_description: 'contacts must be an array' });
  });

  it('refuses an update that removes them', async () => {
    const metadata = { ...TIDE_TABLES, contacts: ['ops@tides.example'] };
    const { status, body } = await sample.register(metadata, await sample.token());
    expect(status).toBe(201);
    expect(body.contacts).toEqual(['ops@tides.example']);
    const update = await sample.request(
      'PUT',
      `/register/${body.client_id}`,
      { ...TIDE_TABLES, client_id: body.client_id },
      { authorization: `Bearer ${body.registration_access_token}` },
    );
    expect(update.status).toBe(400);
    expect(update.body.error_description).toBe('contacts is required');
  });
});
