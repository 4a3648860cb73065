import { setTimeout } from 'node:timers/promises';
import { ClientSecretService, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal } from '../errors/refusal.js';
import { completeMetadata } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';
import { dcr, dcrProcess, factsOf, jsonOf, refused, type Finished } from './dcr.js';

/** Between two writes of the server while commands load, in milliseconds. */
const PAUSE = 10;

const CALLBACK = 'https://tides.example/cb';

describe.each(databases)('dcr clients beside a running server ($name)', (database) => {
  let server: TestServer;
  let service: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: {
        server: {
          scopes: ['tides.read', 'tides.write'],
          grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
          tokenEndpointAuthMethods: [
            'client_secret_basic',
            'client_secret_post',
            'client_secret_jwt',
            'private_key_jwt',
            'none',
          ],
        },
        clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      },
    });
    service = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());

  const clients = async (...args: string[]) => dcr(['clients', ...args, '--connect', server.database.url]);
  const verifies = async (clientId: string, secret: string) => {
    const client = await service.find(clientId);
    return client !== undefined && (await service.verifySecret(client, secret));
  };
  const send = async (method: 'GET' | 'PUT' | 'DELETE', id: string, token: string, members?: object) =>
    server.request(method, `/register/${encodeURIComponent(id)}`, {
      token,
      ...(members && { body: { client_id: id, ...members } }),
    });

  it('a client added by hand verifies, reads, updates and deletes itself as one that registered', async () => {
    const args = ['--redirect-uri', CALLBACK, '--allowed-scopes', 'tides.read', '--owner', 'acme', '--generate-secret'];
    const added = jsonOf(await clients('add', '--id', 'by-hand', ...args, '--json'));
    const [secret, token] = [String(added['client_secret']), String(added['registration_access_token'])];
    expect(await verifies('by-hand', secret)).toBe(true);

    const { status, body } = await send('GET', 'by-hand', token);
    expect(status).toBe(200);
    const { client_secret: _, source, owner, registered_openly, status: state, version, ...information } = added;
    expect({ source, owner, registered_openly }).toEqual({ source: 'manual', owner: 'acme', registered_openly: false });
    expect({ state, version }).toEqual({ state: 'active', version: 1 });
    expect(body).toEqual({ ...information, registration_client_uri: `${server.issuer}/register/by-hand` });

    const metadata = completeMetadata({ scope: 'tides.read tides.write' });
    const updated = await send('PUT', 'by-hand', token, { client_secret: secret, ...metadata });
    expect(updated.status).toBe(200);
    expect(updated.body).toMatchObject(metadata);
    expect(jsonOf(await clients('show', '--id', 'by-hand', '--json'))).toMatchObject({ ...metadata, owner: 'acme' });
    expect(await verifies('by-hand', secret)).toBe(true);

    expect((await send('DELETE', 'by-hand', token)).status).toBe(204);
    expectRefusal(await send('GET', 'by-hand', token), BAD_TOKEN);
    expect((await clients('show', '--id', 'by-hand')).code).toBe(1);
  });

  it('a client with an id that a path has to encode manages itself, too', async () => {
    for (const id of ['com.acme/app', 'a b', '100%', "it's?#", '%2e%2e']) {
      const added = jsonOf(await clients('add', '--id', id, '--redirect-uri', CALLBACK, '--json'));
      const token = String(added['registration_access_token']);
      expect(await send('GET', id, token)).toMatchObject({ status: 200, body: { client_id: id } });
      expect((await send('DELETE', id, token)).status).toBe(204);
    }
  });

  it('a client that registered is shown, gets other scopes and another secret, and is removed; its token works until then', async () => {
    const metadata = completeMetadata();
    const { body } = await server.register(metadata, await server.token({ owner: 'ops' }));
    const { client_id: id, client_secret: old, registration_access_token: token } = body as Record<string, string>;
    if (id === undefined || old === undefined || token === undefined) throw new Error('the client did not register');

    const shown = jsonOf(await clients('show', '--id', id, '--json'));
    const { client_secret: _s, registration_access_token: _t, registration_client_uri: _u, ...information } = body;
    expect(shown).toEqual({
      ...information,
      status: 'active',
      version: 1,
      source: 'dynamic',
      owner: 'ops',
      registered_openly: false,
      initial_access_token_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });

    expect(jsonOf(await clients('show', '--id', id, '--json'))['scope']).toBe('tides.read tides.write');
    expect(factsOf(await clients('set-scope', '--id', id, '--scopes', 'tides.write'))['scope']).toBe('tides.write');
    expect((await send('GET', id, token)).body).toEqual({
      ...information,
      scope: 'tides.write',
      registration_access_token: token,
      registration_client_uri: body.registration_client_uri,
    });

    const fresh = factsOf(await clients('rotate-secret', '--id', id))['client_secret'] ?? '';
    expect([await verifies(id, fresh), await verifies(id, old)]).toEqual([true, false]);
    const update = { ...metadata, client_name: 'Renamed' };
    expect(await send('PUT', id, token, { ...update, client_secret: old })).toMatchObject({ status: 400 });
    expect(await send('PUT', id, token, { ...update, client_secret: fresh })).toMatchObject({ status: 200 });
    expect(await verifies(id, fresh)).toBe(true);

    expect((await clients('remove', '--id', id)).code).toBe(0);
    expectRefusal(await send('GET', id, token), BAD_TOKEN);
    expectRefusal(await send('PUT', id, token, update), BAD_TOKEN);
    expectRefusal(await send('DELETE', id, token), BAD_TOKEN);
    expect(await service.find(id)).toBeUndefined();
  });

  it('a client without grant types reads empty lists, and gives itself redirect URIs', async () => {
    const added = jsonOf(await clients('add', '--id', 'idle', '--json'));
    const token = String(added['registration_access_token']);
    const read = await send('GET', 'idle', token);
    expect(read).toMatchObject({ status: 200, body: { client_id: 'idle', grant_types: [], response_types: [] } });
    expect(read.body.redirect_uris ?? []).toEqual([]);
    // Members of the server must not be in an update (RFC 7592 section 2.2).
    const {
      client_id_issued_at: _at,
      registration_access_token: _token,
      registration_client_uri: _uri,
      ...own
    } = read.body;
    const replaced = await send('PUT', 'idle', token, own);
    expect(replaced).toMatchObject({ status: 200, body: read.body });
    expect(replaced.headers.get('cache-control')).toBe('no-store');
    const updated = await send('PUT', 'idle', token, { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' });
    expect(updated).toMatchObject({
      status: 200,
      body: { redirect_uris: [CALLBACK], grant_types: ['authorization_code'], response_types: ['code'] },
    });
    expect(factsOf(await clients('show', '--id', 'idle'))).toMatchObject({
      redirect_uris: CALLBACK,
      grant_types: 'authorization_code',
      response_types: 'code',
    });
  });

  it('a confidential client without grant types keeps its secret when it gets some', async () => {
    const added = jsonOf(await clients('add', '--id', 'gauge', '--secret', 'open sesame', '--json'));
    const token = String(added['registration_access_token']);
    const update = { client_secret: 'open sesame', grant_types: ['client_credentials'] };
    expect((await send('PUT', 'gauge', token, update)).body).toMatchObject({ grant_types: ['client_credentials'] });
    expect(await verifies('gauge', 'open sesame')).toBe(true);
    const wrong = await send('PUT', 'gauge', token, { ...update, client_secret: 'open Sesame' });
    expect(wrong.status).toBe(400);
  });

  it('a secret that the server keeps as a key is not rotated without its encryption keys, and stays', async () => {
    const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_jwt' };
    const { body } = await server.register(metadata);
    const before = await service.find(body.client_id);
    expect(await clients('rotate-secret', '--id', body.client_id)).toEqual(
      refused(
        'the secret of this client is a key, which the server keeps encrypted: give --data-source with a module that exports ' +
          'dynamicRegistration, where clientSecret.encryptionKeys are',
      ),
    );
    expect(await service.find(body.client_id)).toEqual(before);
    expect(before && server.app.get(ClientSecretService, { strict: false }).keyOf(before)).toBe(body.client_secret);
    expect(factsOf(await clients('set-scope', '--id', body.client_id, '--clear'))).not.toHaveProperty('scope');
    expect(await verifies(body.client_id, body.client_secret)).toBe(true);
  });

  it('both write at the same time, and nothing is lost', async () => {
    const rows = () => server.dataSource.getRepository(OAuthClient);
    const registered = await server.register({ redirect_uris: [CALLBACK], client_name: 'Tide Tables' });
    const { client_id: id, registration_access_token: token } = registered.body as Record<string, string>;
    if (id === undefined || token === undefined) throw new Error('the client did not register');
    const shared = await server.token();
    const before = await rows().count();
    const writers = Promise.all([
      dcrBeside('add', '--id', 'beside', '--generate-secret'),
      dcrBeside('set-scope', '--id', id, '--scopes', 'tides.write'),
    ]);
    const answers: JsonResponse[] = [];
    let finished: Finished[] | undefined;
    let rounds = 0;
    while (!finished) {
      answers.push(await server.register({ redirect_uris: [CALLBACK] }, shared));
      const renamed = { redirect_uris: [CALLBACK], client_name: `Tide Tables ${++rounds}`, scope: 'tides.write' };
      answers.push(await send('PUT', id, token, renamed));
      finished = await Promise.race([writers, setTimeout(PAUSE, undefined)]);
    }
    expect(finished.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array.from({ length: 2 }, () => ({ code: 0, stderr: '' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect(await rows().count()).toBe(before + rounds + 1);
    expect(await service.find(id)).toMatchObject({
      clientName: `Tide Tables ${rounds}`,
      scope: 'tides.write',
      version: 1 + rounds + 1,
    });
  });

  const dcrBeside = async (...args: string[]) => dcrProcess(['clients', ...args, '--connect', server.database.url]);
});
