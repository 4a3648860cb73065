import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ClientMetadata,
  InitialAccessTokenService,
  InvalidClientMetadataError,
  OAuthClient,
  OAuthClientService,
  RegistrationPolicy,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { databases } from './support/databases.js';
import { startServer, type JsonResponse, type TestServer } from './support/start-server.js';

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

type Review = (proposed: ClientMetadata, context: RegistrationContext) => ClientMetadata | Promise<ClientMetadata>;
/** A plain object in the place of a class instance, as a policy may return it. */
const changed = (proposed: ClientMetadata, change: object): ClientMetadata => Object.assign({}, proposed, change);
const reviews: { first?: Review; second?: Review } = {};
afterEach(() => {
  delete reviews.first;
  delete reviews.second;
});

@Injectable()
class First extends RegistrationPolicy {
  review(proposed: ClientMetadata, context: RegistrationContext) {
    return reviews.first?.(proposed, context) ?? proposed;
  }
}

@Injectable()
class Second extends RegistrationPolicy {
  // A policy may inject what the module provides.
  constructor(readonly tokens: InitialAccessTokenService) {
    super();
  }

  review(proposed: ClientMetadata, context: RegistrationContext) {
    expect(this.tokens).toBeInstanceOf(InitialAccessTokenService);
    return reviews.second?.(proposed, context) ?? proposed;
  }
}

