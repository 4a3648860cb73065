import { AbstractLogger } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal, NO_TOKEN } from '../errors/refusal.js';
import { clientMetadata, type Members } from '../support/client-metadata.builder.js';
import { rawRequest, type RawResponse } from '../support/raw-request.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

const METHODS = ['GET', 'PUT', 'DELETE'] as const;
type Header = readonly [string, string];

interface Registered {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
}

describe.each(platforms)('who may manage a client, RFC 7592 section 2 ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  let client: Registered;
  let other: Registered;
  let deleted: Registered;
  beforeAll(async () => {
    server = await startServer(platform);
    [client, other, deleted] = (await Promise.all(
      [1, 2, 3].map(async () => (await server.register(clientMetadata())).body as Registered),
    )) as [Registered, Registered, Registered];
    const { status } = await server.request('DELETE', `/register/${deleted.client_id}`, {
      token: deleted.registration_access_token,
    });
    expect(status).toBe(204);
  });
  afterAll(() => server.close());

  const rows = (): Promise<Members[]> => server.dataSource.query('SELECT * FROM oauth_clients');
  const send = (method: string, id: string, headers: readonly Header[], members: Members = {}): Promise<RawResponse> =>
    rawRequest(server.port, {
      method,
      path: `/register/${id}`,
      headers: [...headers, ...(method === 'PUT' ? [['Content-Type', 'application/json'] as const] : [])],
      ...(method === 'PUT' ? { body: JSON.stringify(clientMetadata({ client_id: id, ...members })) } : {}),
    });
  const bearer = (token: string): Header[] => [['Authorization', `Bearer ${token}`]];
  const comparable = ({ status, headers, text }: RawResponse) => ({
    status,
    headers: [...headers].filter(([name]) => name !== 'date'),
    text,
  });

  /** Everything that must look the same to whoever tries: [id, Authorization]. */
  const attempts = (): Record<string, [string, Header[]]> => {
    const token = client.registration_access_token;
    return {
      'a wrong token': [client.client_id, bearer(`rat_${'x'.repeat(43)}`)],
      'a token with one character more': [client.client_id, bearer(`${token}x`)],
      'a token in another letter case': [client.client_id, bearer(token.toUpperCase())],
      'the token of another client': [client.client_id, bearer(other.registration_access_token)],
      'the client secret': [client.client_id, bearer(client.client_secret)],
      'an unknown client': ['3e6f1c0e-0000-4000-8000-000000000000', bearer(token)],
      'a client_id of another form': ['no-such-client', bearer(token)],
      'a client_id in another letter case': [client.client_id.toUpperCase(), bearer(token)],
      'a client_id with a space behind it': [`${client.client_id}%20`, bearer(token)],
      'a client_id of SQL': [`${client.client_id}'%20OR%20'1'%3D'1`, bearer(token)],
      'a client_id with NUL': [`${client.client_id}%00`, bearer(token)],
      'NUL alone': ['%00', bearer(token)],
      'a client_id with a slash': [`a%2f${client.client_id}`, bearer(token)],
      'a client_id beyond ASCII': ['%F0%9F%8C%8A', bearer(token)],
      'a client_id of a prototype': ['__proto__', bearer(token)],
      'a deleted client': [deleted.client_id, bearer(deleted.registration_access_token)],
      'a malformed header': [client.client_id, [['Authorization', `Bearer ${token} x`]]],
      'the scheme alone': [client.client_id, [['Authorization', 'Bearer']]],
      'an empty header': [client.client_id, [['Authorization', '']]],
      'another scheme': [client.client_id, [['Authorization', `Basic ${token}`]]],
      'a token of 8 KB': [client.client_id, bearer('a'.repeat(8192))],
      'two headers': [client.client_id, [...bearer(token), ...bearer(token)]],
    };
  };

  describe.each(METHODS)('%s', (method) => {
    it('answers nothing sent with a bare Bearer challenge (RFC 6750 section 3)', async () => {
      for (const id of [client.client_id, deleted.client_id, 'no-such-client'])
        expectRefusal(await send(method, id, []), NO_TOKEN);
    });

    it('answers an initial access token with the common 401', async () =>
      expectRefusal(await send(method, client.client_id, bearer(await server.token())), BAD_TOKEN));

    it('gives one identical 401 to all who cannot prove it, and leaves every client byte for byte', async () => {
      const before = await rows();
      const expected = comparable(await send(method, client.client_id, bearer('wrong')));
      for (const [name, [id, headers]] of Object.entries(attempts())) {
        const response = await send(method, id, headers);
        expect([name, response.status]).toEqual([name, 401]);
        expectRefusal(response, BAD_TOKEN);
        expect({ name, ...comparable(response) }).toEqual({ name, ...expected });
      }
      expect(await rows()).toEqual(before);
    });

    it('gives it for a long client_id too', async () => {
      const expected = comparable(await send(method, client.client_id, bearer('wrong')));
      // Fastify answers a parameter beyond its own `maxParamLength`, 100 by default, before it knows a route.
      for (const length of platform.adapter === 'fastify' ? [100] : [100, 101, 255, 256, 5000]) {
        const response = await send(method, 'a'.repeat(length), bearer(client.registration_access_token));
        expect({ length, ...comparable(response) }).toEqual({ length, ...expected });
      }
    });

    it('reads no token from query or body (RFC 6750 sections 2.2 and 2.3)', async () => {
      const { client_id: id, registration_access_token: token } = client;
      expectRefusal(
        await rawRequest(server.port, {
          method,
          path: `/register/${id}?access_token=${token}&registration_access_token=${token}`,
          headers: [['Content-Type', 'application/json']],
          body: JSON.stringify(clientMetadata({ client_id: id, access_token: token })),
        }),
        NO_TOKEN,
      );
    });
  });

  it('says nothing about the body to a caller without the token', async () =>
    expectRefusal(
      await send('PUT', client.client_id, bearer('wrong'), { redirect_uris: ['javascript:alert(1)'] }),
      BAD_TOKEN,
    ));

  it('keeps the credentials of requests at the same time apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const [asked, owner] = i % 2 === 0 ? [client, client] : [client, other];
        return {
          right: asked === owner,
          response: await send('GET', asked.client_id, bearer(owner.registration_access_token)),
        };
      }),
    );
    for (const { right, response } of answers) {
      if (right) expect(response.body).toMatchObject({ client_id: client.client_id });
      else expectRefusal(response, BAD_TOKEN);
    }
  });
});

describe.each(platforms)('what a refusal costs ($adapter, $database.name)', (platform) => {
  const statements: string[] = [];
  let server: TestServer;
  let client: Registered;
  beforeAll(async () => {
    server = await startServer({ ...platform, typeorm: { logger: new StatementLogger(statements) } });
    client = (await server.register(clientMetadata())).body as Registered;
  });
  afterAll(() => server.close());

  it('asks the database the same, whether there is such a client or not', async () => {
    const asked = async (id: string) => {
      statements.length = 0;
      expectRefusal(await server.request('GET', `/register/${id}`, { token: `rat_${'x'.repeat(43)}` }), BAD_TOKEN);
      return [...statements];
    };
    const ofClient = await asked(client.client_id);
    expect(ofClient).not.toEqual([]);
    expect(await asked('3e6f1c0e-0000-4000-8000-000000000000')).toEqual(ofClient);
  });
});

/** Statements without their parameters, whether TypeORM would log them or not. */
class StatementLogger extends AbstractLogger {
  constructor(private readonly statements: string[]) {
    super();
  }

  override logQuery(query: string): void {
    this.statements.push(query);
  }

  protected writeLog(): void {}
}
