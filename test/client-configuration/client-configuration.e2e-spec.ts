import { OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  BAD_TOKEN,
  expectRefusal,
  invalidMetadata,
  invalidRedirectUri,
  NO_OBJECT,
  NO_REDIRECT_URI,
} from '../errors/refusal.js';
import { clientMetadata, completeMetadata, publicKey, type Members } from '../support/client-metadata.builder.js';
import { ISSUER, platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

describe.each(platforms)('client configuration endpoint, RFC 7592 section 2 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let initialAccessToken: string;
  let client: { client_id: string; client_secret: string; registration_access_token: string };
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { server: { scopes: ['tides.read', 'tides.write'], defaultScopes: [] } },
    });
    initialAccessToken = await server.token();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    ({ body: client } = await server.register(completeMetadata(), initialAccessToken));
  });

  const send = (method: string, body?: unknown, token = client.registration_access_token): Promise<JsonResponse> =>
    server.request(method, `/register/${client.client_id}`, { token, ...(body === undefined ? {} : { body }) });
  const put = (members: Members) => send('PUT', { client_id: client.client_id, ...members });
  const rows = (): Promise<Members[]> => server.dataSource.query('SELECT * FROM oauth_clients');
  const row = async () => (await rows()).find(({ clientId }) => clientId === client.client_id);
  const entity = () => server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: client.client_id });

  async function expectNothingChanged(write: () => Promise<unknown>): Promise<void> {
    const before = await rows();
    await write();
    expect(await rows()).toEqual(before);
  }

  describe('client read request (RFC 7592 section 2.1)', () => {
    it('answers 200 with all there is but the secret', async () => {
      const { client_secret: _shownOnce, ...information } = client;
      const { status, headers, body } = await send('GET');
      expect(status).toBe(200);
      expect(body).toEqual(information);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('pragma')).toBe('no-cache');
    });

    it('returns the token that was presented, and where to use it', async () => {
      const { body } = await send('GET');
      expect(body.registration_access_token).toBe(client.registration_access_token);
      expect(body.registration_client_uri).toBe(`${ISSUER}/register/${client.client_id}`);
    });

    it('changes nothing, however often', () => expectNothingChanged(() => Promise.all([send('GET'), send('GET')])));

    it('answers HEAD as GET without a body', async () => {
      const get = await send('GET');
      const head = await send('HEAD');
      expect(head.status).toBe(200);
      expect(head.body).toBeUndefined();
      for (const name of ['content-type', 'content-length', 'cache-control', 'pragma'])
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    });

    it('answers a conditional request in full', async () => {
      const { status, headers } = await server.request('GET', `/register/${client.client_id}`, {
        token: client.registration_access_token,
        headers: { 'if-none-match': '"1"', 'if-modified-since': new Date().toUTCString() },
      });
      expect(status).toBe(200);
      expect(headers.get('etag')).toBe('"1"');
    });
  });

  describe('client update request (RFC 7592 section 2.2)', () => {
    it('answers 200 with the new state', async () => {
      const { status, headers, body } = await put(clientMetadata({ client_name: 'Tides 2' }));
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('pragma')).toBe('no-cache');
      expect(body.client_name).toBe('Tides 2');
      expect(body.registration_access_token).toBe(client.registration_access_token);
      expect(body.registration_client_uri).toBe(`${ISSUER}/register/${client.client_id}`);
      expect((await send('GET')).body).toEqual(body);
    });

    it('replaces everything and merges nothing: omitted means deleted, and back to the default', async () => {
      const { status, body } = await put({ redirect_uris: ['https://tides.example/new'] });
      expect(status).toBe(200);
      expect(body).toEqual({
        client_id: client.client_id,
        client_id_issued_at: expect.any(Number),
        client_secret_expires_at: 0,
        redirect_uris: ['https://tides.example/new'],
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        application_type: 'web',
        registration_access_token: client.registration_access_token,
        registration_client_uri: `${ISSUER}/register/${client.client_id}`,
      });
      expect(await entity()).toMatchObject({
        clientName: null,
        clientUri: null,
        logoUri: null,
        scope: null,
        contacts: null,
        tosUri: null,
        policyUri: null,
        jwksUri: null,
        jwks: null,
        softwareId: null,
        softwareVersion: null,
        additionalMetadata: null,
      });
    });

    it.each([null, ''])('reads %j like an omitted member', async (nothing) => {
      const deleted = Object.fromEntries(Object.keys(completeMetadata()).map((name) => [name, nothing]));
      const { status, body } = await put({ ...deleted, redirect_uris: ['https://tides.example/cb'] });
      expect(status).toBe(200);
      expect(Object.keys(body).toSorted()).toEqual(
        [
          'application_type',
          'client_id',
          'client_id_issued_at',
          'client_secret_expires_at',
          'grant_types',
          'redirect_uris',
          'registration_access_token',
          'registration_client_uri',
          'response_types',
          'token_endpoint_auth_method',
        ].toSorted(),
      );
    });

    it('replaces all language-tagged variants together', async () => {
      const { body } = await put(clientMetadata({ 'client_name#ja': '潮' }));
      expect(body['client_name#ja']).toBe('潮');
      expect(body).not.toHaveProperty('client_name#pt-BR');
      expect((await entity()).additionalMetadata).toEqual({ 'client_name#ja': '潮' });
    });

    it('keeps what is not metadata', async () => {
      const before = await entity();
      await put(clientMetadata());
      const { clientId, clientIdIssuedAt, clientSecretHash, registrationAccessTokenHash, owner, source } = before;
      expect(await entity()).toMatchObject({
        clientId,
        clientIdIssuedAt,
        clientSecretHash,
        registrationAccessTokenHash,
        owner,
        source,
        version: before.version + 1,
      });
    });

    it('may leave everything as it is', async () => {
      const { client_secret: _shownOnce, ...information } = client;
      const { status, body } = await put(completeMetadata({ jwks: (await entity()).jwks }));
      expect(status).toBe(200);
      expect(body).toEqual(information);
    });

    it('takes the answer to the registration back, but for the members of the server', async () => {
      const {
        registration_access_token: _token,
        registration_client_uri: _location,
        client_id_issued_at: _issued,
        client_secret_expires_at: _expires,
        ...request
      } = client as unknown as Members;
      const { status, body } = await send('PUT', request);
      expect(status).toBe(200);
      expect(body).toMatchObject({ client_name: 'Tide Tables', software_version: '1.2.3' });
    });

    it('touches one row', async () => {
      await server.register(clientMetadata(), initialAccessToken);
      const others = async () => (await rows()).filter(({ clientId }) => clientId !== client.client_id);
      const before = await others();
      expect((await put(clientMetadata({ client_name: 'Another' }))).status).toBe(200);
      expect(await others()).toEqual(before);
      expect(await row()).toMatchObject({ clientName: 'Another' });
    });

    it.each([undefined, null, '', 'another', 1, ['x'], {}])('refuses the client_id %j', async (client_id) =>
      expectNothingChanged(async () =>
        expectRefusal(
          await send('PUT', { ...clientMetadata(), client_id }),
          invalidMetadata('client_id must be that of the client'),
        ),
      ),
    );

    it('refuses the client_id in another letter case, or with a space behind it', async () => {
      for (const client_id of [client.client_id.toUpperCase(), `${client.client_id} `]) {
        await expectNothingChanged(async () =>
          expectRefusal(
            await send('PUT', { ...clientMetadata(), client_id }),
            invalidMetadata('client_id must be that of the client'),
          ),
        );
      }
    });

    it.each<[string, unknown]>([
      ['registration_access_token', 'x'],
      ['registration_access_token', 1],
      ['registration_client_uri', 'https://tides.example/'],
      ['client_secret_expires_at', 0],
      ['client_id_issued_at', 1_700_000_000],
      ['client_id_issued_at', false],
    ])('refuses %s in the body', async (name, value) =>
      expectNothingChanged(async () =>
        expectRefusal(
          await put(clientMetadata({ [name]: value })),
          invalidMetadata(`${name} must not be present in an update`),
        ),
      ),
    );

    it('refuses them even with their current values', async () => {
      const current = client as unknown as Members;
      for (const name of ['registration_access_token', 'registration_client_uri', 'client_id_issued_at']) {
        expectRefusal(
          await put(clientMetadata({ [name]: current[name] })),
          invalidMetadata(`${name} must not be present in an update`),
        );
      }
    });

    it('takes them as omitted when they are null or empty', async () => {
      const { status } = await put(clientMetadata({ registration_access_token: null, registration_client_uri: '' }));
      expect(status).toBe(200);
    });

    it.each(['wrong', 'cs_', 1, true, {}, ['x']])('refuses the client_secret %j', async (client_secret) =>
      expectNothingChanged(async () =>
        expectRefusal(
          await put(clientMetadata({ client_secret })),
          invalidMetadata('client_secret must be that of the client, an update cannot set it'),
        ),
      ),
    );

    it('refuses the stored hash as client_secret', async () => {
      const { clientSecretHash } = await entity();
      expectRefusal(
        await put(clientMetadata({ client_secret: clientSecretHash })),
        invalidMetadata('client_secret must be that of the client, an update cannot set it'),
      );
    });

    it('takes the right client_secret, which neither changes nor unhashes the stored one', async () => {
      const before = await entity();
      const { status, body } = await put(clientMetadata({ client_secret: client.client_secret }));
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('client_secret');
      const after = await entity();
      expect(after.clientSecretHash).toBe(before.clientSecretHash);
      expect(await server.app.get(OAuthClientService).verifySecret(after, client.client_secret)).toBe(true);
    });

    it('keeps the secret from one method with a secret to another', async () => {
      const { body } = await put(clientMetadata({ token_endpoint_auth_method: 'client_secret_basic' }));
      expect(body).not.toHaveProperty('client_secret');
      expect(body.client_secret_expires_at).toBe(0);
      expect(await server.app.get(OAuthClientService).verifySecret(await entity(), client.client_secret)).toBe(true);
    });

    it.each<[string, Members]>([
      ['none', {}],
      ['private_key_jwt', { jwks: { keys: [publicKey()] } }],
    ])('destroys the secret with a change to %s', async (token_endpoint_auth_method, members) => {
      const { body } = await put(clientMetadata({ token_endpoint_auth_method, ...members }));
      expect(body.token_endpoint_auth_method).toBe(token_endpoint_auth_method);
      expect(body).not.toHaveProperty('client_secret');
      expect(body).not.toHaveProperty('client_secret_expires_at');
      const after = await entity();
      expect(after).toMatchObject({ clientSecretHash: null, clientSecretExpiresAt: null });
      expect(await server.app.get(OAuthClientService).verifySecret(after, client.client_secret)).toBe(false);
    });

    it('issues a secret with a change from none, and shows it this once', async () => {
      await put(clientMetadata({ token_endpoint_auth_method: 'none' }));
      expectRefusal(
        await put(clientMetadata({ client_secret: client.client_secret })),
        invalidMetadata('client_secret must be that of the client, an update cannot set it'),
      );
      const { body } = await put(clientMetadata({ token_endpoint_auth_method: 'client_secret_post' }));
      expect(body).toMatchObject({ client_secret: expect.stringMatching(/^cs_/), client_secret_expires_at: 0 });
      expect(body.client_secret).not.toBe(client.client_secret);
      expect(await server.app.get(OAuthClientService).verifySecret(await entity(), body.client_secret)).toBe(true);
      expect((await send('GET')).body).not.toHaveProperty('client_secret');
    });

    it('judges the result whole, as a registration', async () => {
      const refused: [Members, Parameters<typeof expectRefusal>[1]][] = [
        [{}, NO_REDIRECT_URI],
        [{ redirect_uris: [] }, NO_REDIRECT_URI],
        [{ redirect_uris: ['javascript:alert(1)'] }, invalidRedirectUri('redirect_uris[0] must not use this scheme')],
        [clientMetadata({ client_name: 1 }), invalidMetadata('client_name must be a string')],
        [clientMetadata({ 'client_uri#ja': 'x:y' }), invalidMetadata(/^client_uri#ja must use https/)],
        [
          clientMetadata({ response_types: [] }),
          invalidMetadata(/^grant_types must contain a value this server supports/),
        ],
        [
          clientMetadata({ jwks: { keys: [publicKey()] }, jwks_uri: 'https://tides.example/jwks' }),
          invalidMetadata('jwks must not be present together with jwks_uri'),
        ],
        [
          clientMetadata({ token_endpoint_auth_method: 'private_key_jwt' }),
          invalidMetadata('token_endpoint_auth_method private_key_jwt needs jwks_uri, or jwks with a signature key'),
        ],
        [
          { grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' },
          invalidMetadata('grant_types must not contain client_credentials with token_endpoint_auth_method none'),
        ],
      ];
      for (const [members, refusal] of refused)
        await expectNothingChanged(async () => expectRefusal(await put(members), refusal));
    });

    it('narrows like a registration, and returns what it kept', async () => {
      const { status, body } = await put(
        clientMetadata({ grant_types: ['authorization_code', 'implicit'], scope: 'tides.read admin' }),
      );
      expect(status).toBe(200);
      expect(body).toMatchObject({ grant_types: ['authorization_code'], scope: 'tides.read' });
    });

    it.each([[[]], [[{}]], ['"text"'], ['1'], ['null'], ['{'], ['']])('refuses the body %j', async (body) =>
      expectNothingChanged(async () => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        expectRefusal(
          await server.request('PUT', `/register/${client.client_id}`, {
            token: client.registration_access_token,
            body: text,
            headers: { 'content-type': 'application/json' },
          }),
          NO_OBJECT,
        );
      }),
    );

    it('does not rotate the token of the client', async () => {
      await put(clientMetadata());
      await put(clientMetadata());
      expect((await send('GET')).body.registration_access_token).toBe(client.registration_access_token);
    });
  });

  describe('client delete request (RFC 7592 section 2.3)', () => {
    it('answers 204 without a body', async () => {
      const { status, headers, body } = await send('DELETE');
      expect(status).toBe(204);
      expect(body).toBeUndefined();
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('pragma')).toBe('no-cache');
      expect(headers.get('content-type')).toBeNull();
    });

    it('removes the client, its secret and its token', async () => {
      await send('DELETE');
      expect(await row()).toBeUndefined();
      for (const method of ['GET', 'DELETE']) expectRefusal(await send(method), BAD_TOKEN);
      expectRefusal(await put(clientMetadata()), BAD_TOKEN);
      expect(await server.app.get(OAuthClientService).find(client.client_id)).toBeUndefined();
    });

    it('removes nothing else', async () => {
      await server.register(clientMetadata(), initialAccessToken);
      const before = await rows();
      await send('DELETE');
      expect(await rows()).toEqual(before.filter(({ clientId }) => clientId !== client.client_id));
    });

    it('lets one of two at the same time succeed', async () => {
      const answers = await Promise.all([send('DELETE'), send('DELETE')]);
      expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['204', '401']);
    });

    it('takes a media type without a body', async () => {
      const { status } = await server.request('DELETE', `/register/${client.client_id}`, {
        token: client.registration_access_token,
        headers: { 'content-type': 'application/json' },
      });
      expect(status).toBe(204);
    });
  });
});
