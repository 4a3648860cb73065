import {
  allowInsecureRequests,
  dynamicClientRegistrationRequest,
  processDynamicClientRegistrationResponse,
  type Client,
} from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, platforms, startServer, type TestServer } from '../support/start-server.js';
import { asUpdate, expectStrictAnswer, withoutSecret } from './strict-answer.js';

const redirect_uris = ['https://tides.example/cb'];

const SIGNATURE_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'tide',
  use: 'sig',
};

const clients: readonly (readonly [string, Partial<Client>])[] = [
  ['a confidential client', { redirect_uris }],
  ['a confidential client that posts its secret', { redirect_uris, token_endpoint_auth_method: 'client_secret_post' }],
  ['a public client', { redirect_uris, token_endpoint_auth_method: 'none' }],
  ['a machine', { grant_types: ['client_credentials'] }],
  ['a machine with lists that say so', { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }],
  [
    'a machine with a key',
    {
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [SIGNATURE_KEY] },
    },
  ],
  [
    'a client that says all it can',
    {
      redirect_uris,
      client_name: 'Tide Tables',
      'client_name#ja': '潮汐表',
      client_uri: 'https://tides.example/',
      logo_uri: 'https://tides.example/logo.png',
      tos_uri: 'https://tides.example/tos',
      policy_uri: 'https://tides.example/privacy',
      contacts: ['ops@tides.example'],
      scope: 'api:read',
      jwks_uri: 'https://tides.example/jwks.json',
      software_id: '4NRB1-0XZABZI9E6-5SM3R',
      software_version: '2.1',
    },
  ],
];

describe.each(platforms)('what client libraries demand of answers ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { server: { scopes: ['api:read', 'api:write'] } } });
  });
  afterAll(() => server.close());

  const request = async (metadata: Partial<Client>) =>
    dynamicClientRegistrationRequest({ issuer: ISSUER, registration_endpoint: `${server.url}/register` }, metadata, {
      initialAccessToken: await server.token(),
      [allowInsecureRequests]: true,
    });

  it.each(clients)('oauth4webapi takes the registration of %s', async (_, metadata) => {
    const response = await request(metadata);
    const answer = await response.clone().json();
    const client = await processDynamicClientRegistrationResponse(response);
    expect(client).toEqual(answer);
    expect(client).toMatchObject(metadata);
    expect(typeof client.client_secret).toBe(hasSecret(metadata) ? 'string' : 'undefined');
  });

  it('oauth4webapi reads a refusal', async () => {
    await expect(
      processDynamicClientRegistrationResponse(await request({ redirect_uris: ['http://tides.example/cb'] })),
    ).rejects.toMatchObject({ error: 'invalid_redirect_uri', status: 400 });
  });

  it.each(clients)('the MCP SDK and AppAuth take every answer about %s', async (_, metadata) => {
    const registered = await server.register(metadata);
    const { client_id, registration_access_token: token } = registered.body;
    const path = `/register/${client_id}`;
    const read = await server.request('GET', path, { token });
    const replaced = await server.request('PUT', path, { token, body: asUpdate(registered.body) });
    expect([registered.status, read.status, replaced.status]).toEqual([201, 200, 200]);
    for (const { body } of [registered, read, replaced]) expectStrictAnswer(body);
    expect(withoutSecret(registered.body)).toEqual(read.body);
    expect(read.body).toEqual(replaced.body);
  });

  it('shows a secret that an update issues, with its expiry', async () => {
    const { body } = await server.register({ redirect_uris, token_endpoint_auth_method: 'none' });
    const update = { ...asUpdate(body), token_endpoint_auth_method: 'client_secret_basic' };
    const replaced = await server.request('PUT', `/register/${body.client_id}`, {
      token: body.registration_access_token,
      body: update,
    });
    expect(replaced.body).toMatchObject({ client_secret: expect.any(String), client_secret_expires_at: 0 });
    expectStrictAnswer(replaced.body);
  });
});

describe.each(platforms)('answers of other configurations ($adapter, $database.name)', (platform) => {
  it('has neither token nor URI where clients do not manage themselves', async () => {
    const server = await startServer({ ...platform, options: { management: false } });
    try {
      const { status, body } = await server.register({ redirect_uris });
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('registration_access_token');
      expect(body).not.toHaveProperty('registration_client_uri');
      expectStrictAnswer(body);
    } finally {
      await server.close();
    }
  });

  it('has a number where secrets expire', async () => {
    const server = await startServer({ ...platform, options: { clientSecret: { lifetimeSeconds: 3600 } } });
    try {
      const { body } = await server.register({ redirect_uris });
      const { client_id_issued_at, client_secret_expires_at, registration_access_token: token } = body;
      expect(client_secret_expires_at - client_id_issued_at).toBeOneOf([3600, 3601]);
      const read = await server.request('GET', `/register/${body.client_id}`, { token });
      expect(read.body).toEqual(withoutSecret(body));
      expectStrictAnswer(read.body);
    } finally {
      await server.close();
    }
  });
});

function hasSecret({ token_endpoint_auth_method: method = 'client_secret_basic' }: Partial<Client>): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}
