import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/generators/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample generators ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  it('makes identifiers, tokens and secrets in its own form, which work', async () => {
    const token = await sample.token();
    expect(token).toMatch(/^acme_iat_[A-Za-z0-9_-]{43}$/);
    const { status, body } = await sample.register(TIDE_TABLES, token);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      client_id: expect.stringMatching(/^app-[0-9a-f]{16}$/),
      client_secret: expect.stringMatching(/^acme_cs_[A-Za-z0-9_-]{43}$/),
      registration_access_token: expect.stringMatching(/^acme_rat_[A-Za-z0-9_-]{43}$/),
      registration_client_uri: `http://localhost:3000/register/${body.client_id}`,
    });
    const headers = { authorization: `Bearer ${body.registration_access_token}` };
    expect((await sample.request('GET', `/register/${body.client_id}`, undefined, headers)).status).toBe(200);
  });
});
