import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/required-field/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

const { client_name: _name, ...NAMELESS } = TIDE_TABLES;

describe.each(platforms)('sample required-field ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  it.each([NAMELESS, { ...NAMELESS, client_name: '' }, { ...NAMELESS, client_name: null }])(
    'refuses a registration without client_name (%j)',
    async (metadata) => {
      const { status, body } = await sample.register(metadata, await sample.token());
      expect(status).toBe(400);
      expect(body).toEqual({ error: 'invalid_client_metadata', error_description: 'client_name is required' });
    },
  );

  it('keeps the rules the field has', async () => {
    const { status, body } = await sample.register({ ...NAMELESS, client_name: ['Tide'] }, await sample.token());
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'invalid_client_metadata', error_description: 'client_name must be a string' });
  });

  it('takes no name in a language for the name', async () => {
    const { status } = await sample.register({ ...NAMELESS, 'client_name#de': 'Gezeiten' }, await sample.token());
    expect(status).toBe(400);
  });

  it('refuses an update that removes it', async () => {
    const { status, body } = await sample.register(TIDE_TABLES, await sample.token());
    expect(status).toBe(201);
    expect(body.client_name).toBe(TIDE_TABLES.client_name);
    const update = await sample.request(
      'PUT',
      `/register/${body.client_id}`,
      { ...NAMELESS, client_id: body.client_id },
      { authorization: `Bearer ${body.registration_access_token}` },
    );
    expect(update.status).toBe(400);
    expect(update.body.error_description).toBe('client_name is required');
  });
});
