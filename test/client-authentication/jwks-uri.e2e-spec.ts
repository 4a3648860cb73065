import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { SignJWT } from 'jose';
import { HostResolver, OutboundRequests } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import {
  RecordingHostResolver,
  startDocumentServer,
  TrustingOutboundRequests,
  watchSockets,
  type DocumentServer,
} from '../support/document-server.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { platforms, startServer, type ServerSetup, type TestServer } from '../support/start-server.js';
import { ask, basic, expectError, expectInvalidClient, TokenEndpoint } from './token-endpoint.js';

const UNAVAILABLE = 'the server cannot answer now, try again later';
const OPTIONS = {
  isGlobal: true,
  server: {
    tokenEndpointAuthMethods: ['private_key_jwt', 'client_secret_jwt', 'client_secret_basic'],
    grantTypes: ['authorization_code', 'refresh_token'],
  },
  clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
  outboundRequests: { allowLoopback: true, timeoutSeconds: 1 },
  providers: [
    { provide: HostResolver, useClass: RecordingHostResolver },
    { provide: OutboundRequests, useClass: TrustingOutboundRequests },
  ],
} satisfies ServerSetup['options'];

const NAME = 'documents.test';
const ofNewKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const jwk = (key: KeyObject, members: Members = {}): Members => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  ...members,
});

