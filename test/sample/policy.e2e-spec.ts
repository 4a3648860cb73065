import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthClientService } from 'nestjs-dynamic-registration';
import { registerClient } from 'nestjs-dynamic-registration/testing';
import { RegistrationModule } from '../../sample/policy/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample policy ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  const at = (host: string) => ({ redirect_uris: [`https://${host}/cb`] });
  const refusal = {
    error: 'invalid_redirect_uri',
    error_description: 'redirect_uris[0] must be on a domain of your company',
  };

  it.each(['acme.example', 'tides.acme.example'])('registers %s for its company', async (host) => {
    expect((await sample.register(at(host), await sample.token({ owner: 'acme' }))).status).toBe(201);
  });

  it.each([
    ['evilacme.example', 'acme'],
    ['acme.example.evil.example', 'acme'],
    ['acme.example', 'other'],
    ['acme.example', undefined],
  ])('refuses %s for the owner %s', async (host, owner) => {
    const token = await sample.token(owner === undefined ? {} : { owner });
    const { status, body } = await sample.register(at(host), token);
    expect(status).toBe(400);
    expect(body).toEqual(refusal);
  });

  it('judges an update by the owner of the client', async () => {
    const registered = await registerClient(sample.app, at('acme.example'), { owner: 'acme' });
    const { client_id, registration_access_token } = registered;
    const put = (host: string) =>
      sample.request(
        'PUT',
        `/register/${client_id}`,
        { client_id, ...at(host) },
        {
          authorization: `Bearer ${registration_access_token}`,
        },
      );
    expect((await put('evil.example')).body).toEqual(refusal);
    expect((await put('www.acme.example')).status).toBe(200);
  });

  it('judges a client added by hand by the owner it is given', async () => {
    const clients = sample.app.get(OAuthClientService, { strict: false });
    await expect(clients.create({ ...at('acme.example'), owner: 'other' })).rejects.toThrow(refusal.error_description);
    await expect(clients.create({ ...at('acme.example'), owner: 'acme' })).resolves.toBeDefined();
  });
});
