import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/registration-step/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample registration-step ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  it('registers a client that names one redirect_uri', async () => {
    const { status, body } = await sample.register({ redirect_uri: 'https://tides.example/cb' }, await sample.token());
    expect(status).toBe(201);
    expect(body.redirect_uris).toEqual(['https://tides.example/cb']);
    expect(body).not.toHaveProperty('redirect_uri');
  });

  it('registers a client of the standard as ever', async () => {
    const both = { ...TIDE_TABLES, redirect_uri: 'https://other.example/cb' };
    expect((await sample.register(both, await sample.token())).body.redirect_uris).toEqual(TIDE_TABLES.redirect_uris);
  });

  it.each([
    [
      'http elsewhere',
      'http://tides.example/cb',
      'redirect_uris[0] must use https, or http on 127.0.0.1, [::1] or localhost',
    ],
    ['another JSON type', 7, 'redirect_uris[0] must be a string'],
  ])('refuses %s by the rules of redirect_uris', async (_, redirect_uri, error_description) => {
    const { status, body } = await sample.register({ redirect_uri }, await sample.token());
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'invalid_redirect_uri', error_description });
  });
});
