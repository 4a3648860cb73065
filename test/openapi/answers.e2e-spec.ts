import { Injectable } from '@nestjs/common';
import {
  AccessDeniedError,
  ConflictError,
  InvalidClientMetadataError,
  OpenApiService,
  RegistrationPolicy,
  TemporarilyUnavailableError,
  TooManyRequestsError,
  type ClientMetadata,
} from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUpdate } from '../contract/strict-answer.js';
import { captureLog } from '../support/captured-log.js';
import { clientMetadata, completeMetadata, machineMetadata } from '../support/client-metadata.builder.js';
import { rawRequest } from '../support/raw-request.js';
import { recordedClients } from '../support/recorded-clients.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';
import { DocumentJudge } from './document-judge.js';

/** Fails as `software_id` says, so that every kind of refusal can be had over HTTP. */
@Injectable()
class FailingPolicy extends RegistrationPolicy {
  override review(proposed: ClientMetadata): ClientMetadata {
    const failure = proposed.software_id === undefined ? undefined : FAILURES[proposed.software_id];
    if (failure) throw failure;
    return proposed;
  }
}

const FAILURES: Readonly<Record<string, Error>> = {
  400: new InvalidClientMetadataError('software_id is not welcome'),
  403: new AccessDeniedError('not you'),
  409: new ConflictError(),
  429: new TooManyRequestsError('too many of them', 60),
  500: new Error('a mistake of the policy'),
  503: new TemporarilyUnavailableError(),
};

