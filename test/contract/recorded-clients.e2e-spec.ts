import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedClients } from '../support/recorded-clients.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { asUpdate, expectStrictAnswer, withoutSecret } from './strict-answer.js';

describe.each(platforms)('clients in use register themselves ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { access: 'open', server: { scopes: ['api:read', 'api:write'] } },
    });
  });
  afterAll(() => server.close());

  it.each(recordedClients)('$name: registers, reads, replaces and deletes', async ({ body, effective }) => {
    const asked = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ''));
    const hasSecret = asked['token_endpoint_auth_method'] !== 'none';

    const registered = await server.register(body, null);
    expect(registered.status).toBe(201);
    const { client_id, client_secret, registration_access_token: token } = registered.body;
    expect(registered.body).toEqual({
      ...asked,
      ...effective,
      client_id: expect.any(String),
      client_id_issued_at: expect.any(Number),
      ...(hasSecret && { client_secret: expect.any(String), client_secret_expires_at: 0 }),
      registration_access_token: expect.any(String),
      registration_client_uri: expect.stringMatching(new RegExp(`/register/${client_id}$`)),
    });
    expectStrictAnswer(registered.body);

    const path = `/register/${client_id}`;
    const read = await server.request('GET', path, { token });
    expect(read.status).toBe(200);
    expect(read.body).toEqual(withoutSecret(registered.body));
    expectStrictAnswer(read.body);

    const replaced = await server.request('PUT', path, { token, body: { ...asUpdate(read.body), client_secret } });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toEqual(read.body);
    expectStrictAnswer(replaced.body);

    expect((await server.request('DELETE', path, { token })).status).toBe(204);
    expect((await server.request('GET', path, { token })).status).toBe(401);
  });
});
