import type { ExecutionContext } from '@nestjs/common';
import {
  InitialAccessToken,
  InitialAccessTokenService,
  OAuthClient,
  type RegistrationAccess,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal, invalidMetadata, NO_TOKEN, type Refusal } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { rawRequest } from '../support/raw-request.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const DISABLED: Refusal = { status: 403, error: 'access_denied', description: 'client registration is disabled' };
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const JSON_TYPE = ['Content-Type', 'application/json'] as const;

/** Credentials that are there and cannot be used, as header lines. */
const unusable = (token: string): Record<string, (readonly [string, string])[]> => ({
  'an unknown token': [['Authorization', `Bearer ${'x'.repeat(43)}`]],
  'a token with something behind it': [['Authorization', `Bearer ${token}x`]],
  'a token in another letter case': [['Authorization', `Bearer ${token.toUpperCase()}`]],
  'two tokens in one header': [['Authorization', `Bearer ${token} ${token}`]],
  'two tokens with a comma': [['Authorization', `Bearer ${token}, Bearer ${token}`]],
  'the scheme alone': [['Authorization', 'Bearer']],
  'the scheme and spaces': [['Authorization', 'Bearer    ']],
  'the token alone': [['Authorization', token]],
  'an empty header': [['Authorization', '']],
  'another scheme': [['Authorization', `Basic ${Buffer.from(`client:${token}`).toString('base64')}`]],
  'another scheme with the token': [['Authorization', `DPoP ${token}`]],
  'a scheme that begins like it': [['Authorization', `BearerX ${token}`]],
  'a character that no token has': [['Authorization', `Bearer ${token}"`]],
  'bytes that are no ASCII': [['Authorization', 'Bearer \xff\xfe']],
  '8 KB': [['Authorization', `Bearer ${'a'.repeat(8192)}`]],
  'two headers': [
    ['Authorization', `Bearer ${token}`],
    ['Authorization', `Bearer ${token}`],
  ],
  'two headers, the first of another scheme': [
    ['authorization', 'Basic Og=='],
    ['AUTHORIZATION', `Bearer ${token}`],
  ],
});

