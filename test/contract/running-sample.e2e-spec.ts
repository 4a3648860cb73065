import { registerClient } from '@modelcontextprotocol/sdk/client/auth.js';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { allowInsecureRequests, dynamicClientRegistration } from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedDatabase } from '../support/databases.js';
import { platformsInPairs } from '../support/start-server.js';
import { startSampleProcess, type SampleProcess } from './sample-process.js';

const redirect_uris = ['https://tides.example/cb'];
const FIXED_TOKEN = 'fixed-token-of-a-script-0123456789';

describe.each(platformsInPairs)('the authorization server of npm start ($adapter, $database.name)', (platform) => {
  let database: CreatedDatabase;
  let sample: SampleProcess | undefined;
  const running = () => {
    if (!sample) throw new Error('the sample is not running');
    return sample;
  };
  const start = async (environment: Record<string, string>) => {
    sample = await startSampleProcess({
      DATABASE_URL: database.url,
      HTTP_ADAPTER: platform.adapter,
      ...environment,
    });
  };
  beforeAll(async () => {
    database = await platform.database.create();
    await start({ INITIAL_ACCESS_TOKEN: FIXED_TOKEN });
  });
  afterAll(async () => {
    await sample?.stop();
    await database.drop();
  });

  it('prints where to register, a token and a request, one per line', () => {
    expect(running().printed('registration endpoint: ')).toBe(`${running().issuer}/register`);
    expect(running().printed('initial access token: ')).toBe(FIXED_TOKEN);
    expect(running().printed('curl ')).toContain(FIXED_TOKEN);
  });

  it('registers a client by the command it prints', async () => {
    const command = `curl ${running().printed('curl ')} -sS -w '\n%{http_code}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    const [body = '', status] = stdout.split('\n');
    expect(status).toBe('201');
    expect(JSON.parse(body)).toMatchObject({ client_id: expect.any(String), client_secret: expect.any(String) });
  });

  it('serves its metadata document (RFC 8414)', async () => {
    const response = await fetch(`${running().issuer}/.well-known/oauth-authorization-server`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      issuer: running().issuer,
      registration_endpoint: `${running().issuer}/register`,
    });
  });

  it.each([
    ['a confidential client', { redirect_uris }],
    ['a public client', { redirect_uris, token_endpoint_auth_method: 'none' }],
    ['a machine', { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }],
  ])('registers %s with openid-client and an initial access token', async (_, metadata) => {
    const configuration = await dynamicClientRegistration(new URL(running().issuer), metadata, undefined, {
      initialAccessToken: FIXED_TOKEN,
      algorithm: 'oauth2',
      execute: [allowInsecureRequests],
    });
    expect(configuration.clientMetadata()).toMatchObject({ client_id: expect.any(String), ...metadata });
    expect(configuration.serverMetadata().issuer).toBe(running().issuer);
  });

  it('refuses openid-client without a token', async () => {
    const registration = dynamicClientRegistration(new URL(running().issuer), { redirect_uris }, undefined, {
      algorithm: 'oauth2',
      execute: [allowInsecureRequests],
    });
    await expect(registration).rejects.toMatchObject({ status: 401 });
  });

  it('stops on SIGTERM, frees its port and keeps its clients', async () => {
    const before = running();
    const registered = await fetch(`${before.issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${FIXED_TOKEN}` },
      body: JSON.stringify({ redirect_uris }),
    });
    const client = (await registered.json()) as { client_id: string; registration_access_token: string };

    sample = undefined;
    expect(await before.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    const taker = createServer().listen(before.port, '127.0.0.1');
    await once(taker, 'listening');
    taker.close();
    await once(taker, 'close');

    await start({ ACCESS: 'open' });
    const read = await fetch(`${running().issuer}/register/${client.client_id}`, {
      headers: { authorization: `Bearer ${client.registration_access_token}` },
    });
    expect(read.status).toBe(200);
  });

  it('makes a token of its own where none is given', () => {
    expect(running().printed('initial access token: ')).toMatch(/^iat_[A-Za-z0-9_-]{43}$/);
  });

  it('registers the MCP SDK where registration is open', async () => {
    const client = await registerClient(running().issuer, {
      clientMetadata: {
        client_name: 'Tide Tables',
        redirect_uris: ['http://localhost:6274/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: 'api:read',
      },
    });
    expect(client).toMatchObject({ client_id: expect.any(String), scope: 'api:read' });
    expect(client).not.toHaveProperty('client_secret');
  });
});
