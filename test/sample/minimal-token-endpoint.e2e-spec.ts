import type { Type } from '@nestjs/common';
import { ClientLifeCycleService } from 'nestjs-dynamic-registration';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants } from '../../sample/minimal-token-endpoint/grants.js';
import { OAuthGrant } from '../../sample/minimal-token-endpoint/oauth-grant.entity.js';
import { RegistrationModule } from '../../sample/minimal-token-endpoint/registration.module.js';
import { GRANTS_BETWEEN_REMOVALS } from '../../sample/minimal-token-endpoint/token.policy.js';
import { platforms } from '../support/start-server.js';
import { startSample, type RunningSample } from './start-sample.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

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
  const basic = ({ client_id, client_secret }: Client) =>
    `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
  const post = async (form: Form, by: Client = client) => {
    const response = await fetch(`${sample.url}/token`, {
      method: 'POST',
      headers: {
        authorization: basic(by),
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
  /** A body of whatever type, and the text of the answer. */
  const raw = async (type: string | undefined, body: string | undefined) => {
    const response = await fetch(`${sample.url}/token`, {
      method: 'POST',
      headers: { authorization: basic(client), ...(type !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: Buffer.from(body) }),
    });
    return { status: response.status, answer: await response.text() };
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

  const isInvalid = [401, 'Bearer error="invalid_token"'];
  const grantsOf = async ({ client_id }: Client) =>
    sample.dataSource.manager.findBy(OAuthGrant, { clientId: client_id });

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
      const { accessToken, refreshToken } = await consented();
      const rows = JSON.stringify(await grantsOf(client));
      expect(rows).toContain('"accessTokenHash":"');
      for (const token of [String(body['access_token']), accessToken, refreshToken]) expect(rows).not.toContain(token);
    });

    it('keeps no grant that has expired', async () => {
      const machine = await register({});
      await post({ grant_type: 'client_credentials' }, machine);
      const [grant] = await grantsOf(machine);
      expect(grant?.expiresAt).toBe(grant?.accessTokenExpiresAt);
      const { client_id: clientId } = machine;
      await sample.dataSource.manager.update(OAuthGrant, { clientId }, { expiresAt: 1, accessTokenExpiresAt: 1 });
      const grants = sample.app.get(Grants);
      const granted = { clientId: client.client_id, accountId: null, scope: 'api:read' };
      for (let issued = 0; issued < GRANTS_BETWEEN_REMOVALS; issued++) await grants.issue(granted, false);
      expect(await grantsOf(machine)).toEqual([]);
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
      ['invalid_request', 'a repeated refresh token', 'grant_type=refresh_token&refresh_token=a&refresh_token=b'],
      ['invalid_request', 'no refresh token', { grant_type: 'refresh_token' }],
      ['invalid_grant', 'a refresh token of nobody', { grant_type: 'refresh_token', refresh_token: 'rt_x' }],
    ])('%s for %s', async (error, _what, form) => {
      const { status, headers, body } = await post(form);
      expect([status, headers.get('cache-control'), body['error']]).toEqual([400, 'no-store', error]);
    });

    it.each([
      ['no body', undefined, undefined],
      ['text', 'text/plain', 'grant_type=client_credentials'],
      ['a list', 'application/json', '[]'],
    ])('invalid_request for %s in place of a form', async (_what, type, body) => {
      const { status, answer } = await raw(type, body);
      expect([status, JSON.parse(answer)]).toMatchObject([400, { error: 'invalid_request' }]);
    });

    it.each([
      ['null', 'application/json', 'null'],
      ['broken JSON', 'application/json', '{'],
      ['an upload', 'multipart/form-data; boundary=x', '--x--'],
    ])('%s is a mistake of the client, and not of the server', async (_what, type, body) => {
      const { status } = await raw(type, body);
      expect([400, 415]).toContain(status);
    });

    it('unauthorized_client for a grant type the client has not registered', async () => {
      const other = await register({ grant_types: ['authorization_code'] });
      const { refreshToken } = await consented(other);
      for (const { status, headers, body } of [
        await post({ grant_type: 'client_credentials' }, other),
        await refresh(refreshToken, {}, other),
      ]) {
        expect([status, headers.get('cache-control'), body['error']]).toEqual([400, 'no-store', 'unauthorized_client']);
      }
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
      expect(await read(accessToken)).toEqual(isInvalid);
      const again = await refresh(refreshToken);
      expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant']);
      expect((await refresh(String(first.body['refresh_token']))).body['error']).toBe('invalid_grant');
      expect(await read(String(first.body['access_token']))).toEqual(isInvalid);
    });

    it('ends the grant for a token that was replaced, whatever it is used for', async () => {
      const { refreshToken } = await consented();
      const { body } = await refresh(refreshToken);
      expect((await refresh(refreshToken, { scope: 'admin' })).body['error']).toBe('invalid_grant');
      expect((await refresh(String(body['refresh_token']))).body['error']).toBe('invalid_grant');
    });

    it('refuses a refresh token that has expired', async () => {
      const by = await register({});
      const { accessToken, refreshToken } = await consented(by);
      await sample.dataSource.manager.update(
        OAuthGrant,
        { clientId: by.client_id },
        { expiresAt: 1, accessTokenExpiresAt: 1 },
      );
      expect((await refresh(refreshToken, {}, by)).body['error']).toBe('invalid_grant');
      expect(await read(accessToken)).toEqual(isInvalid);
    });

    it('gives tokens to one of many who use a refresh token at the same time', async () => {
      const { refreshToken } = await consented();
      const grants = sample.app.get(Grants);
      const find = grants.find.bind(grants);
      const haveRead: (() => void)[] = [];
      // Nobody writes before all have read that the token is good.
      const together = vi.spyOn(grants, 'find').mockImplementation(async (id) => {
        const grant = await find(id);
        await new Promise<void>((resolve) => {
          haveRead.push(resolve);
          if (haveRead.length === 10) for (const goOn of haveRead) goOn();
        });
        return grant;
      });
      const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
      together.mockRestore();
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(9);
      // The others had it, too: so the one who was first keeps nothing.
      const [winner] = answers.filter(({ status }) => status === 200);
      expect(await read(String(winner?.body['access_token']))).toEqual(isInvalid);
    });

    it('narrows the scope, and never widens it', async () => {
      const { refreshToken } = await consented(client, 'api:read');
      const { body } = await refresh(refreshToken, { scope: 'api:read api:write' });
      expect(body['scope']).toBe('api:read');
      expect((await refresh(String(body['refresh_token']), { scope: 'api:write' })).body['error']).toBe(
        'invalid_scope',
      );
    });

    it('narrows it for one access token, and not for the next', async () => {
      const { refreshToken } = await consented();
      const { body } = await refresh(refreshToken, { scope: 'api:write' });
      expect(body['scope']).toBe('api:write');
      expect(await read(String(body['access_token']))).toEqual([403, 'Bearer error="insufficient_scope"']);
      expect((await refresh(String(body['refresh_token']))).body['scope']).toBe('api:read api:write');
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
      expect(await read('at_x')).toEqual(isInvalid);
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
      expect(await read(accessToken)).toEqual(isInvalid);
      expect((await refresh(refreshToken, {}, gone)).status).toBe(401);
      expect(await grantsOf(gone)).toEqual([]);
      // As it is when the token is issued while the client goes.
      expect(await read((await consented(gone)).accessToken)).toEqual(isInvalid);
    });

    it('refuses the tokens of a client that is suspended, and has forgotten them when it is resumed', async () => {
      const stopped = await register({});
      const { accessToken, refreshToken } = await consented(stopped);
      expect(await read(accessToken)).toEqual([200, null]);
      const lifeCycle = sample.app.get(ClientLifeCycleService, { strict: false });
      await lifeCycle.suspend(stopped.client_id);
      expect(await read(accessToken)).toEqual(isInvalid);
      expect(await grantsOf(stopped)).toEqual([]);
      const refused = await refresh(refreshToken, {}, stopped);
      expect([refused.status, refused.body.error]).toEqual([400, 'unauthorized_client']);
      const { accessToken: late } = await consented(stopped);
      expect(await read(late)).toEqual(isInvalid);
      await lifeCycle.resume(stopped.client_id);
      expect(await read(accessToken)).toEqual(isInvalid);
    });
  });
});

describe('sample/minimal-token-endpoint, copied, with the refresh policy none', () => {
  let folder: string;
  let copy: RunningSample;
  beforeAll(async () => {
    // Below the packages it imports, and where git does not look.
    mkdirSync(`${root}.data`, { recursive: true });
    folder = mkdtempSync(`${root}.data/minimal-token-endpoint-`);
    cpSync(`${root}sample/minimal-token-endpoint`, folder, { recursive: true });
    writeFileSync(`${folder}/tsconfig.json`, '{"extends":"../../tsconfig.json","include":["."]}');
    const policy = `${folder}/token.policy.ts`;
    const text = readFileSync(policy, 'utf8');
    writeFileSync(policy, text.replace(`= 'rotation';`, `= 'none';`));
    const { RegistrationModule: Copied } = (await import(`${folder}/registration.module.ts`)) as {
      RegistrationModule: Type;
    };
    const [platform] = platforms;
    if (!platform) throw new Error('no database');
    copy = await startSample(Copied, platform);
  });
  afterAll(async () => {
    await copy?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a refresh token stays, for all who use it at the same time', async () => {
    const registered = await copy.register(
      {
        redirect_uris: ['https://tides.example/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        scope: 'api:read',
      },
      await copy.token(),
    );
    const { client_id } = registered.body as Client;
    const { Grants: CopiedGrants } = (await import(`${folder}/grants.ts`)) as { Grants: typeof Grants };
    const granted = { clientId: client_id, accountId: 'alice', scope: 'api:read' };
    const { refreshToken = '' } = await copy.app.get(CopiedGrants).issue(granted, true);
    const refresh = async () => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id });
      const response = await fetch(`${copy.url}/token`, { method: 'POST', body });
      return response.json();
    };
    for (const answer of [await refresh(), ...(await Promise.all([refresh(), refresh(), refresh()]))]) {
      expect(answer).toMatchObject({ refresh_token: refreshToken, scope: 'api:read' });
    }
  });
});