describe.each(platforms)('private_key_jwt with jwks_uri ($adapter, $database.name)', (platform) => {
  let documents: DocumentServer;
  let server: TestServer;
  let hosts: RecordingHostResolver;
  beforeAll(async () => {
    documents = await startDocumentServer();
    server = await startServer({ ...platform, options: OPTIONS, controllers: [TokenEndpoint] });
    hosts = server.app.get(HostResolver, { strict: false });
    hosts.answer(NAME, ['127.0.0.1']);
  });
  beforeEach(() => {
    documents.forget();
    hosts.questions.length = 0;
  });
  afterAll(async () => {
    await server.close();
    await documents.close();
  });

  const publish = (...keys: Members[]) => documents.answerJson({ keys }, { 'cache-control': 'max-age=3600' });
  /** A client whose keys are at a URL that no other has. */
  const register = async (jwks_uri = documents.url(NAME, `/${randomUUID()}`)): Promise<string> => {
    const members = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri };
    const { status, body } = await server.register(clientMetadata(members));
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body).toMatchObject(members);
    return body.client_id;
  };
  const authenticate = async (client: string, key: KeyObject | Uint8Array, kid?: string, alg = 'ES256') => {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
      .setIssuer(client)
      .setSubject(client)
      .setAudience(server.issuer)
      .setExpirationTime('1 minute')
      .sign(key);
    return ask(server, {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
  };
  const expectAccepted = async (...request: Parameters<typeof authenticate>) => {
    const { status, body } = await authenticate(...request);
    expect([status, body['client_id']]).toEqual([200, request[0]]);
  };
  const expectUnavailable = async (...request: Parameters<typeof authenticate>) =>
    expectError(await authenticate(...request), 503, 'temporarily_unavailable', UNAVAILABLE);

  it('reads the keys when the client authenticates first, and not before', async () => {
    const key = ofNewKey();
    publish(jwk(key, { kid: '1' }));
    const client = await register();
    expect([documents.connections, hosts.questions]).toEqual([0, []]);
    await expectAccepted(client, key, '1');
    await expectAccepted(client, key);
    expect([documents.requests.length, hosts.questions]).toEqual([1, [NAME]]);
  });

  it('takes a new key without a restart, by one request however many come with it', async () => {
    const [old, young] = [ofNewKey(), ofNewKey()];
    publish(jwk(old, { kid: 'old' }));
    const client = await register();
    await expectAccepted(client, old, 'old');
    publish(jwk(young, { kid: 'young' }));
    await Promise.all(Array.from({ length: 10 }, async () => expectAccepted(client, young, 'young')));
    expect(documents.requests).toHaveLength(2);
    expectInvalidClient(await authenticate(client, old, 'old'));
    expect(documents.requests).toHaveLength(2);
  });

  it('reads the keys again once, whatever names strangers make up', async () => {
    const [key, foreign] = [ofNewKey(), ofNewKey()];
    publish(jwk(key, { kid: '1' }));
    const client = await register();
    await expectAccepted(client, key, '1');
    for (let i = 0; i < 20; i++) expectInvalidClient(await authenticate(client, foreign, `made up ${i}`));
    await expectAccepted(client, key, '1');
    expect(documents.requests).toHaveLength(2);
  });

  it('reads no keys for who is no client, or cannot be this one', async () => {
    const key = ofNewKey();
    publish(jwk(key));
    const client = await register();
    expectInvalidClient(await authenticate('nobody', key));
    expectInvalidClient(await ask(server, {}, basic(client, 'secret')), true);
    const publicKey = new TextEncoder().encode(String(createPublicKey(key).export({ format: 'pem', type: 'spki' })));
    expectInvalidClient(await authenticate(client, publicKey, undefined, 'HS256'));
    const coordinates = new TextEncoder().encode(String(jwk(key)['x']).padEnd(64, '='));
    expectInvalidClient(await authenticate(client, coordinates, undefined, 'HS256'));
    expect([documents.connections, hosts.questions]).toEqual([0, []]);
  });

  describe('answers 503, and never invalid_client, where the keys are', () => {
    const json = { 'content-type': 'application/json' };
    const key = ofNewKey();
    const { d } = key.export({ format: 'jwk' });

    it.each<[string, RequestListener]>([
      ['missing', (_request, response) => response.writeHead(404, json).end('{}')],
      ['behind an error', (_request, response) => response.writeHead(500).end()],
      ['behind a redirect', (_request, response) => response.writeHead(302, { location: '/other' }).end()],
      ['behind a connection that ends', (_request, response) => response.destroy()],
      ['no JSON', (_request, response) => response.writeHead(200, json).end('<html>')],
      ['a page', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{}')],
      ['no set', (_request, response) => response.writeHead(200, json).end('{"keys":{}}')],
      [
        'private',
        (_request, response) => response.writeHead(200, json).end(JSON.stringify({ keys: [jwk(key, { d })] })),
      ],
      ['too long', (_request, response) => response.writeHead(200, json).end(`"${'x'.repeat(32_768)}"`)],
    ])('%s', async (_what, listener) => {
      documents.answer(listener);
      const client = await register();
      await expectUnavailable(client, key, '1');
      expect(documents.requests).toHaveLength(1);
      publish(jwk(key, { kid: '1' }));
      await expectAccepted(client, key, '1');
    });

    it('late', async () => {
      documents.answer(() => {});
      await expectUnavailable(await register(), key);
    });

    it('at a name that leads inside, or nowhere', async () => {
      hosts.answer('inside.documents.test', ['10.0.0.1']);
      await expectUnavailable(await register('https://inside.documents.test/jwks'), key);
      await expectUnavailable(await register('https://nowhere.documents.test/jwks'), key);
    });

    it('gone when a new one is used', async () => {
      publish(jwk(key, { kid: '1' }));
      const client = await register();
      await expectAccepted(client, key, '1');
      documents.answer((_request, response) => response.destroy());
      for (let i = 0; i < 3; i++) await expectUnavailable(client, key, '2');
      await expectAccepted(client, key, '1');
    });
  });

  it('never requests what is shown to people, or where browsers are sent', async () => {
    const display = ['logo_uri', 'policy_uri', 'tos_uri', 'client_uri', 'initiate_login_uri'];
    const sockets = watchSockets();
    try {
      for (const host of [NAME, '127.0.0.1', 'localhost']) {
        const uris = Object.fromEntries(display.map((name) => [name, documents.url(host, `/${name}`)]));
        const { status, body } = await server.register(
          clientMetadata({ ...uris, 'logo_uri#de': documents.url(host, '/de'), redirect_uris: [documents.url(NAME)] }),
        );
        // Where one of them is refused, that is by its rule and not by what is there.
        expect([201, 400]).toContain(status);
        if (host === NAME) expect(status, JSON.stringify(body)).toBe(201);
        if (status === 400) continue;
        expect((await ask(server, {}, basic(body.client_id, body.client_secret))).status).toBe(200);
        const path = `/register/${body.client_id}`;
        const update = { client_id: body.client_id, ...uris, redirect_uris: ['https://tides.example/cb'] };
        const token = body.registration_access_token;
        expect((await server.request('PUT', path, { token, body: clientMetadata(update) })).status).toBe(200);
        expect((await server.request('GET', path, { token })).status).toBe(200);
      }
    } finally {
      sockets.stop();
    }
    expect(hosts.questions).toEqual([]);
    expect(documents.connections).toBe(0);
    expect(sockets.targets.filter((target) => target.endsWith(`:${documents.port}`))).toEqual([]);
  });
});
