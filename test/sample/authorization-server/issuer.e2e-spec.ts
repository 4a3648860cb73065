import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../../support/databases.js';
import { Person, type Page } from '../person.js';
import { startAuthorizationServer, WEB, type Client, type RunningServer } from './running-server.js';

const [database] = databases;
if (!database) throw new Error('no database');

/** A path is mounted by each of the adapters; without one the other tests of the sample have both. */
const hosts = [
  {
    adapter: 'express',
    name: 'without a path',
    path: '',
    issuerOf: (port: number) => `http://localhost:${port}`,
  },
  {
    adapter: 'fastify',
    name: 'with a path',
    path: '/tenant',
    issuerOf: (port: number) => `http://localhost:${port}/tenant`,
  },
  {
    adapter: 'express',
    name: 'behind a proxy with TLS',
    path: '/tenant',
    issuerOf: () => 'https://auth.example/tenant',
  },
] as const;

describe.each(hosts)('an issuer of the sample $name ($adapter)', ({ adapter, path, issuerOf }) => {
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    server = await startAuthorizationServer({ adapter, database, issuerOf });
    client = await server.register(WEB);
  });
  afterAll(async () => server?.stop());

  /** What a proxy does: it brings requests for the issuer to where the server listens. */
  const onBehalf = async (person: Person, page: Page): Promise<Page> => {
    const { leavesTo } = page;
    if (leavesTo?.href.startsWith(`${server.issuer}/`) !== true) return page;
    return onBehalf(person, await person.open(server.origin + leavesTo.pathname + leavesTo.search));
  };

  const places = [
    ...new Set([
      `/.well-known/oauth-authorization-server${path}`,
      `/.well-known/openid-configuration${path}`,
      `${path}/.well-known/openid-configuration`,
    ]),
  ];

  it.each(places)('has its document at %s, for pages of any origin (RFC 8414 section 3.1)', async (place) => {
    const preflight = await fetch(server.origin + place, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:6274',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
    const response = await fetch(server.origin + place);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/token`,
      registration_endpoint: `${server.issuer}/register`,
    });
  });

  it('is what URLs and cookies are made of, whatever the request says', async () => {
    const lies = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp', forwarded: 'host=evil.example' };
    const start = await fetch(server.authorizationUrl(client), { redirect: 'manual', headers: lies });
    await start.text();
    const page = String(start.headers.get('location'));
    expect(page).toMatch(new RegExp(`^${path}/interaction/`));
    const cookies = start.headers.getSetCookie();
    for (const cookie of cookies) {
      expect(/; secure/i.test(cookie)).toBe(server.issuer.startsWith('https:'));
      expect(cookie).toMatch(/; samesite=lax; .*httponly|; httponly.*samesite=lax/i);
    }
    const answer = await fetch(new URL(page, server.origin), {
      method: 'POST',
      redirect: 'manual',
      headers: { ...lies, cookie: cookies.map((one) => one.split(';')[0]).join('; ') },
      body: new URLSearchParams({ username: 'alice', password: 'alice', action: 'login' }),
    });
    await answer.text();
    expect(answer.headers.get('location')).toMatch(new RegExp(`^${server.issuer}/authorize/`));
  });

  it('is where tokens come from, to the proxy as well', async () => {
    const person = new Person();
    const login = await person.open(server.authorizationUrl(client));
    const consent = await onBehalf(person, await person.submit(login, { username: 'alice', password: 'alice' }));
    const back = await onBehalf(person, await person.submit(consent, { action: 'allow' }));
    expect(back.leavesTo?.searchParams.get('iss')).toBe(server.issuer);
    const { status, body } = await server.exchange(client, String(back.leavesTo?.searchParams.get('code')));
    expect([status, body['scope']]).toEqual([200, 'openid api:read api:write']);
  });
});
