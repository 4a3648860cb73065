import { OAuthClient } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal, notOffered } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

describe.each(platforms)('without management, RFC 7592 section 1 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { management: false } });
  });
  afterAll(() => server.close());

  it('issues neither token nor location: both or neither (OpenID Connect Registration section 3.2)', async () => {
    const { status, body } = await server.register(clientMetadata());
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('registration_access_token');
    expect(body).not.toHaveProperty('registration_client_uri');
    const { registrationAccessTokenHash } = await server.dataSource
      .getRepository(OAuthClient)
      .findOneByOrFail({ clientId: body.client_id });
    expect(registrationAccessTokenHash).toBeNull();
  });

  it.each(['GET', 'PUT', 'DELETE', 'POST', 'PATCH', 'HEAD'])('has no endpoint to %s', async (method) => {
    const { body } = await server.register(clientMetadata());
    const response = await fetch(`${server.url}/register/${body.client_id}`, { method });
    expect(response.status).toBe(404);
  });
});

describe.each(platforms)('management without update and delete ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { management: { read: true, update: false, delete: false } } });
  });
  afterAll(() => server.close());

  it('lets a client read itself', async () => {
    const { body } = await server.register(clientMetadata());
    const token = body.registration_access_token;
    expect((await server.request('GET', `/register/${body.client_id}`, { token })).status).toBe(200);
    expectRefusal(await server.request('GET', `/register/${body.client_id}`, { token: `${token}x` }), BAD_TOKEN);
  });

  it.each(['PUT', 'DELETE'])('answers %s with 405, with and without a token', async (method) => {
    const { body } = await server.register(clientMetadata());
    for (const credential of [{ token: body.registration_access_token }, {}]) {
      expectRefusal(
        await server.request(method, `/register/${body.client_id}`, credential),
        notOffered(method, 'HEAD, GET, OPTIONS'),
      );
    }
    expect(await server.dataSource.getRepository(OAuthClient).findOneBy({ clientId: body.client_id })).toMatchObject({
      version: 1,
    });
  });
});

describe.each(platforms)('management without update ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { management: { read: true, update: false } } });
  });
  afterAll(() => server.close());

  it('keeps what the option does not name', async () => {
    const { body } = await server.register(clientMetadata());
    const path = `/register/${body.client_id}`;
    const token = body.registration_access_token;
    expectRefusal(
      await server.request('PUT', path, { token, body: clientMetadata({ client_id: body.client_id }) }),
      notOffered('PUT', 'HEAD, GET, DELETE, OPTIONS'),
    );
    expect((await server.request('GET', path, { token })).status).toBe(200);
    expect((await server.request('DELETE', path, { token })).status).toBe(204);
  });
});

describe.each(platforms)('management without reading ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { management: { read: false } } });
  });
  afterAll(() => server.close());

  it('answers GET and HEAD with 405, and still updates and deletes', async () => {
    const { body } = await server.register(clientMetadata());
    const path = `/register/${body.client_id}`;
    const token = body.registration_access_token;
    expectRefusal(await server.request('GET', path, { token }), notOffered('GET', 'PUT, DELETE, OPTIONS'));
    expect((await server.request('HEAD', path, { token })).status).toBe(405);
    const update = { token, body: clientMetadata({ client_id: body.client_id, client_name: 'Tides 2' }) };
    expect((await server.request('PUT', path, update)).body.client_name).toBe('Tides 2');
    expect((await server.request('DELETE', path, { token })).status).toBe(204);
  });
});
