import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformsOnce } from '../../support/start-server.js';
import { Person, type Page } from '../person.js';
import { PUBLIC, startAuthorizationServer, type RunningServer } from './running-server.js';

/** What the forms of a page may lead to. */
const formAction = ({ headers }: Page) =>
  /form-action ([^;]*)/.exec(String(headers.get('content-security-policy')))?.[1];
const refreshOf = (text: string) => /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(text)?.[1];

describe.each(platformsOnce)('leaving the pages of the sample ($adapter, $database.name)', (platform) => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startAuthorizationServer(platform);
  });
  afterAll(async () => server?.stop());

  /** Sends a form as a browser does, and shows what it gets before it goes anywhere. */
  const send = async ({ url }: Page, cookies: string, form: Readonly<Record<string, string>>) => {
    const response = await fetch(new URL(url.pathname, url), {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: cookies },
      body: new URLSearchParams(form),
    });
    return { response, text: await response.text() };
  };
  /** The login page, with its cookies. */
  const loginPage = async (redirectUri: string) => {
    const client = await server.register({ ...PUBLIC, redirect_uris: [redirectUri] });
    const start = await fetch(server.authorizationUrl(client, { redirect_uri: redirectUri }), { redirect: 'manual' });
    await start.text();
    const cookies = start.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const url = new URL(String(start.headers.get('location')), server.url);
    const response = await fetch(url, { headers: { cookie: cookies } });
    return {
      page: { url, status: response.status, headers: response.headers, text: await response.text() },
      cookies,
    };
  };
  const ALICE = { username: 'alice', password: 'alice', action: 'login' };

  it.each([
    'https://tides.example/cb',
    'http://127.0.0.1:33418/cb',
    'http://localhost:8080/cb',
    'http://[::1]:8080/cb',
  ])(
    'no redirect stands behind a form where %s is asked: it may redirect anywhere, which form-action would forbid',
    async (redirectUri) => {
      const { page, cookies } = await loginPage(redirectUri);
      expect(formAction(page)).toBe("'self'");
      const { response, text } = await send(page, cookies, ALICE);
      expect(response.status).toBe(201);
      expect(refreshOf(text)).toMatch(new RegExp(`^${server.issuer}/authorize/`));
      expect(response.headers.get('location')).toBe(refreshOf(text));
      expect(response.headers.get('content-security-policy')).toContain("form-action 'self';");
    },
  );

  it.each(['cursor://anysphere.cursor-mcp/oauth/callback', 'com.example.app:/cb'])(
    'an app is opened by what the person did, and its scheme is all that form-action adds: %s',
    async (redirectUri) => {
      const { page, cookies } = await loginPage(redirectUri);
      expect(formAction(page)).toBe(`'self' ${new URL(redirectUri).protocol}`);
      const { response } = await send(page, cookies, ALICE);
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(new RegExp(`^${server.issuer}/authorize/`));
    },
  );

  it.each(['https://tides.example/bye', 'com.example.app:/bye'])('signing out leads to %s', async (uri) => {
    const isApp = !uri.startsWith('https:');
    const redirectUri = uri.replace('/bye', '/cb');
    const client = await server.register({
      ...PUBLIC,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [uri],
    });
    const person = new Person();
    await person.authorize(server.authorizationUrl(client, { redirect_uri: redirectUri }));
    const query = new URLSearchParams({ client_id: client.client_id, post_logout_redirect_uri: uri, state: 'a"b' });
    const asked = await person.open(`${server.url}/logout?${query.toString()}`);
    expect(formAction(asked)).toBe(isApp ? "'self' com.example.app:" : "'self'");
    const form = { ...asked, url: new URL(`${server.url}/logout/confirm`) };
    if (isApp) {
      expect((await person.submit(form, { logout: 'yes' })).leavesTo?.href).toBe(`${uri}?state=a%22b`);
    } else {
      const left = await person.submit(form, { logout: 'yes' });
      expect([left.status, refreshOf(left.text)]).toEqual([200, `${uri}?state=a%22b`]);
    }
  });
});
