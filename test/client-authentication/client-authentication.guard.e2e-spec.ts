import { Catch, Controller, Get, ValidationPipe, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';

import { APP_FILTER, APP_PIPE, HttpAdapterHost } from '@nestjs/core';
import * as fc from 'fast-check';
import { ClientSecretHasher, CurrentClient, OAuthClient, OAuthClientService } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMetadata, publicKey, type Members } from '../support/client-metadata.builder.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { rawRequest } from '../support/raw-request.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { ask, basic, expectError, expectInvalidClient, TokenEndpoint } from './token-endpoint.js';

const METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'none',
  'private_key_jwt',
  'client_secret_jwt',
  'tls_client_auth',
];
const OPTIONS = {
  isGlobal: true,
  server: { tokenEndpointAuthMethods: METHODS, mutualTls: true },
  clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
} as const;

interface Client {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
}

const ONE_METHOD = 'the client must authenticate by one method only';

/** A host's own filter for everything, which must not have to know OAuth. */
@Catch()
class CatchAll implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: { getStatus(): number; getResponse(): object }, host: ArgumentsHost): void {
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), error.getResponse(), error.getStatus());
  }
}

@Controller('unguarded')
class Unguarded {
  @Get()
  read(@CurrentClient() client: OAuthClient): string {
    return client.clientId;
  }
}

