import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, platforms, startServer, type TestServer } from '../support/start-server.js';

describe.each(platforms)('client registration endpoint, RFC 7591 section 3 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(platform);
  });
  afterAll(() => server.close());

  it('answers 201 with the client information and every applied default (RFC 7591 section 3.2.1)', async () => {
    const { status, headers, body } = await server.register({
      client_name: 'Tide Tables',
      redirect_uris: ['https://tides.example/cb'],
    });
    expect(status).toBe(201);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('pragma')).toBe('no-cache');
    expect(body).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_id_issued_at: expect.any(Number),
      client_secret: expect.stringMatching(/^cs_[A-Za-z0-9_-]{43}$/),
      client_secret_expires_at: 0,
      client_name: 'Tide Tables',
      redirect_uris: ['https://tides.example/cb'],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'web',
      registration_access_token: expect.stringMatching(/^rat_[A-Za-z0-9_-]{43}$/),
      registration_client_uri: `${ISSUER}/register/${body.client_id}`,
    });
  });
});
