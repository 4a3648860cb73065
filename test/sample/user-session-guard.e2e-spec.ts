import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistrationModule } from '../../sample/user-session-guard/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample user-session-guard ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  it('registers a client that belongs to the user of the session', async () => {
    const { status, body } = await sample.request('POST', '/register', TIDE_TABLES, {
      cookie: 'theme=dark; session=6f1c2ab89d',
    });
    expect(status).toBe(201);
    expect(await sample.client(body.client_id)).toMatchObject({ owner: 'ada', registeredOpenly: false });
  });

  it('tells users apart who register at the same time', async () => {
    const users = Array.from({ length: 10 }, () => ['ada', 'grace'] as const).flat();
    const sessions = { ada: '6f1c2ab89d', grace: 'b04e77d3c1' };
    const owners = await Promise.all(
      users.map(async (user) => {
        const headers = { cookie: `session=${sessions[user]}` };
        const { body } = await sample.request('POST', '/register', TIDE_TABLES, headers);
        return (await sample.client(body.client_id))?.owner;
      }),
    );
    expect(owners).toEqual(users);
  });

  it.each([
    ['no cookie', {}],
    ['another cookie', { cookie: 'theme=dark; xsession=6f1c2ab89d' }],
    ['the session as a bearer token', { authorization: 'Bearer 6f1c2ab89d' }],
  ])('answers a bare challenge to %s', async (_, headers) => {
    const { status, headers: answered, body } = await sample.request('POST', '/register', TIDE_TABLES, headers);
    expect(status).toBe(401);
    expect(answered.get('www-authenticate')).toBe('Bearer');
    expect(body).toEqual({ error: 'invalid_token', error_description: 'a bearer token is required' });
  });

  it.each(['unknown', '', '6f1c2ab89d%00', '%'])('answers invalid_token to the session "%s"', async (session) => {
    const { status, headers, body } = await sample.request('POST', '/register', TIDE_TABLES, {
      cookie: `session=${session}`,
    });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(body).toEqual({ error: 'invalid_token', error_description: 'the bearer token is not valid here' });
  });

  it('leaves management to the registration access token', async () => {
    const cookie = 'session=6f1c2ab89d';
    const { body } = await sample.request('POST', '/register', TIDE_TABLES, { cookie });
    const path = `/register/${body.client_id}`;
    expect((await sample.request('GET', path, undefined, { cookie })).status).toBe(401);
    const authorization = `Bearer ${body.registration_access_token}`;
    expect((await sample.request('GET', path, undefined, { authorization })).status).toBe(200);
  });
});
