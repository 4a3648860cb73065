import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followGuide, type RunningGuide } from './guide.js';

describe('docs/oidc-provider.md, followed to the letter', () => {
  let guide: RunningGuide;
  let client: Readonly<Record<'client_id' | 'client_secret' | 'registration_access_token', string>>;

  beforeAll(async () => {
    guide = await followGuide('oidc-provider', { DATABASE: ':memory:' });
    const TOKEN = guide.printed('TOKEN=');
    client = JSON.parse(await guide.command('/register', { TOKEN })) as typeof client;
  });
  afterAll(async () => guide.stop());

  const token = async (secret: string) =>
    JSON.parse(await guide.command('/token', { CLIENT_ID: client.client_id, CLIENT_SECRET: secret })) as object;

  it('gets a registered client a token of the provider', async () => {
    expect(await token(client.client_secret)).toMatchObject({ token_type: 'Bearer', scope: 'tides.read' });
    expect(await token('wrong')).toMatchObject({ error: 'invalid_client' });
  });

  it('names our endpoint in the document of the provider', async () => {
    expect(JSON.parse(await guide.command('/.well-known/'))).toMatchObject({
      issuer: guide.url,
      registration_endpoint: `${guide.url}/register`,
    });
  });

  it('knows a client no more that has deleted itself', async () => {
    const deleted = await fetch(`${guide.url}/register/${client.client_id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${client.registration_access_token}` },
    });
    expect(deleted.status).toBe(204);
    expect(await token(client.client_secret)).toMatchObject({ error: 'invalid_client' });
  });
});
