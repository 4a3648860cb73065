import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Grants } from '../../sample/minimal-token-endpoint/grants.js';
import { OAuthGrant } from '../../sample/minimal-token-endpoint/oauth-grant.entity.js';
import { RegistrationModule } from '../../sample/minimal-token-endpoint/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, type RunningSample } from './start-sample.js';

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

type Form = Readonly<Record<string, string>> | string;

describe.each(platforms)('sample/minimal-token-endpoint ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  let client: Client;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
    client = await register({});
  });
  afterAll(() => sample.close());

  const register = async (metadata: object): Promise<Client> => {
    const { status, body } = await sample.register(
      {
        grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
        redirect_uris: ['https://tides.example/cb'],
        scope: 'api:read api:write',
        ...metadata,
      },
      await sample.token(),
    );
    expect(status).toBe(201);
    return body as Client;
  };
  const post = async (form: Form, by: Client = client) => {
    const response = await fetch(`${sample.url}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${by.client_id}:${by.client_secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  const read = async (token?: string) => {
    const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
    const response = await fetch(`${sample.url}/tides`, { headers });
    await response.text();
    return [response.status, response.headers.get('www-authenticate')];
  };
  /** What an authorization endpoint does when a person has consented. */
  const consented = async (by: Client = client, scope = 'api:read api:write') => {
    const tokens = await sample.app.get(Grants).issue({ clientId: by.client_id, accountId: 'alice', scope }, true);
    return { ...tokens, refreshToken: String(tokens.refreshToken) };
  };
  const refresh = async (refreshToken: string, more: Readonly<Record<string, string>> = {}, by: Client = client) =>
    post({ grant_type: 'refresh_token', refresh_token: refreshToken, ...more }, by);

  describe('client credentials grant (RFC 6749 section 4.4)', () => {
    it('gives a token without a refresh token', async () => {
      const { status, headers, body } = await post({ grant_type: 'client_credentials', scope: 'api:read' });
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(body).toEqual({
        access_token: expect.stringMatching(/^at_/),
        token_type: 'Bearer',
        expires_in: 600,
        scope: 'api:read',
      });
      expect(await read(String(body['access_token']))).toEqual([200, null]);
    });

    it('stores hashes of tokens alone', async () => {
      const { body } = await post({ grant_type: 'client_credentials' });
      const rows = JSON.stringify(await sample.dataSource.manager.find(OAuthGrant));
      expect(rows).not.toContain(String(body['access_token']));
    });

    it('is not for a public client', async () => {
      const { client_id } = await register({ grant_types: ['authorization_code'], token_endpoint_auth_method: 'none' });
      const response = await fetch(`${sample.url}/token`, {
        method: 'POST',
        body: new URLSearchParams({ client_id, grant_type: 'client_credentials' }),
      });
      expect([response.status, await response.json()]).toMatchObject([400, { error: 'unauthorized_client' }]);
    });
  });

  describe('refusals (RFC 6749 section 5.2)', () => {
    it.each([
      ['invalid_request', 'no grant type', { scope: 'api:read' }],
      ['invalid_request', 'a repeated grant type', 'grant_type=client_credentials&grant_type=refresh_token'],
      ['invalid_request', 'a repeated scope', 'grant_type=client_credentials&scope=api:read&scope=api:write'],
      ['unsupported_grant_type', 'another grant type', { grant_type: 'password' }],
      ['invalid_scope', 'a scope it has not registered', { grant_type: 'client_credentials', scope: 'admin' }],
      ['invalid_grant', 'no refresh token', { grant_type: 'refresh_token' }],
      ['invalid_grant', 'a refresh token of nobody', { grant_type: 'refresh_token', refresh_token: 'rt_x' }],
    ])('%s for %s', async (error, _what, form) => {
      const { status, headers, body } = await post(form);
      expect([status, headers.get('cache-control'), body['error']]).toEqual([400, 'no-store', error]);
    });

    it('invalid_client for a wrong secret, in the shape of OAuth', async () => {
      const { status, headers, body } = await post(
        { grant_type: 'client_credentials' },
        { ...client, client_secret: 'x' },
      );
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="client", charset="UTF-8"']);
      expect(body['error']).toBe('invalid_client');
    });
  });

  describe('refreshing (RFC 6749 section 6)', () => {
    it('replaces the refresh token, and ends the grant when it is used once more (RFC 9700 section 4.14.2)', async () => {
      const { accessToken, refreshToken } = await consented();
      const first = await refresh(refreshToken);
      expect(first.status).toBe(200);
      expect(await read(accessToken)).toEqual([401, 'Bearer error="invalid_token"']);
      const again = await refresh(refreshToken);
      expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant']);
      expect((await refresh(String(first.body['refresh_token']))).body['error']).toBe('invalid_grant');
      expect(await read(String(first.body['access_token']))).toEqual([401, 'Bearer error="invalid_token"']);
    });

    it('gives tokens to one of many who use a refresh token at the same time', async () => {
      const { refreshToken } = await consented();
      const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(9);
    });

    it('narrows the scope, and never widens it', async () => {
      const { refreshToken } = await consented(client, 'api:read');
      const { body } = await refresh(refreshToken, { scope: 'api:read api:write' });
      expect(body['scope']).toBe('api:read');
      expect((await refresh(String(body['refresh_token']), { scope: 'api:write' })).body['error']).toBe(
        'invalid_scope',
      );
    });

    it('gives no more than the client has registered now', async () => {
      const narrowed = await register({});
      const { refreshToken } = await consented(narrowed);
      const { registration_access_token, client_id } = narrowed;
      const update = await sample.request(
        'PUT',
        `/register/${client_id}`,
        {
          client_id,
          redirect_uris: ['https://tides.example/cb'],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'api:read',
        },
        { authorization: `Bearer ${registration_access_token}` },
      );
      expect(update.status).toBe(200);
      expect((await refresh(refreshToken, {}, narrowed)).body['scope']).toBe('api:read');
    });

    it('refuses the refresh token of another client, which keeps it', async () => {
      const { refreshToken } = await consented();
      expect((await refresh(refreshToken, {}, await register({}))).body['error']).toBe('invalid_grant');
      expect((await refresh(refreshToken)).status).toBe(200);
    });
  });

  describe('the guard of a resource (RFC 6750 section 3.1)', () => {
    it('asks for a token, refuses one of nobody, and one without the scope', async () => {
      expect(await read()).toEqual([401, 'Bearer']);
      expect(await read('at_x')).toEqual([401, 'Bearer error="invalid_token"']);
      const { accessToken } = await consented(client, 'api:write');
      expect(await read(accessToken)).toEqual([403, 'Bearer error="insufficient_scope"']);
    });

    it('refuses the tokens of a client that is gone', async () => {
      const gone = await register({});
      const { accessToken, refreshToken } = await consented(gone);
      expect(await read(accessToken)).toEqual([200, null]);
      const authorization = `Bearer ${gone.registration_access_token}`;
      const deleted = await sample.request('DELETE', `/register/${gone.client_id}`, undefined, { authorization });
      expect(deleted.status).toBe(204);
      expect(await read(accessToken)).toEqual([401, 'Bearer error="invalid_token"']);
      expect((await refresh(refreshToken, {}, gone)).status).toBe(401);
      expect(await sample.dataSource.manager.findBy(OAuthGrant, { clientId: gone.client_id })).toEqual([]);
      // As it is when the token is issued while the client goes.
      expect(await read((await consented(gone)).accessToken)).toEqual([401, 'Bearer error="invalid_token"']);
    });
  });
});
