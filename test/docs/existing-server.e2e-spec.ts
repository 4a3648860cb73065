import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followGuide, type RunningGuide } from './guide.js';

type Json = Readonly<Record<string, unknown>>;

describe('docs/existing-server.md, followed to the letter', () => {
  let guide: RunningGuide;
  let client: Readonly<Record<'client_id' | 'client_secret' | 'registration_access_token', string>>;

  beforeAll(async () => {
    guide = await followGuide('existing-server', { DATABASE: ':memory:' });
    const TOKEN = guide.printed('TOKEN=');
    client = JSON.parse(await guide.command('/register', { TOKEN })) as typeof client;
  });
  afterAll(async () => guide.stop());

  const token = async (secret: string) =>
    JSON.parse(await guide.command('/token', { CLIENT_ID: client.client_id, CLIENT_SECRET: secret })) as Json;
  const authorize = async (query: Record<string, string>) =>
    fetch(`${guide.url}/authorize?${new URLSearchParams(query).toString()}`, { redirect: 'manual' });

  it('registers a client that gets a token', async () => {
    expect(await token(client.client_secret)).toMatchObject({ token_type: 'Bearer', scope: 'tides.read' });
  });

  it('refuses a wrong secret in the shape of OAuth', async () => {
    expect(await token('wrong')).toEqual({
      error: 'invalid_client',
      error_description: 'client authentication failed',
    });
  });

  it('publishes where everything is', async () => {
    expect(JSON.parse(await guide.command('/.well-known/')) as Json).toMatchObject({
      issuer: guide.url,
      registration_endpoint: `${guide.url}/register`,
      token_endpoint: `${guide.url}/token`,
      scopes_supported: ['tides.read', 'tides.write'],
    });
  });

  describe('at the authorization endpoint', () => {
    const redirect_uri = 'https://tides.example/cb';
    let client_id: string;

    beforeAll(async () => {
      const response = await fetch(`${guide.url}/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${guide.printed('TOKEN=')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'Tide Tables', redirect_uris: [redirect_uri] }),
      });
      ({ client_id } = (await response.json()) as { client_id: string });
    });

    it('tells a consent page who asks', async () => {
      const response = await authorize({
        client_id,
        redirect_uri,
        response_type: 'code',
        code_challenge_method: 'S256',
      });
      expect(await response.json()).toMatchObject({
        consent: {
          clientName: 'Tide Tables',
          isSelfRegistered: true,
          redirectHost: 'tides.example',
          othersWithThisName: 1,
        },
        scopes: ['tides.read', 'tides.write'],
      });
    });

    it('redirects nobody for an unknown client or redirect URI', async () => {
      const unknown = await authorize({ client_id: 'nobody', redirect_uri, response_type: 'code' });
      expect([unknown.status, unknown.headers.get('location')]).toEqual([404, null]);
      const elsewhere = await authorize({ client_id, redirect_uri: 'https://evil.example/', response_type: 'code' });
      expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([400, null]);
    });

    it.each([
      ['unsupported_response_type', { response_type: 'token', code_challenge_method: 'S256' }],
      ['invalid_request', { response_type: 'code' }],
      ['invalid_scope', { response_type: 'code', code_challenge_method: 'S256', scope: 'admin' }],
    ])('answers the client %s', async (error, query) => {
      const response = await authorize({ client_id, redirect_uri, state: 'xyz', ...query });
      expect(response.headers.get('location')).toBe(`${redirect_uri}?error=${error}&state=xyz`);
    });
  });
});