describe.each(platforms)('who may register, RFC 7591 section 3 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(platform);
  });
  afterAll(() => server.close());

  const post = (headers: readonly (readonly [string, string])[], path = '/register') =>
    rawRequest(server.port, { path, headers: [JSON_TYPE, ...headers], body: JSON.stringify(clientMetadata()) });
  const uses = async (token: string) => (await server.app.get(InitialAccessTokenService).find(token))?.uses;

  it('answers nothing sent with a bare Bearer challenge (RFC 6750 section 3)', async () =>
    expectRefusal(await server.register(clientMetadata(), null), NO_TOKEN));

  it.each(Object.keys(unusable('')))('answers %s with 401 invalid_token', async (name) => {
    const headers = unusable(await server.token())[name] ?? [];
    expectRefusal(await post(headers), BAD_TOKEN);
  });

  it('takes the name of the scheme in any letter case (RFC 9110 section 11.1)', async () => {
    for (const scheme of ['bearer', 'BEARER'])
      expect((await post([['Authorization', `${scheme} ${await server.token()}`]])).status).toBe(201);
  });

  it('refuses a registration access token', async () => {
    const { body } = await server.register(clientMetadata());
    expectRefusal(await server.register(clientMetadata(), body.registration_access_token), BAD_TOKEN);
  });

  it('refuses a client secret', async () => {
    const { body } = await server.register(clientMetadata());
    expectRefusal(await server.register(clientMetadata(), body.client_secret), BAD_TOKEN);
  });

  it('reads no token from the query (RFC 6750 section 2.3)', async () =>
    expectRefusal(await post([], `/register?access_token=${await server.token()}`), NO_TOKEN));

  it('reads no token from the body (RFC 6750 section 2.2)', async () => {
    const access_token = await server.token();
    expectRefusal(await server.register({ ...clientMetadata(), access_token }, null), NO_TOKEN);
  });

  it('looks at the header alone when query and body hold another token', async () => {
    const [token, other] = [await server.token(), await server.token()];
    const response = await server.request('POST', `/register?access_token=${other}`, {
      token,
      body: { ...clientMetadata(), access_token: other },
    });
    expect(response.status).toBe(201);
    expect(JSON.stringify(response.body)).not.toContain(other);
  });

  it('refuses an expired token', async () => {
    const token = await server.token({ expiresInSeconds: 60 });
    expect((await server.register(clientMetadata(), token)).status).toBe(201);
    const record = await server.app.get(InitialAccessTokenService).find(token);
    await server.dataSource.getRepository(InitialAccessToken).update({ id: record?.id ?? '' }, { expiresAt: 1000 });
    expectRefusal(await server.register(clientMetadata(), token), BAD_TOKEN);
  });

  it('refuses a revoked token, while its clients stay', async () => {
    const token = await server.token();
    const { body } = await server.register(clientMetadata(), token);
    const tokens = server.app.get(InitialAccessTokenService);
    await tokens.revoke((await tokens.find(token))?.id ?? '');
    expectRefusal(await server.register(clientMetadata(), token), BAD_TOKEN);
    const read = await server.request('GET', `/register/${body.client_id}`, { token: body.registration_access_token });
    expect(read.status).toBe(200);
  });

  it('refuses a token that is used up', async () => {
    const token = await server.token({ maxUses: 2 });
    expect((await server.register(clientMetadata(), token)).status).toBe(201);
    expect((await server.register(clientMetadata(), token)).status).toBe(201);
    expectRefusal(await server.register(clientMetadata(), token), BAD_TOKEN);
    expect(await uses(token)).toBe(2);
  });

  it('takes no use for a refused request', async () => {
    const token = await server.token({ maxUses: 1 });
    for (const body of [{}, { redirect_uris: ['javascript:alert(1)'] }, [], 'no JSON', { client_name: 1 }])
      expect((await server.register(body, token)).status).toBe(400);
    expect(await uses(token)).toBe(0);
    expect((await server.register(clientMetadata(), token)).status).toBe(201);
  });

  it('puts the owner of the token on the client, where no request can', async () => {
    const token = await server.token({ owner: 'harbour' });
    const { body } = await server.register(clientMetadata({ owner: 'somebody else' }), token);
    const repository = server.dataSource.getRepository(OAuthClient);
    expect(await repository.findOneBy({ clientId: body.client_id })).toMatchObject({
      owner: 'harbour',
      source: 'dynamic',
      registeredOpenly: false,
    });
    expect(body).not.toHaveProperty('owner');
  });

  it('says nothing about the body to a caller without a token', async () => {
    expectRefusal(await server.register({ redirect_uris: ['javascript:alert(1)'] }, null), NO_TOKEN);
    expectRefusal(await server.register([], null), NO_TOKEN);
    expectRefusal(await server.register({}, 'x'.repeat(40)), BAD_TOKEN);
  });

  it('keeps the credentials of requests at the same time apart', async () => {
    const token = await server.token();
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const presented = i % 3 === 0 ? token : i % 3 === 1 ? 'x'.repeat(43) : null;
        return { presented, response: await server.register(clientMetadata(), presented) };
      }),
    );
    for (const { presented, response } of answers) {
      if (presented === token) expect(response.status).toBe(201);
      else expectRefusal(response, presented === null ? NO_TOKEN : BAD_TOKEN);
    }
  });
});

