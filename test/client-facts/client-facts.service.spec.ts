import * as fc from 'fast-check';
import {
  ClientFactsService,
  OAuthClient,
  OAuthClientService,
  type DynamicRegistrationOptions,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { startServer, type TestServer } from '../support/start-server.js';

const SERVER = {
  scopes: ['tides.read', 'tides.write', 'openid'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  responseTypes: ['code', 'id_token code'],
} as const;

describe.each(databases)('ClientFactsService ($name)', (database) => {
  let server: TestServer;
  let facts: ClientFactsService;
  beforeAll(async () => {
    server = await startServer({ database, options: { server: SERVER, access: 'open' } });
    facts = server.app.get(ClientFactsService, { strict: false });
  });
  afterAll(() => server.close());

  const register = async (members: Members = {}, token?: null): Promise<OAuthClientRecord> => {
    const { status, body } = await server.register(clientMetadata(members), token);
    expect(status).toBe(201);
    return find(body.client_id as string);
  };
  const find = async (clientId: string): Promise<OAuthClientRecord> => {
    const client = await server.app.get(OAuthClientService, { strict: false }).find(clientId);
    if (!client) throw new Error('there is no such client');
    return client;
  };
  /** The facts of a server with other options, about clients of this one. */
  const later = async <T>(options: Partial<DynamicRegistrationOptions>, work: (facts: ClientFactsService) => T) => {
    const other = await startServer({ database, options: { server: SERVER, ...options } });
    try {
      return work(other.app.get(ClientFactsService, { strict: false }));
    } finally {
      await other.close();
    }
  };

  describe('isGrantTypeAllowed', () => {
    it('is for what the client has registered', async () => {
      const client = await register({ grant_types: ['authorization_code', 'client_credentials'] });
      const allowed = SERVER.grantTypes.filter((grantType) => facts.isGrantTypeAllowed(client, grantType));
      expect(allowed).toEqual(['authorization_code', 'client_credentials']);
      expect(facts.isGrantTypeAllowed(client, '')).toBe(false);
      expect(facts.isGrantTypeAllowed(client, 'toString')).toBe(false);
    });

    it('is for what the server still supports', async () => {
      const client = await register({ grant_types: ['authorization_code', 'refresh_token'] });
      const server = { ...SERVER, grantTypes: ['authorization_code'] };
      expect(await later({ server }, (those) => those.isGrantTypeAllowed(client, 'refresh_token'))).toBe(false);
    });

    it('gives a public client no client_credentials, whatever its row says (RFC 6749 section 4.4)', async () => {
      const client = await register({ token_endpoint_auth_method: 'none' });
      const bent = { ...client, grantTypes: ['client_credentials'] };
      expect(facts.isGrantTypeAllowed(bent, 'client_credentials')).toBe(false);
    });

    it('binds a client that registered openly to openGrantTypes', async () => {
      const client = await register({ grant_types: ['authorization_code', 'refresh_token'] }, null);
      expect(facts.isGrantTypeAllowed(client, 'refresh_token')).toBe(true);
      expect(
        await later({ openGrantTypes: ['authorization_code'] }, (those) =>
          those.isGrantTypeAllowed(client, 'refresh_token'),
        ),
      ).toBe(false);
      const bent = { ...client, grantTypes: ['client_credentials'] };
      expect(facts.isGrantTypeAllowed(bent, 'client_credentials')).toBe(false);
    });
  });

  describe('isResponseTypeAllowed', () => {
    it('is for what the client has registered, in any order of the words', async () => {
      const client = { ...(await register()), responseTypes: ['code id_token'] };
      for (const type of ['id_token code', 'code id_token'])
        expect(facts.isResponseTypeAllowed(client, type)).toBe(true);
      for (const type of ['code', 'id_token', 'token', 'code id_token token', '', ' ']) {
        expect(facts.isResponseTypeAllowed(client, type), type).toBe(false);
      }
    });

    it('is for what the server still supports', async () => {
      const client = { ...(await register()), responseTypes: ['code', 'token'] };
      expect([facts.isResponseTypeAllowed(client, 'code'), facts.isResponseTypeAllowed(client, 'token')]).toEqual([
        true,
        false,
      ]);
    });
  });

  describe('resolveScopes (RFC 6749 section 3.3)', () => {
    const scoped = (scope: string | null) => ({ scope }) as OAuthClientRecord;

    it.each<[string | undefined, string[]]>([
      [undefined, ['tides.read', 'openid']],
      ['', ['tides.read', 'openid']],
      ['openid', ['openid']],
      ['openid tides.read', ['openid', 'tides.read']],
      ['openid openid', ['openid']],
      ['tides.write', []],
      ['openid tides.write admin', ['openid']],
      ['OPENID', []],
    ])('of a client with "tides.read openid" that asks for %j are %j', (requested, expected) => {
      expect(facts.resolveScopes(scoped('tides.read openid'), requested)).toEqual(expected);
    });

    it('are none of a client without, and what the server does not support any more is gone', () => {
      expect(facts.resolveScopes(scoped(null), 'openid')).toEqual([]);
      expect(facts.resolveScopes(scoped('openid admin'))).toEqual(['openid']);
    });

    it('never go beyond what is registered, requested and supported', () => {
      const words = fc.array(fc.constantFrom(...SERVER.scopes, 'admin', 'x')).map((list) => list.join(' '));
      fc.assert(
        fc.property(words, words, (registered, requested) => {
          for (const scope of facts.resolveScopes(scoped(registered), requested)) {
            expect(registered.split(' ')).toContain(scope);
            expect(SERVER.scopes).toContain(scope);
            if (requested !== '') expect(requested.split(' ')).toContain(scope);
          }
        }),
      );
    });
  });

  describe('requirePkce (RFC 9700 section 2.1.1)', () => {
    it('is for public clients and for all that registered themselves', async () => {
      const clients = server.app.get(OAuthClientService, { strict: false });
      const confidential = await clients.create(clientMetadata());
      const publicClient = await clients.create(clientMetadata({ token_endpoint_auth_method: 'none' }));
      expect([
        facts.requirePkce(await register()),
        facts.requirePkce(publicClient.client),
        facts.requirePkce(confidential.client),
      ]).toEqual([true, true, false]);
    });
  });

  describe('describeForConsent (RFC 9700 section 4.11.2)', () => {
    it('tells of a web client', async () => {
      const name = `Web ${database.kind}`;
      const client = await register({
        client_name: name,
        redirect_uris: ['https://tides.example/cb', 'https://tides.example/other', 'https://www.tides.example:8443/cb'],
      });
      expect(await facts.describeForConsent(client, 'https://www.tides.example:8443/cb')).toEqual({
        clientName: name,
        isSelfRegistered: true,
        registeredAt: client.clientIdIssuedAt,
        ageSeconds: expect.any(Number),
        redirectHost: 'www.tides.example',
        redirectKind: 'web',
        redirectHosts: ['tides.example', 'www.tides.example'],
        isLoopbackOnly: false,
        othersWithThisName: 0,
      });
    });

    it('tells of a native client: on this machine alone, or by a scheme of its own', async () => {
      const loopback = await register({
        redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]/cb', 'http://localhost/cb'],
      });
      expect(await facts.describeForConsent(loopback, 'http://127.0.0.1:33418/cb')).toMatchObject({
        redirectHost: '127.0.0.1',
        redirectKind: 'loopback',
        redirectHosts: ['127.0.0.1', '[::1]', 'localhost'],
        isLoopbackOnly: true,
      });
      const mixed = await register({ redirect_uris: ['cursor://anysphere.cursor-mcp/cb', 'http://localhost:8787/cb'] });
      expect(await facts.describeForConsent(mixed, 'cursor://anysphere.cursor-mcp/cb')).toMatchObject({
        redirectHost: 'cursor:',
        redirectKind: 'private-use',
        redirectHosts: ['cursor:', 'localhost'],
        isLoopbackOnly: false,
      });
    });

    it('tells of a client that somebody added by hand, without name and redirect URI', async () => {
      const { client } = await server.app
        .get(OAuthClientService, { strict: false })
        .create({ grant_types: ['client_credentials'], response_types: [] });
      expect(await facts.describeForConsent(client)).toMatchObject({
        clientName: undefined,
        isSelfRegistered: false,
        redirectHost: undefined,
        redirectKind: undefined,
        redirectHosts: [],
        isLoopbackOnly: false,
        othersWithThisName: 0,
      });
    });

    it('counts the others with this name', async () => {
      const client_name = `Often ${database.kind}`;
      const clients = [
        await register({ client_name }),
        await register({ client_name }),
        await register({ client_name }),
      ];
      for (const client of clients)
        expect(await facts.describeForConsent(client)).toMatchObject({ othersWithThisName: 2 });
    });

    it('tells a tenant nothing of the clients of others', async () => {
      const client_name = `Apart ${database.kind}`;
      const [first] = [await register({ client_name }), await register({ client_name })];
      const rows = server.dataSource.getRepository(OAuthClient);
      await rows.update({ clientId: first.clientId }, { tenant: 'north' });
      const moved = await rows.findOneByOrFail({ clientId: first.clientId });
      expect(await facts.describeForConsent(moved)).toMatchObject({ othersWithThisName: 0 });
    });

    it('tells the age in seconds', async () => {
      const client = await register();
      const aged = { ...client, clientIdIssuedAt: client.clientIdIssuedAt - 86_400 };
      const { ageSeconds } = await facts.describeForConsent(aged);
      expect(ageSeconds - 86_400).toBeGreaterThanOrEqual(0);
      expect(ageSeconds - 86_400).toBeLessThan(60);
      const { ageSeconds: future } = await facts.describeForConsent({ ...client, clientIdIssuedAt: 4_000_000_000 });
      expect(future).toBe(0);
    });

    it('shows no destination that a redirect may not have, whatever is stored', async () => {
      const bent = { ...(await register()), redirectUris: ['javascript:alert(1)', 'https://tides.example/cb'] };
      expect(await facts.describeForConsent(bent, 'javascript:alert(1)')).toMatchObject({
        redirectHost: undefined,
        redirectKind: undefined,
        redirectHosts: ['tides.example'],
      });
    });
  });
});
