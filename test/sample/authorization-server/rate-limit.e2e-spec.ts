import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { rateLimit } from '../../../sample/authorization-server/rate-limit.js';
import { expectRefusal } from '../../errors/refusal.js';
import { databases } from '../../support/databases.js';
import { adapters } from '../../support/start-server.js';
import { startAuthorizationServer, WEB, type RunningServer } from './running-server.js';

const [database] = databases;
if (!database) throw new Error('no database');

describe.each(adapters)('RATE_LIMIT of the sample (%s)', (adapter) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter, database, environment: { ACCESS: 'open', RATE_LIMIT: '3' } });
  });
  afterAll(async () => server?.stop());

  const request = async (path: string, init?: RequestInit) => {
    const response = await fetch(server.url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const register = (headers: Record<string, string> = {}) =>
    request('/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(WEB),
    });

  it('is how often a caller may register in a minute', async () => {
    for (let i = 0; i < 3; i++) expect((await register()).status).toBe(201);
    const refused = await register({ 'x-forwarded-for': '192.0.2.1' });
    expectRefusal(refused, { status: 429, error: 'temporarily_unavailable', description: 'too many requests' });
    expect(refused.headers.get('retry-after')).toMatch(/^(?:[3-5]\d|60)$/);
    // Another caller, at the same address.
    expect(await server.register(WEB)).toHaveProperty('client_id');
    // What is no registration is not counted.
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration', '/jwks']) {
      expect((await request(path)).status).toBe(200);
    }
  });
});

describe('RATE_LIMIT in the environment of the sample', () => {
  afterEach(() => vi.unstubAllEnvs());

  const read = async (value: string | undefined) => {
    vi.resetModules();
    vi.stubEnv('ENCRYPTION_KEY', randomBytes(32).toString('base64'));
    vi.stubEnv('RATE_LIMIT', value);
    const { environment } = await import('../../../sample/authorization-server/environment.js');
    return environment.rateLimit;
  };

  it.each(['0', '-1', '1.5', '1e3', 'off', ' 30', '1000000', ''])('cannot be "%s"', async (value) => {
    await expect(read(value)).rejects.toThrow('RATE_LIMIT must be a whole number from 1 to 999999');
  });

  it('is a number, and none unless it is set', async () => {
    expect(await read('30')).toBe(30);
    expect(await read('999999')).toBe(999_999);
    expect(await read(undefined)).toBeUndefined();
    expect(rateLimit(undefined)).toEqual({ imports: [], decorators: [] });
  });
});
