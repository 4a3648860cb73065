import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BAD_TOKEN,
  expectRefusal,
  invalidMetadata,
  invalidRedirectUri,
  NO_OBJECT,
  NO_TOKEN,
  notOffered,
  TOO_LARGE,
  WRONG_MEDIA_TYPE,
} from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const BAD_METADATA = { redirect_uris: ['javascript:alert(1)'] };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const HTML = { 'content-type': 'text/html' };
const LARGE = JSON.stringify(clientMetadata({ filler: 'a'.repeat(2 * 1024 * 1024) }));

describe.each(platforms)('the order in which a caller learns what is wrong ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let token: string;
  let client: { client_id: string; registration_access_token: string };
  let path: string;
  beforeAll(async () => {
    server = await startServer(platform);
    token = await server.token();
    ({ body: client } = await server.register(clientMetadata(), token));
    path = `/register/${client.client_id}`;
  });
  afterAll(() => server.close());

  it('method before credential and body', async () => {
    const credentials: Record<string, string>[] = [{}, { authorization: 'Bearer x' }, { authorization: '' }];
    for (const headers of credentials) {
      expectRefusal(
        await server.request('PUT', '/register', { headers, body: BAD_METADATA }),
        notOffered('PUT', 'POST, OPTIONS'),
      );
      expectRefusal(
        await server.request('POST', path, { headers, body: BAD_METADATA }),
        notOffered('POST', 'HEAD, GET, PUT, DELETE, OPTIONS'),
      );
    }
  });

  it('method before media type', async () => {
    for (const wrong of [
      { headers: FORM, body: 'a=b' },
      { headers: HTML, body: '<p>' },
    ]) {
      expectRefusal(await server.request('PUT', '/register', wrong), notOffered('PUT', 'POST, OPTIONS'));
    }
  });

  it('media type before credential', async () => {
    for (const headers of [FORM, HTML]) {
      const body = 'a=b';
      expectRefusal(await server.request('POST', '/register', { headers, body }), WRONG_MEDIA_TYPE);
      expectRefusal(await server.request('POST', '/register', { headers, body, token: 'x' }), WRONG_MEDIA_TYPE);
      expectRefusal(await server.request('PUT', path, { headers, body, token: 'x' }), WRONG_MEDIA_TYPE);
    }
  });

  it('parsing before credential: malformed and too large bodies, in the same words with a good one', async () => {
    for (const credential of [{}, { token: 'x' }, { token }]) {
      expectRefusal(await server.request('POST', '/register', { ...credential, body: '{' }), NO_OBJECT);
      expectRefusal(await server.request('POST', '/register', { ...credential, body: LARGE }), TOO_LARGE);
    }
    for (const credential of [{}, { token: 'x' }, { token: client.registration_access_token }]) {
      expectRefusal(await server.request('PUT', path, { ...credential, body: '{' }), NO_OBJECT);
      expectRefusal(await server.request('PUT', path, { ...credential, body: LARGE }), TOO_LARGE);
    }
  });

  it('credential before the shape of the body and its metadata', async () => {
    for (const body of [[], BAD_METADATA, { a: { b: 'c' } }]) {
      expectRefusal(await server.request('POST', '/register', { body }), NO_TOKEN);
      expectRefusal(await server.request('POST', '/register', { body, token: 'x' }), BAD_TOKEN);
      expectRefusal(await server.request('PUT', path, { body }), NO_TOKEN);
      expectRefusal(await server.request('PUT', path, { body, token: 'x' }), BAD_TOKEN);
    }
  });

  it('shape of the body before its metadata', async () => {
    expectRefusal(await server.request('POST', '/register', { token, body: [BAD_METADATA] }), NO_OBJECT);
  });

  it('single members before rules across them', async () => {
    expectRefusal(
      await server.request('POST', '/register', {
        token,
        body: { grant_types: ['authorization_code'], response_types: [], client_uri: 'x:y' },
      }),
      invalidMetadata('client_uri must use https, or http on 127.0.0.1, [::1] or localhost'),
    );
  });

  it('the first wrong member in the order of RFC 7591 section 2, its first wrong entry', async () => {
    expectRefusal(
      await server.request('POST', '/register', {
        token,
        body: { client_name: 1, redirect_uris: ['https://tides.example/cb', 'x', 'javascript:alert(1)'] },
      }),
      invalidRedirectUri('redirect_uris[1] must be an absolute URI'),
    );
  });

  it('client_id before the metadata of an update', async () => {
    expectRefusal(
      await server.request('PUT', path, { token: client.registration_access_token, body: BAD_METADATA }),
      invalidMetadata('client_id must be that of the client'),
    );
  });

  it('changed nothing in all of this', async () => {
    const { body } = await server.request('GET', path, { token: client.registration_access_token });
    expect(body).toMatchObject(clientMetadata());
    expect(await server.dataSource.query('SELECT * FROM oauth_clients')).toHaveLength(1);
  });
});