describe.each(databases)('registration policies ($name)', (database) => {
  let server: TestServer;
  let clients: OAuthClientService;
  beforeAll(async () => {
    server = await startServer({
      database,
      options: { policies: [First, Second], server: { scopes: ['read', 'write', 'admin'], defaultScopes: ['read'] } },
    });
    clients = server.app.get(OAuthClientService, { strict: false });
  });
  afterAll(() => server.close());

  const update = (client: JsonResponse, body: object) =>
    server.request('PUT', `/register/${client.body.client_id}`, {
      token: client.body.registration_access_token,
      body: { client_id: client.body.client_id, ...body },
    });
  const row = (clientId: string) => server.dataSource.getRepository(OAuthClient).findOneBy({ clientId });

  it('run in their order, each on what the one before returned', async () => {
    reviews.first = (proposed) => changed(proposed, { client_name: `${proposed.client_name} 1` });
    reviews.second = (proposed) => changed(proposed, { client_name: `${proposed.client_name} 2` });
    const { status, body } = await server.register(BODY);
    expect(status).toBe(201);
    expect(body.client_name).toBe('Tide Tables 1 2');
    expect((await row(body.client_id))?.clientName).toBe('Tide Tables 1 2');
  });

  it('see the final proposed state with every default, and no member nobody knows', async () => {
    let seen: ClientMetadata | undefined;
    reviews.first = (proposed) => (seen = proposed);
    await server.register({ ...BODY, frobnicate: true, owner: 'me', client_id: 'mine', application_type: null });
    expect(seen).toBeInstanceOf(ClientMetadata);
    expect(Object.assign({}, seen)).toEqual({
      ...BODY,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      scope: 'read',
      application_type: 'web',
    });
  });

  it('are told the operation, the credential, the owner and the client', async () => {
    const contexts: RegistrationContext[] = [];
    reviews.first = (proposed, context) => {
      contexts.push(context);
      return proposed;
    };
    const client = await server.register(BODY, await server.token({ owner: 'acme' }));
    await update(client, BODY);
    await clients.create({ ...BODY, owner: 'by hand' });
    expect(contexts).toMatchObject([
      { operation: 'register', owner: 'acme', credential: { owner: 'acme' }, client: undefined },
      { operation: 'update', owner: 'acme', client: { clientId: client.body.client_id, owner: 'acme' } },
      { operation: 'create', owner: 'by hand', credential: undefined, client: undefined },
    ]);
    expect(contexts[1]?.credential).toMatchObject({ client: { clientId: client.body.client_id } });
  });

  it('narrow what is registered, changed and added by hand', async () => {
    reviews.first = (proposed) => {
      const scopes = (proposed.scope ?? '').split(' ').filter((scope) => scope !== 'admin');
      return changed(proposed, { scope: scopes.join(' ') });
    };
    const asked = { ...BODY, scope: 'read admin write' };
    const client = await server.register(asked);
    expect(client.body.scope).toBe('read write');
    const updated = await update(client, asked);
    expect(updated.status).toBe(200);
    expect(updated.body.scope).toBe('read write');
    expect((await row(client.body.client_id))?.scope).toBe('read write');
    const byHand = await clients.create(asked);
    expect(byHand.client.scope).toBe('read write');
  });

  it('refuse a registration, and no use of the token is taken', async () => {
    reviews.second = () => {
      throw new InvalidClientMetadataError('client_name must be the name of a registered product');
    };
    const token = await server.token({ maxUses: 1 });
    const { status, body } = await server.register(BODY, token);
    expect(status).toBe(400);
    expect(body).toEqual({
      error: 'invalid_client_metadata',
      error_description: 'client_name must be the name of a registered product',
    });
    delete reviews.second;
    expect((await server.register(BODY, token)).status).toBe(201);
  });

  it('refuse a caller whatever it sends', async () => {
    reviews.first = async () => {
      throw new AccessDeniedError('this account may not register clients');
    };
    const { status, body } = await server.register(BODY);
    expect(status).toBe(403);
    expect(body).toEqual({ error: 'access_denied', error_description: 'this account may not register clients' });
  });

  it('refuse an update of what was registered within them, and nothing changes', async () => {
    const client = await server.register(BODY);
    const before = await row(client.body.client_id);
    reviews.first = (proposed) => {
      if (proposed.client_name === 'Big Brand') throw new InvalidClientMetadataError('client_name must not be a brand');
      return proposed;
    };
    const { status, body } = await update(client, { ...BODY, client_name: 'Big Brand' });
    expect(status).toBe(400);
    expect(body).toEqual({
      error: 'invalid_client_metadata',
      error_description: 'client_name must not be a brand',
    });
    await expect(row(client.body.client_id)).resolves.toEqual(before);
  });

  it('refuse a client added by hand', async () => {
    reviews.first = () => {
      throw new InvalidClientMetadataError('client_name must not be a brand');
    };
    await expect(clients.create({ ...BODY, clientId: 'refused' })).rejects.toThrow('client_name must not be a brand');
    await expect(row('refused')).resolves.toBeNull();
  });

  it.each<[string, Partial<Record<keyof ClientMetadata, unknown>>, string, string]>([
    [
      'a redirection URI that no client may have',
      { redirect_uris: ['javascript:alert(1)'] },
      'invalid_redirect_uri',
      'redirect_uris[0] must not use this scheme',
    ],
    [
      'no redirection URI for the code flow',
      { redirect_uris: [] },
      'invalid_redirect_uri',
      'redirect_uris must contain at least one URI when a response type is registered',
    ],
    [
      'an authentication method the server does not support',
      { token_endpoint_auth_method: 'client_secret_jwt' },
      'invalid_client_metadata',
      'token_endpoint_auth_method is not supported by this server, which supports client_secret_basic, client_secret_post, none, private_key_jwt',
    ],
    [
      'two key sources',
      { jwks_uri: 'https://tides.example/jwks', jwks: { keys: [KEY] } },
      'invalid_client_metadata',
      'jwks must not be present together with jwks_uri',
    ],
  ])('are judged again when they return %s', async (_, change, error, description) => {
    reviews.first = (proposed) => changed(proposed, change);
    const { status, body } = await server.register(BODY);
    expect(status).toBe(400);
    expect(body).toEqual({ error, error_description: description });
  });

  it('cannot make a client of what is no metadata', async () => {
    reviews.first = (proposed) => changed(proposed, { owner: 'root', clientSecretHash: 'x', frobnicate: 1 });
    const { status, body } = await server.register(BODY, await server.token({ owner: 'acme' }));
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('frobnicate');
    const stored = await row(body.client_id);
    expect(stored?.owner).toBe('acme');
    expect(stored?.clientSecretHash).toMatch(/^\$sha256\$/);
  });

  it('that fail by mistake end in a 500, and nothing is stored', async () => {
    reviews.second = () => {
      throw new TypeError('undefined is not a function');
    };
    const token = await server.token({ owner: 'mistake', maxUses: 1 });
    const { status, body } = await server.register(BODY, token);
    expect(status).toBe(500);
    expect(body.error).toBe('server_error');
    expect(JSON.stringify(body)).not.toContain('not a function');
    await expect(server.dataSource.getRepository(OAuthClient).countBy({ owner: 'mistake' })).resolves.toBe(0);
  });
});