describe.each(platforms)('ClientAuthenticationGuard ($adapter, $database.name)', (platform) => {
  let server: TestServer;
  const clients = new Map<string, Client>();
  beforeAll(async () => {
    server = await startServer({
      ...platform,
      options: OPTIONS,
      controllers: [TokenEndpoint, Unguarded],
      providers: [
        { provide: APP_FILTER, useClass: CatchAll },
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        },
      ],
    });
    const keys = { jwks: { keys: [publicKey()] } };
    for (const method of METHODS) {
      clients.set(
        method,
        await register({
          token_endpoint_auth_method: method,
          ...(method === 'private_key_jwt' && keys),
          ...(method === 'tls_client_auth' && { tls_client_auth_san_dns: 'tides.example' }),
        }),
      );
    }
  });
  afterAll(() => server.close());

  const register = async (members: Members): Promise<Client> => {
    const { status, body } = await server.register(clientMetadata(members));
    expect(status).toBe(201);
    return body as Client;
  };
  const clientOf = (method: string): Client => {
    const client = clients.get(method);
    if (!client) throw new Error(`no client with ${method}`);
    return client;
  };
  const manage = async (method: string, { client_id, registration_access_token }: Client, body?: Members) =>
    server.request(method, `/register/${client_id}`, { token: registration_access_token, ...(body && { body }) });

  describe('lets through', () => {
    it.each(['client_secret_basic', 'client_secret_post'])(
      'a client of %s with its secret in the header or in the body, whichever it registered',
      async (method) => {
        const { client_id, client_secret = '' } = clientOf(method);
        for (const answer of [
          await ask(server, { grant_type: 'x' }, basic(client_id, client_secret)),
          await ask(server, { grant_type: 'x', client_id, client_secret }),
        ]) {
          expect([answer.status, answer.body]).toEqual([200, { client_id, isEntity: true }]);
        }
      },
    );

    it('a public client with its id, in the body or in the header with an empty secret', async () => {
      const { client_id } = clientOf('none');
      for (const answer of [
        await ask(server, { client_id }),
        await ask(server, { client_id, client_secret: '' }),
        await ask(server, {}, basic(client_id, '')),
      ]) {
        expect([answer.status, answer.body['client_id']]).toEqual([200, client_id]);
      }
    });

    it('a secret with every character there is, form-encoded', async () => {
      const clientSecret = Array.from({ length: 72 }, (_, i) => String.fromCodePoint(33 + i)).join('');
      const service = server.app.get(OAuthClientService, { strict: false });
      const { client } = await service.create({
        ...clientMetadata(),
        clientId: `a:b +%c ${platform.adapter}`,
        clientSecret,
      });
      const answer = await ask(server, {}, basic(client.clientId, clientSecret));
      expect([answer.status, answer.body['client_id']]).toEqual([200, client.clientId]);
    });
  });

  describe('answers one invalid_client (RFC 6749 section 5.2) for', () => {
    it('a wrong secret, an unknown client and a deleted one: the same bytes', async () => {
      const gone = await register({});
      await manage('DELETE', gone);
      const { client_id } = clientOf('client_secret_basic');
      const answers = [
        await ask(server, {}, basic(client_id, 'wrong')),
        await ask(server, {}, basic('nobody', 'wrong')),
        await ask(server, {}, basic(gone.client_id, gone.client_secret ?? '')),
      ];
      for (const answer of answers) expectInvalidClient(answer, true);
      const seen = answers.map(({ headers }) =>
        [...headers].filter(([name]) => name !== 'date' && name !== 'keep-alive'),
      );
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    });

    it.each(METHODS.filter((method) => method !== 'none'))('a client of %s that sends its id alone', async (method) => {
      const { client_id } = clientOf(method);
      expectInvalidClient(await ask(server, { client_id }));
      expectInvalidClient(await ask(server, {}, basic(client_id, '')), true);
    });

    it.each(['none', 'private_key_jwt', 'client_secret_jwt', 'tls_client_auth'])(
      'a client of %s that sends a secret, its own one included',
      async (method) => {
        const { client_id, client_secret = 'any' } = clientOf(method);
        expectInvalidClient(await ask(server, { client_id, client_secret }));
        expectInvalidClient(await ask(server, {}, basic(client_id, client_secret)), true);
      },
    );

    it('the hash that is stored', async () => {
      const { client_id } = clientOf('client_secret_basic');
      const stored = await server.dataSource.getRepository(OAuthClient).findOneByOrFail({ clientId: client_id });
      expectInvalidClient(await ask(server, {}, basic(client_id, stored.clientSecretHash ?? '')), true);
    });

    it('a secret that has expired (RFC 7591 section 3.2.1)', async () => {
      const client = await register({});
      const rows = server.dataSource.getRepository(OAuthClient);
      await rows.update({ clientId: client.client_id }, { clientSecretExpiresAt: Math.floor(Date.now() / 1000) });
      expectInvalidClient(await ask(server, {}, basic(client.client_id, client.client_secret ?? '')), true);
    });

    it('the secret of a client that has become public, from the moment it did', async () => {
      const client = await register({});
      const { client_id, client_secret = '' } = client;
      const update = await manage('PUT', client, clientMetadata({ client_id, token_endpoint_auth_method: 'none' }));
      expect(update.status).toBe(200);
      expectInvalidClient(await ask(server, {}, basic(client_id, client_secret)), true);
      expect((await ask(server, { client_id })).status).toBe(200);
    });

    it('nothing at all, and a header of another scheme', async () => {
      expectInvalidClient(await ask(server, { grant_type: 'x' }), false, 'client authentication is required');
      expectInvalidClient(await ask(server, undefined), false, 'client authentication is required');
      expectInvalidClient(
        await ask(server, {}, { authorization: 'Bearer x' }),
        true,
        'the Authorization header must be Basic with client_id and client_secret',
      );
    });
  });

  describe('answers invalid_request for', () => {
    it('two methods in one request, and two headers (RFC 6749 section 2.3)', async () => {
      const { client_id, client_secret = '' } = clientOf('client_secret_basic');
      const twice = await ask(server, { client_id, client_secret }, basic(client_id, client_secret));
      expectError(twice, 400, 'invalid_request', ONE_METHOD);
      const { authorization } = basic(client_id, client_secret);
      const { status, headers, body } = await rawRequest(server.port, {
        path: '/token',
        headers: [
          ['Authorization', authorization],
          ['Authorization', authorization],
          ['Content-Type', 'application/x-www-form-urlencoded'],
        ],
        body: 'grant_type=x',
      });
      expectError({ status, headers, body: body as Members }, 400, 'invalid_request', ONE_METHOD);
    });

    it.each(['client_id', 'client_secret', 'client_assertion'])(
      'a repeated %s (RFC 6749 section 3.2)',
      async (name) => {
        const answer = await ask(server, `client_id=x&${name}=a&${name}=b`);
        expectError(answer, 400, 'invalid_request', `${name} must not be repeated`);
      },
    );
  });

  it('has no answer of 5xx for anything that can be sent', async () => {
    const { client_id } = clientOf('client_secret_basic');
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(client_id, 'nobody', '', '\0'));
    const request = fc.record(
      {
        client_id: value,
        client_secret: value,
        client_assertion: fc.oneof(value, fc.constant('e30.e30.e30'), fc.constant('eyJhbGciOiJub25lIn0.e30.')),
        client_assertion_type: fc.oneof(value, fc.constant('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')),
      },
      { requiredKeys: [] },
    );
    const header = fc.option(
      fc.base64String().map((text) => `Basic ${text}`),
      { nil: undefined },
    );
    await fc.assert(
      fc.asyncProperty(request, header, async (form, authorization) => {
        const { status } = await ask(server, form, authorization === undefined ? {} : { authorization });
        expect([400, 401]).toContain(status);
      }),
      { numRuns: 60 },
    );
  });

  it('is needed for @CurrentClient()', async () => {
    expect((await server.request('GET', '/unguarded')).status).toBe(500);
  });
});

