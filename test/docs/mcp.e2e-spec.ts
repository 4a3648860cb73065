import { discoverAuthorizationServerMetadata, registerClient } from '@modelcontextprotocol/sdk/client/auth.js';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedClients } from '../support/recorded-clients.js';
import { followGuide, type RunningGuide } from './guide.js';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/mcp.md', root), 'utf8');

describe('docs/mcp.md, followed to the letter', () => {
  let guide: RunningGuide;
  beforeAll(async () => {
    guide = await followGuide('mcp', { DATABASE: ':memory:' });
  });
  afterAll(async () => guide.stop());

  it('registers VS Code, narrowed to what the server has', async () => {
    expect(JSON.parse(await guide.command('Visual Studio Code'))).toMatchObject({
      client_id: expect.any(String),
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'tides.read offline_access',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    });
  });

  it.each(recordedClients)('registers $name', async ({ body }) => {
    const response = await fetch(`${guide.url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:6274' },
      body: JSON.stringify(body),
    });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([201, '*']);
  });

  it('registers what the MCP SDK sends, by the document it reads', async () => {
    const metadata = await discoverAuthorizationServerMetadata(guide.url);
    const client = await registerClient(guide.url, {
      ...(metadata && { metadata }),
      clientMetadata: { redirect_uris: ['http://localhost:8090/callback'], token_endpoint_auth_method: 'none' },
    });
    expect(client.client_id).toEqual(expect.any(String));
  });

  it('starts what there is to start', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const started = [...page.matchAll(/npm (?:run )?(start|sample:mcp)$/gm)].map(([, script = '']) => script);
    expect(started).toEqual(['start', 'sample:mcp']);
    for (const script of started) expect(scripts[script]).toBeDefined();
  });
});
