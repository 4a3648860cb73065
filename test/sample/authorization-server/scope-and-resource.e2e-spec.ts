import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformsOnce } from '../../support/start-server.js';
import { dcrProcess } from '../../cli/dcr.js';
import { Person } from '../person.js';
import { PUBLIC, startAuthorizationServer, WEB, type Client, type RunningServer } from './running-server.js';

const MCP = 'http://localhost:3001/mcp';

describe.each(platformsOnce)('what tokens of the sample are for ($adapter, $database.name)', (platform) => {
  let server: RunningServer;
  let client: Client;

  beforeAll(async () => {
    server = await startAuthorizationServer(platform);
    client = await server.register(WEB);
  });
  afterAll(async () => server?.stop());

  const tokensFor = async (by: Client, more?: Readonly<Record<string, string | undefined>>) => {
    const { status, body } = await server.exchange(by, await server.codeFor(by, more));
    expect(status).toBe(200);
    return body;
  };
  const setScope = async (...option: string[]) =>
    dcrProcess(['clients', 'set-scope', '--id', client.client_id, ...option, '--connect', server.database.url]);

  describe('scope (RFC 6749 section 3.3)', () => {
    it.each([undefined, ''])(
      '%j is all that the client has registered, which the person is asked for',
      async (scope) => {
        const person = new Person();
        const login = await person.open(server.authorizationUrl(client, { scope }));
        const { text } = await person.submit(login, { username: 'alice', password: 'alice' });
        for (const words of ['know who you are', 'see your e-mail address', 'change your data']) {
          expect(text).toContain(words);
        }
        expect((await tokensFor(client, { scope }))['scope']).toBe('openid profile email api:read api:write');
      },
    );

    it('that is unknown as a whole is invalid_scope; otherwise what is known is given', async () => {
      const { leavesTo } = await new Person().open(server.authorizationUrl(client, { scope: 'tides:all' }));
      expect(leavesTo?.searchParams.get('error')).toBe('invalid_scope');
      expect((await tokensFor(client, { scope: 'api:read tides:all' }))['scope']).toBe('api:read');
    });

    it('that an operator takes away, in another process, is gone from tokens that live', async () => {
      const narrowed = await server.register(WEB);
      client = narrowed;
      const { access_token } = await tokensFor(narrowed);
      const machine = await server.form(
        '/token',
        { grant_type: 'client_credentials', scope: 'api:read api:write' },
        narrowed,
      );
      expect((await setScope('--scopes', 'openid api:read')).code).toBe(0);
      const reader = await server.register(WEB);
      expect((await server.introspect(access_token, reader))['scope']).toBe('openid api:read');
      expect((await server.introspect(machine.body['access_token'], reader))['scope']).toBe('api:read');

      expect((await setScope('--clear')).code).toBe(0);
      expect(await server.introspect(access_token, reader)).not.toHaveProperty('scope');
      const { leavesTo } = await new Person().open(server.authorizationUrl(narrowed));
      expect(leavesTo?.searchParams.get('error')).toBe('invalid_scope');
    });
  });

  describe('resource (RFC 8707)', () => {
    it('is the audience of tokens, refreshed ones and those of machines included', async () => {
      const by = await server.register(WEB);
      const { access_token, refresh_token, scope } = await tokensFor(by, { resource: MCP });
      expect(scope).toBe('api:read api:write');
      const refreshed = await server.refresh(by, refresh_token, { resource: MCP });
      const machine = await server.form(
        '/token',
        { grant_type: 'client_credentials', scope: 'api:read', resource: MCP },
        by,
      );
      for (const token of [access_token, refreshed.body['access_token'], machine.body['access_token']]) {
        expect(await server.introspect(token, by)).toMatchObject({ active: true, aud: MCP });
      }
      // A token for another server is none for this one.
      const userinfo = await fetch(`${server.url}/userinfo`, {
        headers: { authorization: `Bearer ${String(access_token)}` },
      });
      expect(userinfo.status).toBe(403);
    });

    it('is shown to the person', async () => {
      const person = new Person();
      const by = await server.register(WEB);
      const login = await person.open(server.authorizationUrl(by, { resource: MCP }));
      const { text } = await person.submit(login, { username: 'alice', password: 'alice' });
      expect(text).toContain(`<bdi>${MCP}</bdi>`);
    });

    it.each(['urn:tides', '/mcp', 'http:tides', 'https://', 'javascript:alert(1)', `${MCP}#part`])(
      'is an absolute URL of http or https without a fragment, and not %s',
      async (resource) => {
        const by = await server.register(WEB);
        const { leavesTo } = await new Person().open(server.authorizationUrl(by, { resource }));
        expect(leavesTo?.searchParams.get('error')).toBe('invalid_target');
        const machine = { grant_type: 'client_credentials', scope: 'api:read', resource };
        const { status, body } = await server.form('/token', machine, by);
        expect([status, body['error']]).toEqual([400, 'invalid_target']);
      },
    );
  });

  describe('whose token it is (RFC 7662 section 2.1, RFC 7009 section 2.1)', () => {
    it('a public client learns of its own tokens only, and revokes no others', async () => {
      const confidential = await server.register(WEB);
      const publicClient = await server.register(PUBLIC);
      const own = await tokensFor(publicClient);
      const { access_token, refresh_token } = await tokensFor(confidential);
      expect((await server.introspect(own['access_token'], publicClient))['active']).toBe(true);
      expect((await server.introspect(own['access_token'], confidential))['active']).toBe(true);
      for (const token of [access_token, refresh_token]) {
        expect(await server.introspect(token, publicClient)).toEqual({ active: false });
        await server.form('/revoke', { token: String(token) }, publicClient);
        expect((await server.introspect(token, confidential))['active']).toBe(true);
      }
    });
  });
});
