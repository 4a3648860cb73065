import { Injectable, type ExecutionContext } from '@nestjs/common';
import {
  OAuthClient,
  RegistrationAccessTokenGuard,
  RegistrationListener,
  RegistrationPolicy,
  type ClientMetadata,
  type ConfigurationCredential,
  type RegistrationEvent,
} from 'nestjs-dynamic-registration';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  BAD_TOKEN,
  expectRefusal,
  expectRefusalHeaders,
  invalidMetadata,
  invalidRequest,
  NO_OBJECT,
  NO_TOKEN,
  WRONG_MEDIA_TYPE,
} from '../errors/refusal.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { rawRequest, type RawResponse } from '../support/raw-request.js';
import { ISSUER, platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const FAILED = invalidRequest(412, 'If-Match must name the current entity tag of the client');

/** What another request does between guard and step, or between judgement and write. */
const meanwhile: { guarded?: () => Promise<unknown>; judged?: () => Promise<unknown> } = {};
let judged = 0;
let told: string[] = [];

@Injectable()
class OvertakenGuard extends RegistrationAccessTokenGuard {
  protected override async authenticate(
    token: string,
    context: ExecutionContext,
  ): Promise<ConfigurationCredential | undefined> {
    const credential = await super.authenticate(token, context);
    await meanwhile.guarded?.();
    return credential;
  }
}

@Injectable()
class OvertakenPolicy extends RegistrationPolicy {
  async review(proposed: ClientMetadata): Promise<ClientMetadata> {
    judged++;
    await meanwhile.judged?.();
    return proposed;
  }
}

@Injectable()
class Told extends RegistrationListener {
  handle({ type }: RegistrationEvent): void {
    told.push(type);
  }
}

describe.each(platforms)('conditional requests, RFC 9110 section 13 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let initialAccessToken: string;
  let registered: JsonResponse;
  let client: { client_id: string; registration_access_token: string };
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: { guards: { configuration: OvertakenGuard }, policies: [OvertakenPolicy], listeners: [Told] },
    });
    initialAccessToken = await server.token();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    registered = await server.register(clientMetadata({ token_endpoint_auth_method: 'none' }), initialAccessToken);
    client = registered.body;
    judged = 0;
    told = [];
  });
  afterEach(() => {
    delete meanwhile.guarded;
    delete meanwhile.judged;
  });

  const path = () => `/register/${client.client_id}`;
  const metadata = (members: Members = {}) =>
    clientMetadata({ token_endpoint_auth_method: 'none', client_id: client.client_id, ...members });
  const send = (method: string, tag?: string, body?: unknown, token = client.registration_access_token) =>
    server.request(method, path(), {
      token,
      headers: tag === undefined ? {} : { 'if-match': tag },
      ...(body === undefined ? {} : { body }),
    });
  const put = (tag?: string, members?: Members) => send('PUT', tag, metadata(members));
  const rows = (): Promise<Members[]> => server.dataSource.query('SELECT * FROM oauth_clients');
  const clients = () => server.dataSource.getRepository(OAuthClient);
  const bump = () => clients().increment({ clientId: client.client_id }, 'version', 1);

  async function expectNothingDone(write: () => Promise<unknown>): Promise<void> {
    const before = await rows();
    await write();
    expect(await rows()).toEqual(before);
    expect(told).toEqual([]);
  }

  describe('the entity tag (section 8.8.3)', () => {
    it('is the version of the client, on GET and HEAD', async () => {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await send(method);
        expect([status, headers.get('etag'), headers.get('content-location')]).toEqual([200, '"1"', null]);
        expect(headers.get('cache-control')).toBe('no-store');
      }
    });

    it('is the new one in the answer to a PUT, which says that it shows the client as it is now', async () => {
      for (const tag of ['"2"', '"3"']) {
        const { status, headers, body } = await put();
        expect([status, headers.get('etag')]).toEqual([200, tag]);
        expect(headers.get('content-location')).toBe(`${ISSUER}/register/${client.client_id}`);
        expect(headers.get('content-location')).toBe(body.registration_client_uri);
        const read = await send('GET');
        expect(read.headers.get('etag')).toBe(tag);
        expect(read.body).toEqual(body);
      }
    });

    it('is in no other answer', async () => {
      const answers = [registered, await put('"9"'), await send('GET', '"9"'), await send('DELETE')];
      expect(answers.map(({ status }) => status)).toEqual([201, 412, 412, 204]);
      for (const { headers } of answers)
        expect([headers.get('etag'), headers.get('content-location')]).toEqual([null, null]);
    });
  });

  describe('If-Match (section 13.1.1)', () => {
    it.each(['"1"', '"7", "1"', '*'])('lets through what names the current tag: %s', async (tag) => {
      expect((await send('GET', tag)).status).toBe(200);
      expect((await send('HEAD', tag)).status).toBe(200);
      expect((await put(tag, { client_name: 'Tides 2' })).body).toMatchObject({ client_name: 'Tides 2' });
      expect((await send('DELETE', tag === '*' ? tag : '"2"')).status).toBe(204);
      expect(told).toEqual(['updated', 'deleted']);
    });

    it.each(['"2"', 'W/"1"', '1', '', '"1", *'])('is 412 for anything else, and nothing is done: %j', async (tag) => {
      await expectNothingDone(async () => {
        for (const method of ['GET', 'DELETE']) expectRefusal(await send(method, tag), FAILED);
        expectRefusal(await put(tag), FAILED);
        // It would get a secret.
        expectRefusal(await put(tag, { token_endpoint_auth_method: 'client_secret_basic' }), FAILED);
        const head = await send('HEAD', tag);
        expect([head.status, head.body]).toEqual([412, undefined]);
        expectRefusalHeaders(head, FAILED);
      });
      expect(judged).toBe(0);
    });

    it('is one list in several lines', async () => {
      const lines = (...tags: string[]): Promise<RawResponse> =>
        rawRequest(server.port, {
          method: 'GET',
          path: path(),
          headers: [
            ['Authorization', `Bearer ${client.registration_access_token}`],
            ...tags.map((tag) => ['If-Match', tag] as const),
          ],
        });
      expect((await lines('"7"', '"1"')).status).toBe(200);
      expect((await lines('"1"', 'W/"1"')).status).toBe(200);
      expectRefusal(await lines('"7"', '"8"'), FAILED);
      expectRefusal(await lines('"1"', '*'), FAILED);
      expectRefusal(await lines('"', '1"'), FAILED);
    });

    it('is judged behind the credential: nobody without a token learns a version', async () => {
      for (const tag of ['"1"', '"2"', '*', 'x']) {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const body = method === 'PUT' ? metadata() : undefined;
          expectRefusal(await send(method, tag, body, 'rat_unknown'), BAD_TOKEN);
          expectRefusal(
            await server.request(method, path(), { headers: { 'if-match': tag }, ...(body && { body }) }),
            NO_TOKEN,
          );
        }
      }
    });

    it('is judged behind the media type, and before what the body says (section 13.2.1)', async () => {
      const form = { 'content-type': 'text/html', 'if-match': '"2"' };
      const token = client.registration_access_token;
      expectRefusal(await server.request('PUT', path(), { token, headers: form, body: '<p>' }), WRONG_MEDIA_TYPE);
      expectRefusal(await send('PUT', '"2"', []), FAILED);
      expectRefusal(await put('"2"', { client_id: 'other' }), FAILED);
      expectRefusal(await send('PUT', '"1"', []), NO_OBJECT);
      expectRefusal(await put('"1"', { client_id: 'other' }), invalidMetadata('client_id must be that of the client'));
    });
  });

  describe('a request that was overtaken', () => {
    it('is 412 for an update with If-Match, which is not judged again', async () => {
      meanwhile.judged = bump;
      expectRefusal(await put('"1"', { client_name: 'Tides 2' }), FAILED);
      expect(judged).toBe(1);
      expect(told).toEqual([]);
      const { version, clientName } = await clients().findOneByOrFail({ clientId: client.client_id });
      expect([version, clientName]).toEqual([2, 'Tide Tables']);
    });

    it('is done again where If-Match names the tag of now, too, or any', async () => {
      for (const [tag, result] of [
        ['"1", "2"', '"3"'],
        ['*', '"5"'],
      ]) {
        meanwhile.judged = async () => {
          delete meanwhile.judged;
          await bump();
        };
        const { status, headers } = await put(tag);
        expect([status, headers.get('etag')]).toEqual([200, result]);
      }
      expect(judged).toBe(4);
    });

    it('is 412 for a delete with If-Match, and a delete without one is done', async () => {
      meanwhile.guarded = bump;
      expectRefusal(await send('DELETE', '"1"'), FAILED);
      expect(told).toEqual([]);
      expect(await clients().countBy({ clientId: client.client_id })).toBe(1);
      expect((await send('DELETE')).status).toBe(204);
      expect(await clients().countBy({ clientId: client.client_id })).toBe(0);
    });

    it('is the common 401 where the client is gone', async () => {
      meanwhile.guarded = () => clients().delete({ clientId: client.client_id });
      expectRefusal(await put('"1"'), BAD_TOKEN);
      ({ body: client } = await server.register(clientMetadata(), initialAccessToken));
      expectRefusal(await send('DELETE', '"1"'), BAD_TOKEN);
      expect(told.filter((type) => type !== 'registered')).toEqual([]);
    });

    it('exactly one of many updates with the same tag is done', async () => {
      for (let version = 1; version <= 5; version++) {
        const names = Array.from({ length: 10 }, (_, i) => `Tides ${version}.${i}`);
        const answers = await Promise.all(
          names.map((client_name) => put(`"${version}"`, { client_name, token_endpoint_auth_method: 'none' })),
        );
        const [done, ...others] = answers.filter(({ status }) => status === 200);
        expect(others).toEqual([]);
        expect(done?.headers.get('etag')).toBe(`"${version + 1}"`);
        const refused = answers.filter(({ status }) => status !== 200);
        expect(refused).toHaveLength(9);
        for (const answer of refused) expectRefusal(answer, FAILED);
        expect((await send('GET', `"${version + 1}"`)).body).toEqual(done?.body);
      }
      expect(told).toHaveLength(5);
    });

    it('of an update and a delete with the same tag one is done', async () => {
      for (let round = 0; round < 5; round++) {
        ({ body: client } = await server.register(clientMetadata(), initialAccessToken));
        told = [];
        const body = clientMetadata({ client_id: client.client_id });
        const [updated, deleted] = await Promise.all([send('PUT', '"1"', body), send('DELETE', '"1"')]);
        const statuses = [updated.status, deleted.status];
        if (updated.status === 200) expectRefusal(deleted, FAILED);
        else expectRefusal(updated, BAD_TOKEN);
        expect([
          [200, 412],
          [401, 204],
        ]).toContainEqual(statuses);
        expect(told).toEqual([updated.status === 200 ? 'updated' : 'deleted']);
      }
    });
  });
});