describe.each(platforms.slice(0, 1))(
  'a server that offers fewer methods than before ($adapter, $database.name)',
  (platform) => {
    it('answers invalid_client for every client that is registered for one of the others', async () => {
      const first = await startServer({ ...platform, options: OPTIONS, controllers: [TokenEndpoint] });
      const { options, url } = first.database;
      const startWith = async (tokenEndpointAuthMethods: readonly string[]) =>
        startServer({
          ...platform,
          database: {
            ...platform.database,
            create: async () => ({ options, url, drop: async () => {}, destroy: async () => {} }),
          },
          options: { ...OPTIONS, server: { tokenEndpointAuthMethods } },
          controllers: [TokenEndpoint],
        });
      try {
        for (const [method, other] of [
          ['client_secret_basic', 'client_secret_post'],
          ['client_secret_post', 'client_secret_basic'],
          ['none', 'client_secret_basic'],
        ] as const) {
          const { body } = await first.register(clientMetadata({ token_endpoint_auth_method: method }));
          const { client_id, client_secret } = body as Client;
          const prove = async (server: TestServer) =>
            ask(server, { client_id, ...(client_secret !== undefined && { client_secret }) });
          expect((await prove(first)).status).toBe(200);
          const second = await startWith([other]);
          try {
            expectInvalidClient(await prove(second));
            if (client_secret !== undefined) {
              expectInvalidClient(await ask(second, {}, basic(client_id, client_secret)), true);
            }
          } finally {
            await second.close();
          }
        }
      } finally {
        await first.close();
      }
    });
  },
);

describe.each(platforms.slice(0, 1))('a server that cannot tell ($adapter, $database.name)', (platform) => {
  const UNAVAILABLE = 'the server cannot answer now, try again later';

  it('answers 503 where the database is gone, and never invalid_client', async () => {
    const server = await startServer({ ...platform, options: OPTIONS, controllers: [TokenEndpoint] });
    try {
      const { body } = await server.register(clientMetadata());
      await server.dataSource.destroy();
      const answer = await ask(server, {}, basic(body.client_id as string, body.client_secret as string));
      expectError(answer, 503, 'temporarily_unavailable', UNAVAILABLE);
      expectError(await ask(server, { client_id: 'nobody' }), 503, 'temporarily_unavailable', UNAVAILABLE);
      // What can be told without it is told.
      expectInvalidClient(await ask(server, {}), false, 'client authentication is required');
      await server.dataSource.initialize();
    } finally {
      await server.close();
    }
  });

  it('answers 503 where too many bcrypt checks wait, and checks the secret when they are done', async () => {
    const options = { ...OPTIONS, clientSecret: { ...OPTIONS.clientSecret, hash: 'bcrypt' } } as const;
    const server = await startServer({ ...platform, options, controllers: [TokenEndpoint] });
    try {
      const { body } = await server.register(clientMetadata());
      const right = basic(body.client_id as string, body.client_secret as string);
      const hasher = server.app.get(ClientSecretHasher, { strict: false });
      const hash = await hasher.hash('x', true);
      const answered = new AbortController();
      // Two at work, and as many behind them as may wait: each makes room for its own next one, so none is free for anybody else.
      const busy = Array.from({ length: 52 }, async () => {
        while (!answered.signal.aborted) await hasher.verify('x', hash);
      });
      try {
        const answers = await Promise.all([ask(server, {}, right), ask(server, {}, right)]);
        for (const answer of answers) expectError(answer, 503, 'temporarily_unavailable', UNAVAILABLE);
      } finally {
        answered.abort();
        await Promise.all(busy);
      }
      expect((await ask(server, {}, right)).status).toBe(200);
    } finally {
      await server.close();
    }
  });
});
