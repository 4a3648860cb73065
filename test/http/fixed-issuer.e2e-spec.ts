import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { rawRequest } from '../support/raw-request.js';
import { ISSUER, platforms, startServer, type TestServer } from '../support/start-server.js';

const forged: Record<string, (readonly [string, string])[]> = {
  Host: [['Host', 'evil.test']],
  'Host with a port': [['Host', 'evil.test:443']],
  'an empty Host': [['Host', '']],
  'X-Forwarded-Host and X-Forwarded-Proto': [
    ['X-Forwarded-Host', 'evil.test'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '444'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Forwarded-Prefix', '/evil'],
    ['X-Original-URL', '/evil'],
  ],
  Forwarded: [['Forwarded', 'for=127.0.0.1;host=evil.test;proto=https']],
  'Origin and Referer': [
    ['Origin', 'https://evil.test'],
    ['Referer', 'https://evil.test/'],
  ],
};

describe.each(platforms)('URLs come from the option issuer alone ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { discovery: true },
      configure: (app) => {
        // A host behind a proxy trusts these headers.
        if (platform.adapter === 'express') app.getHttpAdapter().getInstance().set('trust proxy', true);
      },
    });
  });
  afterAll(() => server.close());

  it.each(Object.keys(forged))('whatever %s says', async (name) => {
    const headers = forged[name] ?? [];
    const registered = await rawRequest(server.port, {
      headers: [['Authorization', `Bearer ${await server.token()}`], ['Content-Type', 'application/json'], ...headers],
      body: JSON.stringify(clientMetadata()),
    });
    expect(registered.status).toBe(201);
    const { client_id, registration_access_token, registration_client_uri } = registered.body;
    expect(registration_client_uri).toBe(`${ISSUER}/register/${client_id}`);
    expect(registered.text).not.toContain('evil');

    const read = await rawRequest(server.port, {
      method: 'GET',
      path: `/register/${client_id}`,
      headers: [['Authorization', `Bearer ${registration_access_token}`], ...headers],
    });
    expect(read.body.registration_client_uri).toBe(registration_client_uri);

    const document = await rawRequest(server.port, {
      method: 'GET',
      path: '/.well-known/oauth-authorization-server',
      headers,
    });
    expect(document.body).toMatchObject({ issuer: ISSUER, registration_endpoint: `${ISSUER}/register` });
    expect(document.text).not.toContain('evil');
  });
});

describe.each(platforms)('an issuer with a path, and a mount ($adapter, $database.name)', (platform) => {
  it('mounts the endpoint where its URL says', async () => {
    const server = await startServer({
      ...platform,
      options: { issuer: 'https://auth.example.com/tenants/a/', path: 'oauth/clients' },
    });
    try {
      const token = await server.token();
      const { status, body } = await server.request('POST', '/tenants/a/oauth/clients', {
        token,
        body: clientMetadata(),
      });
      expect(status).toBe(201);
      expect(body.registration_client_uri).toBe(`https://auth.example.com/tenants/a/oauth/clients/${body.client_id}`);
      const path = new URL(body.registration_client_uri).pathname;
      expect((await server.request('GET', path, { token: body.registration_access_token })).status).toBe(200);
      expect((await fetch(`${server.url}/register`, { method: 'POST' })).status).toBe(404);
    } finally {
      await server.close();
    }
  });

  it('emits the URL clients know, wherever a proxy mounts it', async () => {
    const server = await startServer({
      ...platform,
      options: { issuer: 'https://auth.example.com', path: 'connect/register', mount: '/internal/dcr' },
    });
    try {
      const { status, body } = await server.request('POST', '/internal/dcr', {
        token: await server.token(),
        body: clientMetadata(),
      });
      expect(status).toBe(201);
      expect(body.registration_client_uri).toBe(`https://auth.example.com/connect/register/${body.client_id}`);
      const token = body.registration_access_token;
      expect((await server.request('GET', `/internal/dcr/${body.client_id}`, { token })).status).toBe(200);
    } finally {
      await server.close();
    }
  });
});
