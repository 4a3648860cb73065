import { Injectable, type ExecutionContext } from '@nestjs/common';
import {
  ClientAdministrationService,
  ClientRegistrationService,
  InitialAccessToken,
  InitialAccessTokenGuard,
  InitialAccessTokenService,
  InvalidClientMetadataError,
  OAuthClient,
  RegistrationPolicy,
  type ClientMetadata,
  type RegistrationBounds,
} from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata, invalidRedirectUri, type Refusal } from '../errors/refusal.js';
import { signer } from '../software-statement/statements.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { databases } from '../support/databases.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const directory = await signer('https://directory.example');

const BOUNDS = {
  scopes: ['tides.read'],
  grantTypes: ['authorization_code', 'refresh_token'],
  tokenEndpointAuthMethods: ['client_secret_basic'],
  redirectHosts: ['tides.example', '*.acme.example'],
  softwareId: 'tides',
  defaultMetadata: { software_id: 'tides', client_name: 'Tides' },
} as const satisfies RegistrationBounds;

const SERVER = {
  scopes: ['tides.read', 'tides.write', 'admin'],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
};

/** Members that are beyond the bounds, and what their client is told. */
const BEYOND: readonly (readonly [string, Members, Refusal])[] = [
  [
    'a scope',
    { scope: 'admin tides.write' },
    invalidMetadata('scope must contain a value that is allowed for this client'),
  ],
  [
    'a grant type',
    { grant_types: ['client_credentials'] },
    invalidMetadata('grant_types must contain a value this server supports: authorization_code, refresh_token'),
  ],
  [
    'an authentication method',
    { token_endpoint_auth_method: 'none' },
    invalidMetadata(
      'token_endpoint_auth_method must be one that is allowed for this client, which are client_secret_basic',
    ),
  ],
  [
    'a host',
    { redirect_uris: ['https://tides.example/cb', 'https://evil.example/cb'] },
    invalidRedirectUri('redirect_uris[1] must use https at a host that is allowed for this client'),
  ],
  [
    'a loopback host',
    { redirect_uris: ['http://127.0.0.1/cb'] },
    invalidRedirectUri('redirect_uris[0] must use https at a host that is allowed for this client'),
  ],
  [
    'a private-use scheme',
    { redirect_uris: ['example.tides:/cb'] },
    invalidRedirectUri('redirect_uris[0] must use https at a host that is allowed for this client'),
  ],
  [
    'other software',
    { software_id: 'ebbs' },
    invalidMetadata('software_id must be the one that is allowed for this client'),
  ],
];

/** What a policy of the host makes of a state. */
let review: ((proposed: ClientMetadata) => object) | undefined;

@Injectable()
class HostPolicy extends RegistrationPolicy {
  review(proposed: ClientMetadata): ClientMetadata {
    return Object.assign({}, proposed, review?.(proposed));
  }
}

afterEach(() => {
  review = undefined;
});