describe.each(platforms)('open registration, RFC 7591 section 3 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        access: 'open',
        server: { grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE] },
      },
    });
  });
  afterAll(() => server.close());

  const row = async (clientId: string) => server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId });

  it('registers a caller without a token, and remembers it', async () => {
    const { status, body } = await server.register(clientMetadata(), null);
    expect(status).toBe(201);
    expect(await row(body.client_id)).toMatchObject({ registeredOpenly: true, owner: null, source: 'dynamic' });
  });

  it.each(Object.keys(unusable('')))('still answers %s with 401 invalid_token', async (name) => {
    const headers = unusable(await server.token())[name] ?? [];
    const body = JSON.stringify(clientMetadata());
    expectRefusal(await rawRequest(server.port, { headers: [JSON_TYPE, ...headers], body }), BAD_TOKEN);
  });

  it('still refuses a registration access token', async () => {
    const { body } = await server.register(clientMetadata(), null);
    expectRefusal(await server.register(clientMetadata(), body.registration_access_token), BAD_TOKEN);
  });

  it('still checks, binds and counts a token that is presented', async () => {
    const token = await server.token({ maxUses: 1, owner: 'harbour' });
    const { status, body } = await server.register(clientMetadata(), token);
    expect(status).toBe(201);
    expect(await row(body.client_id)).toMatchObject({ registeredOpenly: false, owner: 'harbour' });
    expectRefusal(await server.register(clientMetadata(), token), BAD_TOKEN);
  });

  it('grants strangers only what a user takes part in', async () => {
    const all = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE];
    const { status, body } = await server.register(clientMetadata({ grant_types: all }), null);
    expect(status).toBe(201);
    expect(body.grant_types).toEqual(['authorization_code', 'refresh_token', DEVICE]);
    const known = await server.register(clientMetadata({ grant_types: all }), await server.token());
    expect(known.body.grant_types).toEqual(all);
  });

  it('refuses strangers when nothing usable remains', async () =>
    expectRefusal(
      await server.register({ grant_types: ['client_credentials'] }, null),
      invalidMetadata(
        `grant_types must contain a value this server supports: authorization_code, refresh_token, ${DEVICE}`,
      ),
    ));

  it('does not let a client that registered openly widen its grants by an update', async () => {
    const { body } = await server.register(clientMetadata(), null);
    const update = (grant_types: string[]) =>
      server.request('PUT', `/register/${body.client_id}`, {
        token: body.registration_access_token,
        body: clientMetadata({ client_id: body.client_id, grant_types, redirect_uris: body.redirect_uris }),
      });
    const narrowed = await update(['authorization_code', 'client_credentials']);
    expect(narrowed.status).toBe(200);
    expect(narrowed.body.grant_types).toEqual(['authorization_code']);
    expectRefusal(
      await update(['client_credentials']),
      invalidMetadata(
        `grant_types must contain a value this server supports: authorization_code, refresh_token, ${DEVICE}`,
      ),
    );
    expect(await row(body.client_id)).toMatchObject({ grantTypes: ['authorization_code'], registeredOpenly: true });
  });

  it('lets a client that registered with a token keep its grants', async () => {
    const { body } = await server.register({ grant_types: ['client_credentials'] }, await server.token());
    const { status, body: updated } = await server.request('PUT', `/register/${body.client_id}`, {
      token: body.registration_access_token,
      body: { client_id: body.client_id, grant_types: ['client_credentials'] },
    });
    expect(status).toBe(200);
    expect(updated.grant_types).toEqual(['client_credentials']);
  });
});

describe.each(platforms)('the grants of strangers as the host wants them ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { access: 'open', openGrantTypes: ['client_credentials', 'implicit'] },
    });
  });
  afterAll(() => server.close());

  it('grants what both lists hold', async () => {
    const { body } = await server.register({ grant_types: ['client_credentials', 'implicit'] }, null);
    expect(body.grant_types).toEqual(['client_credentials']);
  });

  it('refuses the code flow', async () =>
    expectRefusal(
      await server.register(clientMetadata(), null),
      invalidMetadata('grant_types must contain a value this server supports: client_credentials'),
    ));
});

describe.each(platforms)('disabled registration ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { access: 'disabled' } });
  });
  afterAll(() => server.close());

  it('refuses everyone, whatever the credential', async () => {
    for (const token of [null, await server.token(), 'x'.repeat(40)])
      expectRefusal(await server.register(clientMetadata(), token), DISABLED);
  });
});

const ofHeader = (context: ExecutionContext): RegistrationAccess => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, RegistrationAccess> }>();
  return headers['x-access'] ?? ('nonsense' as RegistrationAccess);
};

describe.each(platforms)('access by a function of the request ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { access: async (context) => Promise.resolve(ofHeader(context)) },
    });
  });
  afterAll(() => server.close());

  const post = async (access: string | undefined, token: string | null) =>
    server.request('POST', '/register', {
      body: clientMetadata(),
      ...(token === null ? {} : { token }),
      headers: access === undefined ? {} : { 'x-access': access },
    });

  it('is open when it says so', async () => {
    expect((await post('open', null)).status).toBe(201);
    expectRefusal(await post('open', 'x'.repeat(40)), BAD_TOKEN);
  });

  it('wants a token when it says so', async () => {
    expectRefusal(await post('initial-access-token', null), NO_TOKEN);
    expect((await post('initial-access-token', await server.token())).status).toBe(201);
  });

  it.each(['disabled', 'OPEN', 'true', undefined])('is disabled when it answers %j', async (access) => {
    expectRefusal(await post(access, null), DISABLED);
    expectRefusal(await post(access, await server.token()), DISABLED);
  });
});
