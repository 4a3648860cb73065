import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ClientAuthenticationService,
  ClientDocumentTrust,
  ClientFactsService,
  ClientResolver,
  ConflictError,
  OAuthClient,
  OAuthClientService,
  RegistrationListener,
  RegistrationPolicy,
  TransactionalRegistrationListener,
  type ClientMetadata,
  type OAuthClientRecord,
  type RegistrationContext,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import type { EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { privateKey, publicKey } from '../support/client-metadata.builder.js';
import {
  documentProviders,
  RecordingHostResolver,
  startDocumentServer,
  type DocumentServer,
} from '../support/document-server.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const HERE = 'https://tides.example/cb';
const events: RegistrationEvent[] = [];
const contexts: RegistrationContext[] = [];

@Injectable()
class Events extends RegistrationListener {
  override handle(event: RegistrationEvent): void {
    events.push(event);
  }
}

@Injectable()
class EventsWithin extends TransactionalRegistrationListener {
  static isFailing = false;
  static readonly events: RegistrationEvent[] = [];

  override async handle(event: RegistrationEvent, manager: EntityManager): Promise<void> {
    await manager.query('SELECT 1');
    if (EventsWithin.isFailing) throw new Error('not now');
    EventsWithin.events.push(event);
  }
}

@Injectable()
class NoForbiddenNames extends RegistrationPolicy {
  override review(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata {
    contexts.push(context);
    if (proposed.client_name === 'forbidden') throw new AccessDeniedError('this name is forbidden');
    if (proposed.client_name === 'contended') throw new ConflictError();
    return proposed;
  }
}

@Injectable()
class Trust extends ClientDocumentTrust {
  static isFetched = true;
  static isUsed = true;

  override mayFetch(): boolean {
    return Trust.isFetched;
  }

  override mayUse(): boolean {
    return Trust.isUsed;
  }
}

describe.each(platforms)('client resolution ($adapter, $database.name)', (platform) => {
  const resolver = new RecordingHostResolver();
  let server: TestServer;
  let site: DocumentServer;
  let url: string;
  let count = 0;
  beforeAll(async () => {
    site = await startDocumentServer();
    for (const name of ['client.documents.test', 'other.test', 'dead.documents.test'])
      resolver.answer(name, ['127.0.0.1']);
    server = await startServer({
      ...platform,
      options: {
        access: 'open',
        server: {
          scopes: ['tides.read', 'tides.write'],
          defaultScopes: ['tides.read'],
          tokenEndpointAuthMethods: ['client_secret_basic', 'none', 'private_key_jwt'],
          openid: { idToken: { signingAlgs: ['RS256', 'HS256'] } },
        },
        clientSecret: { encryptionKeys: [{ id: 'a', key: Buffer.alloc(32, 7).toString('base64') }] },
        discovery: true,
        clientIdMetadataDocuments: { hosts: [`*.documents.test:${site.port}`, 'dead.documents.test:1'] },
        outboundRequests: { allowLoopback: true, timeoutSeconds: 1 },
        listeners: [Events, EventsWithin],
        policies: [NoForbiddenNames],
        providers: [...documentProviders(resolver), { provide: ClientDocumentTrust, useClass: Trust }],
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await site.close();
  });
  beforeEach(() => {
    site.forget();
    url = site.url('client.documents.test', `/${count++}.json`);
    serve({});
    events.length = 0;
    EventsWithin.events.length = 0;
    contexts.length = 0;
    resolver.questions.length = 0;
    Object.assign(Trust, { isFetched: true, isUsed: true });
  });

  const clients = () => server.app.get(ClientResolver, { strict: false });
  const serve = (members: object, headers?: Record<string, string>) =>
    site.answerJson({ client_id: url, client_name: 'Tides', redirect_uris: [HERE], ...members }, headers);
  const resolve = (clientId = url) => clients().resolve(clientId);
  async function found(): Promise<OAuthClientRecord> {
    const resolution = await resolve();
    if (resolution.outcome !== 'found') throw new Error(resolution.outcome);
    return resolution.client;
  }

  it('finds a stored client first, and asks nobody', async () => {
    const service = server.app.get(OAuthClientService, { strict: false });
    const { client } = await service.create({ clientId: url, redirect_uris: [HERE], client_name: 'Stored' });
    const resolution = await resolve();
    expect(resolution).toMatchObject({ outcome: 'found', client: { clientName: 'Stored', source: 'manual' } });
    expect(client.clientId).toBe(url);
    expect(site.requests).toHaveLength(0);
  });

  it('finds the client of a document, with every default of a registration and the method none', async () => {
    const client = await found();
    expect(client).toBeInstanceOf(OAuthClient);
    expect(client).toMatchObject({
      clientId: url,
      clientName: 'Tides',
      redirectUris: [HERE],
      tokenEndpointAuthMethod: 'none',
      grantTypes: ['authorization_code'],
      responseTypes: ['code'],
      scope: 'tides.read',
      applicationType: 'web',
      source: 'document',
      registeredOpenly: true,
      owner: null,
      clientSecretHash: null,
      registrationAccessTokenHash: null,
    });
    expect(site.requests).toMatchObject([{ method: 'GET', headers: { accept: 'application/json' } }]);
    expect(await server.dataSource.getRepository(OAuthClient).countBy({ clientId: url })).toBe(0);
  });

  it('is absent for a client that nobody knows, and for whatever cannot be a client', async () => {
    for (const clientId of ['unknown', '', `${url}#`, url.replace('https', 'http'), undefined, null, 7, {}]) {
      expect(await clients().resolve(clientId as string)).toEqual({ outcome: 'absent' });
    }
    expect(site.requests).toHaveLength(0);
  });

  it('has a client authenticate by its URL alone, where its method is none', async () => {
    const service = server.app.get(ClientAuthenticationService, { strict: false });
    const authenticated = await service.authenticate({ body: { client_id: url } });
    expect(authenticated).toMatchObject({ clientId: url, source: 'document' });
    await expect(service.authenticate({ body: { client_id: url, client_secret: 'x' } })).rejects.toThrow(
      'client authentication failed',
    );
  });

  it('tells a consent page the host, that nobody has looked at the client, and whether it is on the own machine alone', async () => {
    serve({ redirect_uris: ['http://127.0.0.1/cb', 'http://localhost/cb'] });
    const facts = server.app.get(ClientFactsService, { strict: false });
    const client = await found();
    expect(await facts.describeForConsent(client)).toMatchObject({
      clientIdHost: `client.documents.test:${site.port}`,
      isSelfRegistered: true,
      isLoopbackOnly: true,
    });
    expect(facts.requirePkce(client)).toBe(true);
  });

  it('is in the metadata document of the server', async () => {
    const { body } = await server.request('GET', '/.well-known/oauth-authorization-server');
    expect(body.client_id_metadata_document_supported).toBe(true);
  });

  describe('a document', () => {
    it.each<[string, object]>([
      ['of another client', { client_id: 'https://client.documents.test/other.json' }],
      ['with a secret', { client_secret: 'x' }],
      ['with the expiry of a secret', { client_secret_expires_at: 0 }],
      ['with a registration access token', { registration_access_token: 'x' }],
      ['with a method of a shared secret', { token_endpoint_auth_method: 'client_secret_basic' }],
      ['with methods of shared secrets alone', { token_endpoint_auth_methods_supported: ['client_secret_basic'] }],
      ['with a method that the server does not have', { token_endpoint_auth_method: 'tls_client_auth' }],
      ['with an algorithm of a shared secret', { id_token_signed_response_alg: 'HS256' }],
      ['with a private key', { jwks: { keys: [privateKey()] } }],
      ['with a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
      ['without keys for private_key_jwt', { token_endpoint_auth_method: 'private_key_jwt' }],
      ['without a redirection URI', { redirect_uris: [] }],
      ['with a redirection URI that runs a script', { redirect_uris: ['javascript:alert(1)'] }],
      ['with grant types that strangers may not have', { grant_types: ['client_credentials'] }],
      ['that a policy refuses', { client_name: 'forbidden' }],
      ['of more than 5 KB', { client_uri: `https://tides.example/${'a'.repeat(5120)}` }],
    ])('%s is none, and is asked for each time', async (_what, members) => {
      serve(members, { 'cache-control': 'max-age=3600' });
      expect(await resolve()).toEqual({ outcome: 'absent' });
      expect(await resolve()).toEqual({ outcome: 'absent' });
      expect(site.requests).toHaveLength(2);
    });

    it.each([301, 302, 307, 308, 400, 401, 403, 404, 410])('that is answered with %i is none', async (status) => {
      site.answer((_request, response) =>
        response.writeHead(status, { location: site.url('other.documents.test') }).end(),
      );
      expect(await resolve()).toEqual({ outcome: 'absent' });
      expect(site.requests).toHaveLength(1);
    });

    it.each(['text/html', 'text/plain', 'application/jsonp', ''])('of the media type %s is none', async (type) => {
      serve({}, { 'content-type': type });
      expect(await resolve()).toEqual({ outcome: 'absent' });
    });

    it.each(['application/json; charset=utf-8', 'application/client-metadata+json'])('may be %s', async (type) => {
      serve({}, { 'content-type': type });
      expect(await resolve()).toMatchObject({ outcome: 'found' });
    });

    it.each([408, 425, 429, 500, 503])('that is answered with %i may be there later', async (status) => {
      site.answer((_request, response) => response.writeHead(status).end());
      expect(await resolve()).toMatchObject({ outcome: 'unavailable', error: { code: 'temporarily_unavailable' } });
      await expect(clients().find(url)).rejects.toThrow('the server cannot answer now');
      serve({});
      expect(await resolve()).toMatchObject({ outcome: 'found' });
    });

    it.each<[string, object]>([
      ['a policy cannot judge now', { client_name: 'contended' }],
      [
        'its sector identifier cannot be read now',
        { sector_identifier_uri: 'https://nobody.documents.test/sector.json' },
      ],
    ])('may be acceptable later where %s', async (_what, members) => {
      serve(members);
      expect(await resolve()).toMatchObject({ outcome: 'unavailable' });
    });

    it('of a name that leads inside is not told from one of a name that nobody knows', async () => {
      resolver.answer('inside.documents.test', ['10.0.0.1']);
      const inside = await resolve(`https://inside.documents.test:${site.port}/client.json`);
      const unknown = await resolve(`https://nobody.documents.test:${site.port}/client.json`);
      expect(inside).toEqual(unknown);
      expect(inside.outcome).toBe('unavailable');
      expect(inside).not.toHaveProperty('error.cause');
    });

    it('that nobody serves may be there later, and stops no stored client', async () => {
      const dead = 'https://dead.documents.test:1/client.json';
      const { body } = await server.register({ redirect_uris: [HERE] }, null);
      const waiting = Array.from({ length: 200 }, () => resolve(dead));
      expect(await resolve(body.client_id)).toMatchObject({ outcome: 'found', client: { clientId: body.client_id } });
      for (const { outcome } of await Promise.all(waiting)) expect(outcome).toBe('unavailable');
    });

    it('is narrowed to what the server offers, also where it refuses what it does not know', async () => {
      serve({
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
        response_types: ['code', 'id_token'],
        scope: 'tides.write other',
        id_token_signed_response_alg: 'RS256',
      });
      expect(await found()).toMatchObject({
        grantTypes: ['authorization_code', 'refresh_token'],
        responseTypes: ['code'],
        scope: 'tides.write',
      });
    });

    it('may offer several methods, of which the server takes the best that it can have', async () => {
      serve({
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'none', 'private_key_jwt', 'tls_client_auth'],
        jwks: { keys: [publicKey()] },
      });
      expect(await found()).toMatchObject({ tokenEndpointAuthMethod: 'private_key_jwt' });
    });

    it('is judged by the policies of the host, as a document', async () => {
      await found();
      expect(contexts).toMatchObject([
        { operation: 'document', credential: undefined, owner: null, client: undefined },
      ]);
    });

    it('is read once by 1,000 at the same time, and then not while it is fresh', async () => {
      const resolutions = await Promise.all(Array.from({ length: 1000 }, () => resolve()));
      expect(new Set(resolutions.map((one) => one.outcome === 'found' && one.client)).size).toBe(1);
      await resolve();
      expect(site.requests).toHaveLength(1);
    });
  });

  describe('a document that changes', () => {
    const NOT_KEPT = { 'cache-control': 'no-store' };

    it.each<[string, object, object]>([
      [
        'its redirection URIs',
        { redirect_uris: ['https://tides.example/new'] },
        { redirectUris: ['https://tides.example/new'] },
      ],
      ['its name', { client_name: 'Currents' }, { clientName: 'Currents' }],
      [
        'its name in a language',
        { 'client_name#fr': 'Marées' },
        { additionalMetadata: expect.objectContaining({ 'client_name#fr': 'Marées' }) },
      ],
      ['where its keys are', { jwks_uri: 'https://tides.example/keys' }, { jwksUri: 'https://tides.example/keys' }],
      [
        'its method and keys',
        { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey()] } },
        { tokenEndpointAuthMethod: 'private_key_jwt' },
      ],
    ])('%s: listeners are told, once', async (_what, members, columns) => {
      serve({}, NOT_KEPT);
      const before = await found();
      await found();
      expect(events).toEqual([]);
      serve(members, NOT_KEPT);
      const after = await found();
      await found();
      expect(after).toMatchObject({
        ...columns,
        clientIdIssuedAt: before.clientIdIssuedAt,
      });
      expect(events).toEqual([
        { type: 'updated', reason: 'document', client: after, previous: before, credential: undefined },
      ]);
    });

    it('a name: those listeners are told, too, that take part in transactions', async () => {
      serve({}, NOT_KEPT);
      const before = await found();
      serve({ client_name: 'Ebb and Flow' }, NOT_KEPT);
      const after = await found();
      expect(EventsWithin.events).toEqual([
        { type: 'updated', reason: 'document', client: after, previous: before, credential: undefined },
      ]);
    });

    it.skipIf(platform.database.kind === 'sqlite')(
      'a name: where such a listener fails, it is told again',
      async () => {
        serve({}, NOT_KEPT);
        const before = await found();
        serve({ client_name: 'Ebb and Flow' }, NOT_KEPT);
        EventsWithin.isFailing = true;
        try {
          await expect(found()).rejects.toThrow('not now');
        } finally {
          EventsWithin.isFailing = false;
        }
        expect(events).toEqual([]);
        const after = await found();
        expect(after.version).not.toBe(before.version);
        for (const told of [events, EventsWithin.events]) {
          expect(told).toEqual([
            { type: 'updated', reason: 'document', client: after, previous: before, credential: undefined },
          ]);
        }
      },
    );

    it('a page about it: nobody is told', async () => {
      serve({}, NOT_KEPT);
      const { version } = await found();
      serve({ client_uri: 'https://tides.example/' }, NOT_KEPT);
      expect(await found()).toMatchObject({ clientUri: 'https://tides.example/', version });
      expect(events).toEqual([]);
    });
  });

  describe('trust', () => {
    it('names hosts: of another one nothing is asked', async () => {
      expect(await resolve(site.url('other.test', '/client.json'))).toEqual({ outcome: 'absent' });
      // Whoever may listen at another port of a host is not the host.
      expect(await resolve('https://client.documents.test/client.json')).toEqual({ outcome: 'absent' });
      expect(await resolve('https://client.documents.test:8443/client.json')).toEqual({ outcome: 'absent' });
      expect(resolver.questions).toEqual([]);
    });

    it('is asked before a document is fetched', async () => {
      Trust.isFetched = false;
      expect(await resolve()).toEqual({ outcome: 'absent' });
      expect(resolver.questions).toEqual([]);
    });

    it('is asked each time that the client is used', async () => {
      await found();
      Trust.isUsed = false;
      expect(await resolve()).toEqual({ outcome: 'absent' });
      Trust.isUsed = true;
      expect(await resolve()).toMatchObject({ outcome: 'found' });
      expect(site.requests).toHaveLength(1);
    });
  });
});

describe('client resolution without clientIdMetadataDocuments', () => {
  it('asks nobody, and does not offer it', async () => {
    const [platform] = platforms;
    if (!platform) throw new Error('no platform');
    const site = await startDocumentServer();
    const server = await startServer({
      ...platform,
      options: { discovery: true, outboundRequests: { allowLoopback: true } },
    });
    try {
      const clients = server.app.get(ClientResolver, { strict: false });
      expect(await clients.resolve(site.url('127.0.0.1', '/client.json'))).toEqual({ outcome: 'absent' });
      expect(site.connections).toBe(0);
      const { body } = await server.request('GET', '/.well-known/oauth-authorization-server');
      expect(body).not.toHaveProperty('client_id_metadata_document_supported');
    } finally {
      await server.close();
      await site.close();
    }
  });
});