describe.each(platforms)('a bounded initial access token ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        policies: [HostPolicy],
        server: SERVER,
        softwareStatements: {
          mode: 'optional',
          issuers: [{ issuer: directory.issuer, jwks: { keys: [directory.jwk] } }],
        },
      },
    });
    token = await server.token({ bounds: BOUNDS, tenant: 'acme' });
  });
  afterAll(() => server.close());

  const registered = async (members: Members = {}) => {
    const { status, body } = await server.register(clientMetadata(members), token);
    expect(status).toBe(201);
    return body;
  };
  const update = async (client: Record<string, string>, members: Members) =>
    server.request('PUT', `/register/${client['client_id']}`, {
      token: client['registration_access_token'] ?? '',
      body: clientMetadata({ client_id: client['client_id'], ...members }),
    });
  const row = async (client: Record<string, string>) =>
    server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: client['client_id'] ?? '' });

  it('gives its bounds to the client, with what the request leaves out', async () => {
    const client = await registered({ client_name: undefined });
    expect(client).toMatchObject({
      scope: 'tides.read',
      grant_types: ['authorization_code'],
      software_id: 'tides',
      client_name: 'Tides',
    });
    expect(client).not.toHaveProperty('bounds');
    expect(await row(client)).toMatchObject({ bounds: BOUNDS, tenant: 'acme' });
  });

  it.each(BEYOND)('refuses %s beyond them at a registration, and takes no use', async (_, members, refusal) => {
    const { token: once, record } = await server.app
      .get(InitialAccessTokenService, { strict: false })
      .issue({ bounds: BOUNDS, maxUses: 1 });
    expectRefusal(await server.register(clientMetadata(members), once), refusal);
    const tokens = server.dataSource.getRepository(InitialAccessToken);
    expect(await tokens.findOneByOrFail({ id: record.id })).toMatchObject({ uses: 0 });
    expect((await server.register(clientMetadata(), once)).status).toBe(201);
    expect(await tokens.findOneByOrFail({ id: record.id })).toMatchObject({ uses: 1 });
  });

  // CVE-2026-15572 and CVE-2026-18573 of Keycloak.
  it.each(BEYOND)('refuses %s in an update, which is not judged on the old state', async (_, members, refusal) => {
    const client = await registered();
    const before = await row(client);
    expectRefusal(await update(client, members), refusal);
    expect(await row(client)).toEqual(before);
  });

  // CVE-2026-18570 of Keycloak.
  it.each([undefined, null, ''])(
    'holds in an update where the member is %j, not only where it is there',
    async (value) => {
      const client = await registered({ scope: 'tides.read', client_name: 'Mine' });
      const left = Object.fromEntries(
        ['scope', 'grant_types', 'token_endpoint_auth_method', 'software_id', 'client_name'].map((name) => [
          name,
          value,
        ]),
      );
      const { status, body } = await update(client, left);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        scope: 'tides.read',
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        software_id: 'tides',
        client_name: 'Tides',
      });
    },
  );

  it.each([undefined, null, ''])(
    'without a default refuses a software_id that is %j, now and later',
    async (software_id) => {
      const refusal = invalidMetadata('software_id must be the one that is allowed for this client');
      const bounded = await server.token({ bounds: { softwareId: 'tides' } });
      expectRefusal(await server.register(clientMetadata({ software_id }), bounded), refusal);
      const { body: client } = await server.register(clientMetadata({ software_id: 'tides' }), bounded);
      expectRefusal(await update(client, { software_id }), refusal);
    },
  );

  it('keeps a confidential client from becoming a public one', async () => {
    const client = await registered();
    expectRefusal(
      await update(client, { token_endpoint_auth_method: 'none' }),
      invalidMetadata(
        'token_endpoint_auth_method must be one that is allowed for this client, which are client_secret_basic',
      ),
    );
    expect((await row(client)).clientSecretHash).not.toBeNull();
  });

  it('narrows what is partly beyond it, in an update too', async () => {
    const client = await registered({ scope: 'admin tides.read' });
    expect(client['scope']).toBe('tides.read');
    const members = { scope: 'tides.write tides.read', grant_types: ['authorization_code', 'client_credentials'] };
    expect((await update(client, members)).body).toMatchObject({
      scope: 'tides.read',
      grant_types: ['authorization_code'],
    });
  });

  it.each<[string, object, Refusal | object]>([
    ['a scope', { scope: 'tides.read admin' }, { scope: 'tides.read' }],
    [
      'a grant type',
      { grant_types: ['authorization_code', 'client_credentials'] },
      { grant_types: ['authorization_code'] },
    ],
  ])('leaves out %s that a policy adds', async (_, added, kept) => {
    review = () => added;
    const client = await registered();
    expect(client).toMatchObject(kept);
    expect((await update(client, {})).body).toMatchObject(kept);
  });

  it.each(BEYOND.slice(2))('refuses %s that a policy puts there', async (_, members, refusal) => {
    review = () => members;
    expectRefusal(await server.register(clientMetadata(), token), refusal);
    review = undefined;
    const client = await registered();
    review = () => members;
    expectRefusal(await update(client, {}), refusal);
  });

  it.each(BEYOND)('refuses %s that a software statement says', async (_, members, refusal) => {
    const software_statement = await directory.sign({ software_id: 'tides', ...members });
    expectRefusal(await server.register(clientMetadata({ software_statement }), token), refusal);
  });

  it('lets a software statement stand above its default metadata', async () => {
    const software_statement = await directory.sign({ client_name: 'Signed' });
    expect(await registered({ software_statement })).toMatchObject({ client_name: 'Signed', software_id: 'tides' });
  });

  it('is explained like the other rules', async () => {
    const credential = await server.app.get(InitialAccessTokenService, { strict: false }).authenticate(token);
    const { refusals } = await server.app
      .get(ClientRegistrationService, { strict: false })
      .explain(Object.assign({}, ...BEYOND.map(([, members]) => members)), credential);
    expect(refusals.map(({ message }) => message.split(' ')[0])).toEqual([
      'scope',
      'grant_types',
      'token_endpoint_auth_method',
      'redirect_uris[0]',
      'software_id',
    ]);
  });

  it('holds for the scope that an operator sets', async () => {
    const client = await registered();
    const administration = server.app.get(ClientAdministrationService, { strict: false });
    const set = async (scope: string | undefined) => administration.setScope(client['client_id'], scope);
    await expect(set('tides.read admin')).rejects.toThrow(
      new InvalidClientMetadataError('scope contains a value that is not allowed for this client'),
    );
    expect((await row(client)).scope).toBe('tides.read');
    expect(await set(undefined)).toMatchObject({ scope: null });
    review = () => ({ scope: 'tides.read admin' });
    expect(await set('tides.read')).toMatchObject({ scope: 'tides.read' });
  });

  it('binds its clients when it is revoked, and no other ones', async () => {
    const { body: free } = await server.register(clientMetadata({ scope: 'admin' }));
    expect((await update(free, { scope: 'admin tides.write' })).body).toMatchObject({ scope: 'admin tides.write' });
    expect(await row(free)).toMatchObject({ bounds: null });
  });
});

