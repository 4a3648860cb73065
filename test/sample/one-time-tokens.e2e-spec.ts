import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InitialAccessTokenService } from 'nestjs-dynamic-registration';
import { RegistrationModule } from '../../sample/one-time-tokens/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample one-time-tokens ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  const issue = (headers: Record<string, string>) =>
    sample.request('POST', '/account/registration-tokens', undefined, headers);
  const cookie = 'session=6f1c2ab89d';

  it('gives a token to nobody but an account that is logged in', async () => {
    expect((await issue({})).status).toBe(401);
    expect((await issue({ cookie: 'session=unknown' })).status).toBe(401);
  });

  it('registers one client, which belongs to the account', async () => {
    const { status, headers, body: issued } = await issue({ cookie });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(issued.expires_at).toBeGreaterThan(Date.now() / 1000 + 590);
    const first = await sample.register(TIDE_TABLES, issued.token);
    expect(first.status).toBe(201);
    expect(await sample.client(first.body.client_id)).toMatchObject({ owner: 'acme' });
    const second = await sample.register(TIDE_TABLES, issued.token);
    expect(second.status).toBe(401);
    expect(second.body.error).toBe('invalid_token');
  });

  it('keeps its use when the request is refused', async () => {
    const { token } = (await issue({ cookie })).body;
    const refused = await sample.register({ redirect_uris: ['http://tides.example/cb'] }, token);
    expect(refused.status).toBe(400);
    expect(refused.body.error).toBe('invalid_redirect_uri');
    expect(await sample.app.get(InitialAccessTokenService, { strict: false }).find(token)).toMatchObject({ uses: 0 });
    expect((await sample.register(TIDE_TABLES, token)).status).toBe(201);
  });

  it('makes one client of ten registrations at once', async () => {
    const { token } = (await issue({ cookie })).body;
    const answers = await Promise.all(Array.from({ length: 10 }, () => sample.register(TIDE_TABLES, token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  });
});
