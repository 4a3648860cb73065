import { OAuthClient, RegistrationAccessTokenService } from 'nestjs-dynamic-registration';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const BODY = { redirect_uris: ['https://tides.example/cb'] };

describe.each(databases)('registration access tokens, RFC 7592 section 3 ($name)', (database) => {
  let server: TestServer;
  let tokens: RegistrationAccessTokenService;
  let client: JsonResponse['body'];
  beforeAll(async () => {
    server = await startServer({ database });
    tokens = server.app.get(RegistrationAccessTokenService, { strict: false });
    client = (await server.register(BODY)).body;
  });
  afterAll(() => server.close());

  const row = (clientId: string) => server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId });

  it('are opaque, and only their SHA-256 is kept', async () => {
    expect(client.registration_access_token).toMatch(/^rat_[A-Za-z0-9_-]{43}$/);
    const stored = await row(client.client_id);
    expect(stored.registrationAccessTokenHash).toBe(
      createHash('sha256').update(client.registration_access_token).digest('hex'),
    );
  });

  it('belong to one client', async () => {
    const other = (await server.register(BODY)).body;
    await expect(tokens.authenticate(client.client_id, client.registration_access_token)).resolves.toMatchObject({
      client: { clientId: client.client_id },
      registrationAccessToken: client.registration_access_token,
    });
    await expect(tokens.authenticate(client.client_id, other.registration_access_token)).resolves.toBeUndefined();
    await expect(tokens.authenticate(other.client_id, client.registration_access_token)).resolves.toBeUndefined();
  });

  it('are not their own hash, and not a token of another kind', async () => {
    const { registrationAccessTokenHash } = await row(client.client_id);
    await expect(tokens.authenticate(client.client_id, registrationAccessTokenHash ?? '')).resolves.toBeUndefined();
    await expect(tokens.authenticate(client.client_id, await server.token())).resolves.toBeUndefined();
    await expect(tokens.authenticate(client.client_id, client.client_secret)).resolves.toBeUndefined();
  });

  it('of a client that has none is no token, not even the empty one', async () => {
    const bare = (await server.register(BODY)).body;
    await server.dataSource
      .getRepository(OAuthClient)
      .update({ clientId: bare.client_id }, { registrationAccessTokenHash: null });
    for (const token of ['', 'null', bare.registration_access_token]) {
      await expect(tokens.authenticate(bare.client_id, token)).resolves.toBeUndefined();
    }
  });

  it.each<unknown>([undefined, null, '', 'nobody', 'a\0b'])('are good for no client called %j', async (clientId) => {
    await expect(tokens.authenticate(clientId as string, client.registration_access_token)).resolves.toBeUndefined();
    await expect(tokens.authenticate(clientId as string, '')).resolves.toBeUndefined();
  });

  it('end with their client (RFC 7592 section 2.3)', async () => {
    const gone = (await server.register(BODY)).body;
    await server.request('DELETE', `/register/${gone.client_id}`, { token: gone.registration_access_token });
    await expect(tokens.authenticate(gone.client_id, gone.registration_access_token)).resolves.toBeUndefined();
  });
});

describe.each(databases)('registration access tokens without management ($name)', (database) => {
  it('are neither issued nor answered, with a hash of nothing kept', async () => {
    const server = await startServer({ database, options: { management: false } });
    try {
      const { status, body } = await server.register(BODY);
      expect(status).toBe(201);
      expect(body).not.toHaveProperty('registration_access_token');
      expect(body).not.toHaveProperty('registration_client_uri');
      const stored = await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: body.client_id });
      expect(stored.registrationAccessTokenHash).toBeNull();
    } finally {
      await server.close();
    }
  });
});