describe.each(platforms)('bounds where unsupported values are refused ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...platform, options: { server: SERVER, unsupportedMetadata: 'reject' } });
  });
  afterAll(() => server.close());

  it('refuse what is partly beyond them', async () => {
    const token = await server.token({ bounds: { scopes: ['tides.read'], grantTypes: ['authorization_code'] } });
    expectRefusal(
      await server.register(clientMetadata({ scope: 'tides.read admin' }), token),
      invalidMetadata('scope contains a value that is not allowed for this client'),
    );
    expectRefusal(
      await server.register(clientMetadata({ grant_types: ['authorization_code', 'refresh_token'] }), token),
      invalidMetadata('grant_types[1] is not supported by this server, which supports authorization_code'),
    );
    const { status, body } = await server.register(clientMetadata(), token);
    expect({ status, scope: body.scope }).toEqual({ status: 201, scope: 'tides.read' });
  });
});

/** What a guard of the host answers. */
let answer: unknown;

@Injectable()
class HostGuard extends InitialAccessTokenGuard {
  protected override async authenticate(_token: string, _context: ExecutionContext) {
    return { bounds: answer } as { bounds: RegistrationBounds };
  }
}

describe.each(databases)('bounds that a guard of the host answers ($name)', (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ database, options: { guards: { registration: HostGuard }, server: SERVER } });
  });
  afterAll(() => server.close());

  it('hold like those of a token', async () => {
    answer = { redirectHosts: ['acme.example'] };
    expectRefusal(
      await server.register(clientMetadata({ redirect_uris: ['https://tides.example/cb'] }), 'x'),
      invalidRedirectUri('redirect_uris[0] must use https at a host that is allowed for this client'),
    );
    const { status } = await server.register(clientMetadata({ redirect_uris: ['https://acme.example/cb'] }), 'x');
    expect(status).toBe(201);
  });

  it.each([
    ['text', '{"scopes":["tides.read"]}'],
    ['a list', [{ scopes: ['tides.read'] }]],
    ['a member nobody knows', { scope: ['tides.read'] }],
    ['an empty list', { scopes: [] }],
    ['a member that is null', { scopes: null }],
    ['a function', { scopes: () => true }],
    ['a hole', { grantTypes: Array.from({ length: 1 }) }],
  ])('let nobody register where they are %s', async (_, bounds) => {
    answer = bounds;
    const before = await server.dataSource.getRepository(OAuthClient).count();
    const { status, body } = await server.register(clientMetadata(), 'x');
    expect({ status, error: body.error }).toEqual({ status: 500, error: 'server_error' });
    expect(body.error_description).toMatch(/^unexpected error, correlation id /);
    expect(await server.dataSource.getRepository(OAuthClient).count()).toBe(before);
  });
});