describe.each(platforms)('answers, by the document ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let judge: DocumentJudge;
  let endpoint: string;
  let client: { client_id: string; registration_access_token: string };
  let own: string;
  let token: string;
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: {
        policies: [FailingPolicy],
        access: 'open',
        discovery: true,
        server: { scopes: ['tides.read', 'tides.write', 'api:read', 'api:write'] },
      },
    });
    const document = server.app.get(OpenApiService, { strict: false }).openApiDocument();
    judge = new DocumentJudge(document);
    endpoint = Object.keys(document.paths)[0] ?? '';
    client = (await server.register(clientMetadata())).body;
    own = `/register/${client.client_id}`;
    token = client.registration_access_token;
  });
  afterAll(() => server.close());

  const ofOne = () => `${endpoint}/{client_id}`;
  const update = (members: object) =>
    server.request('PUT', own, { token, body: { ...clientMetadata(), client_id: client.client_id, ...members } });
  const refusal = (response: JsonResponse, method: string, path: string, status: number) => {
    expect(response.status).toBe(status);
    judge.expectAnswer(method, path, response);
  };

  it.each<{ name: string; body: object }>([
    { name: 'a client with a secret', body: clientMetadata() },
    { name: 'a public client', body: clientMetadata({ token_endpoint_auth_method: 'none' }) },
    { name: 'a machine', body: machineMetadata() },
    { name: 'every field', body: completeMetadata() },
    ...recordedClients,
  ])('of registration, reading, replacing and deleting: $name', async ({ body: metadata }) => {
    expect(judge.request('post', endpoint, metadata)).toEqual([]);
    const registered = await server.register(metadata);
    expect(registered.status).toBe(201);
    judge.expectAnswer('post', endpoint, registered);
    const { client_id, client_secret, registration_access_token } = registered.body;
    const path = `/register/${client_id}`;
    const options = { token: registration_access_token };

    const read = await server.request('GET', path, options);
    expect(read.status).toBe(200);
    judge.expectAnswer('get', ofOne(), read);

    const body = { ...asUpdate(read.body), ...(client_secret && { client_secret }) };
    expect(judge.request('put', ofOne(), body)).toEqual([]);
    const replaced = await server.request('PUT', path, { ...options, body });
    expect(replaced.status).toBe(200);
    judge.expectAnswer('put', ofOne(), replaced);

    const deleted = await server.request('DELETE', path, options);
    expect(deleted.status).toBe(204);
    judge.expectAnswer('delete', ofOne(), deleted);
  });

  it('of an update that issues a secret and one that destroys it', async () => {
    for (const method of ['none', 'client_secret_post', 'none']) {
      const answer = await update({ token_endpoint_auth_method: method });
      expect(answer.status).toBe(200);
      judge.expectAnswer('put', ofOne(), answer);
    }
  });

  it('of the metadata document', async () => {
    const path = Object.keys(server.app.get(OpenApiService, { strict: false }).openApiDocument().paths)[2] ?? '';
    const answer = await server.request('GET', '/.well-known/oauth-authorization-server');
    expect(answer.status).toBe(200);
    judge.expectAnswer('get', path, answer);
  });

  it.each([
    ['redirect_uris', { redirect_uris: ['/cb'] }],
    ['no object', []],
    ['malformed JSON', '{'],
    ['refused by a policy', { software_id: '400' }],
  ])('400: %s', async (_, body) => {
    const sent = Array.isArray(body) || typeof body === 'string' ? body : clientMetadata(body);
    refusal(await server.register(sent), 'post', endpoint, 400);
    refusal(await server.request('PUT', own, { token, body: sent }), 'put', ofOne(), 400);
  });

  // Fastify answers it itself.
  if (platform.adapter === 'express')
    it('400: a malformed path', async () => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await rawRequest(server.port, { method, path: '/register/%' });
        refusal(answer, method.toLowerCase(), ofOne(), 400);
      }
    });

  it('401: no token, and one that is not valid', async () => {
    refusal(await server.register(clientMetadata(), 'iat_unknown'), 'post', endpoint, 401);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: clientMetadata() } : {};
      refusal(await server.request(method, own, body), method.toLowerCase(), ofOne(), 401);
      refusal(await server.request(method, own, { ...body, token: 'rat_x' }), method.toLowerCase(), ofOne(), 401);
    }
  });

  it.each(['403', '429', '500', '503'])('%s', async (status) => {
    const log = captureLog();
    refusal(await server.register(clientMetadata({ software_id: status })), 'post', endpoint, Number(status));
    refusal(await update({ software_id: status }), 'put', ofOne(), Number(status));
    log.stop();
  });

  it('409', async () => {
    refusal(await update({ software_id: '409' }), 'put', ofOne(), 409);
  });

  it('413', async () => {
    const large = clientMetadata({ client_name: 'a'.repeat(2_000_000) });
    refusal(await server.register(large), 'post', endpoint, 413);
    refusal(await server.request('PUT', own, { token, body: large }), 'put', ofOne(), 413);
  });

  it('415', async () => {
    const form = { body: 'client_name=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    refusal(await server.request('POST', '/register', form), 'post', endpoint, 415);
    refusal(await server.request('PUT', own, { token, ...form }), 'put', ofOne(), 415);
  });

  it('registers the example of the document as it stands', async () => {
    const { paths } = server.app.get(OpenApiService, { strict: false }).openApiDocument();
    const content = paths[endpoint]?.post?.requestBody?.content['application/json'];
    expect((await server.register(content?.example)).status).toBe(201);
  });
});

describe.each(platforms)(
  'answers of a server with the least, by the document ($adapter, $database.name)',
  (platform) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ ...platform, options: { management: false } });
    });
    afterAll(() => server.close());

    it('have what every answer has', async () => {
      const document = server.app.get(OpenApiService, { strict: false }).openApiDocument();
      const [endpoint = ''] = Object.keys(document.paths);
      const judge = new DocumentJudge(document);
      for (const metadata of [clientMetadata(), { redirect_uris: ['https://tides.example/cb'] }, machineMetadata()]) {
        const answer = await server.register(metadata);
        expect(answer.status).toBe(201);
        judge.expectAnswer('post', endpoint, answer);
      }
      const answer = await server.register({}, null);
      expect(answer.status).toBe(401);
      judge.expectAnswer('post', endpoint, answer);
    });
  },
);
