import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformsInPairs } from '../../support/start-server.js';
import { Person } from '../person.js';
import { OTHER_URI, PUBLIC, startAuthorizationServer, WEB, type Client, type RunningServer } from './running-server.js';

/** How often two requests are sent at the same moment: whichever is first, the rule holds. */
const TIMES = Array.from({ length: 6 }, (_, i) => i);

describe.each(platformsInPairs)('at the same moment, in the sample ($adapter, $database.name)', (platform) => {
  let server: RunningServer;
  let reader: Client;

  beforeAll(async () => {
    server = await startAuthorizationServer(platform);
    reader = await server.register(WEB);
  });
  afterAll(async () => server?.stop());

  it('one of many uses of a refresh token of a public client succeeds', async () => {
    const client = await server.register(PUBLIC);
    const { body } = await server.exchange(client, await server.codeFor(client));
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.refresh(client, body['refresh_token'])));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body: answer }) => answer['error'] === 'invalid_grant')).toHaveLength(7);
  });

  it('a refresh token that was replaced ends the grant when it comes again (RFC 9700 section 4.14.2)', async () => {
    const client = await server.register(PUBLIC);
    const { body } = await server.exchange(client, await server.codeFor(client));
    const next = await server.refresh(client, body['refresh_token']);
    expect(next.body['refresh_token']).not.toBe(body['refresh_token']);
    expect((await server.refresh(client, body['refresh_token'])).body['error']).toBe('invalid_grant');
    expect(await server.introspect(next.body['access_token'], reader)).toEqual({ active: false });
    expect((await server.refresh(client, next.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });

  it('a consent and an update of the redirect URIs leave no consent and no token', async () => {
    for (const _ of TIMES) {
      const client = await server.register(WEB);
      const person = new Person();
      const login = await person.open(server.authorizationUrl(client));
      const consent = await person.submit(login, { username: 'alice', password: 'alice' });
      const [after] = await Promise.all([
        person.submit(consent, { action: 'allow' }),
        server.update(client, { ...WEB, redirect_uris: [OTHER_URI] }),
      ]);
      const code = after.leavesTo?.searchParams.get('code') ?? 'none';
      expect((await server.exchange(client, code)).body['error']).toBe('invalid_grant');
      const asked = await person.open(server.authorizationUrl(client, { redirect_uri: OTHER_URI }));
      expect(asked.text).toContain('Allow access?');
    }
  });

  it('an exchange and a deletion leave no token', async () => {
    for (const _ of TIMES) {
      const client = await server.register(WEB);
      const code = await server.codeFor(client);
      const [{ status, body }] = await Promise.all([server.exchange(client, code), server.remove(client)]);
      expect(status).toBeLessThan(500);
      for (const name of ['access_token', 'refresh_token']) {
        expect(await server.introspect(body[name] ?? 'none', reader)).toEqual({ active: false });
      }
    }
  });
});
