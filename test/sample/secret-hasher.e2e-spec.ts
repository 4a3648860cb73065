import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthClientService, type OAuthClientRecord } from 'nestjs-dynamic-registration';
import { RegistrationModule } from '../../sample/secret-hasher/registration.module.js';
import { platforms } from '../support/start-server.js';
import { startSample, TIDE_TABLES, type RunningSample } from './start-sample.js';

describe.each(platforms)('sample secret-hasher ($adapter, $database.name)', (platform) => {
  let sample: RunningSample;
  beforeAll(async () => {
    sample = await startSample(RegistrationModule, platform);
  });
  afterAll(() => sample.close());

  const verify = (client: OAuthClientRecord | undefined, secret: string) =>
    client && sample.app.get(OAuthClientService, { strict: false }).verifySecret(client, secret);

  it('hashes and verifies generated secrets in its own scheme', async () => {
    const { body } = await sample.register(TIDE_TABLES, await sample.token());
    const client = await sample.client(body.client_id);
    expect(client?.clientSecretHash).toMatch(/^\$hmac-sha256\$[A-Za-z0-9_-]{43}$/);
    expect(await verify(client, body.client_secret)).toBe(true);
    expect(await verify(client, `${body.client_secret}x`)).toBe(false);
    expect(await verify(client, client?.clientSecretHash ?? '')).toBe(false);
  });

  it('leaves secrets a person chose to bcrypt', async () => {
    const { client } = await sample.app
      .get(OAuthClientService, { strict: false })
      .create({ ...TIDE_TABLES, clientSecret: 'correct horse battery staple' });
    expect(client.clientSecretHash).toMatch(/^\$2b\$/);
    expect(await verify(client, 'correct horse battery staple')).toBe(true);
    expect(await verify(client, 'correct horse')).toBe(false);
  });

  it('lets the client repeat its secret in an update, and nobody set one (RFC 7592 section 2.2)', async () => {
    const { body } = await sample.register(TIDE_TABLES, await sample.token());
    const { client_id, client_secret, registration_access_token } = body;
    const put = (secret: string) =>
      sample.request(
        'PUT',
        `/register/${client_id}`,
        { ...TIDE_TABLES, client_id, client_secret: secret },
        { authorization: `Bearer ${registration_access_token}` },
      );
    expect((await put(client_secret)).status).toBe(200);
    expect((await put('another')).status).toBe(400);
    expect(await verify(await sample.client(client_id), client_secret)).toBe(true);
  });
});
