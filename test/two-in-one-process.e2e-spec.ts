import {
  Controller,
  Injectable,
  Module,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, ModulesContainer, Reflector } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IsIn, IsOptional } from 'class-validator';
import {
  ClientIdGenerator,
  ClientMetadata,
  DynamicRegistrationModule,
  ErrorResponse,
  InitialAccessToken,
  InitialAccessTokenGuard,
  InitialAccessTokenService,
  MetadataField,
  OAuthClient,
  OAuthClientService,
  RegistrationConfiguration,
  RegistrationListener,
  RegistrationPolicy,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
  type ErrorAnswer,
  type RegistrationEvent,
  type RegistrationError,
} from 'nestjs-dynamic-registration';
import { randomUUID } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { DataSource, Entity } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal, invalidMetadata, notOffered } from './errors/refusal.js';
import { databases, type CreatedDatabase, type TestDatabase } from './support/databases.js';
import { adapters, createApplication, platforms, type AdapterName, type JsonResponse } from './support/start-server.js';

const REDIRECT = ['https://tides.example/cb'];
const EACH = 12;

/** What the classes of one import have seen; each import has classes of its own. */
interface Seen {
  readonly guarded: string[];
  readonly reviewed: string[];
  readonly told: string[];
}

const noSeen = (): Seen => ({ guarded: [], reviewed: [], told: [] });

/** The classes a host would give to one import, which all write down what they see. */
function classesOf(name: string, seen: Seen) {
  @Injectable()
  class Guard extends InitialAccessTokenGuard {
    override async canActivate(context: ExecutionContext): Promise<boolean> {
      seen.guarded.push(context.switchToHttp().getRequest<{ url: string }>().url);
      return super.canActivate(context);
    }
  }

  @Injectable()
  class Policy extends RegistrationPolicy {
    review(proposed: ClientMetadata): ClientMetadata {
      seen.reviewed.push(proposed.client_name ?? '');
      return Object.assign(proposed, { software_id: `of ${name}` });
    }
  }

  @Injectable()
  class Listener extends RegistrationListener {
    handle({ client }: RegistrationEvent): void {
      seen.told.push(client.clientId);
    }
  }

  @Injectable()
  class Ids extends ClientIdGenerator {
    override generate(): string {
      return `${name}-${randomUUID()}`;
    }
  }

  @Injectable()
  class Errors extends ErrorResponse {
    protected override describe(error: RegistrationError): ErrorAnswer {
      const answer = super.describe(error);
      return {
        ...answer,
        body: { ...answer.body, error_description: `${name}: ${answer.body.error_description}` },
      };
    }
  }

  return { Guard, Policy, Listener, Ids, Errors };
}

class OneMetadata extends ClientMetadata {
  @MetadataField({ spec: 'One' })
  @IsOptional()
  @IsIn(['gold'])
  one_tier?: string;
}

class TwoMetadata extends ClientMetadata {
  @MetadataField({ spec: 'Two', required: true })
  @IsIn(['silver'])
  two_tier?: string;
}

@Entity('two_clients')
class TwoClient extends OAuthClient {}

@Entity('two_tokens')
class TwoToken extends InitialAccessToken {}

const TWO_TABLES = { entities: { client: TwoClient, initialAccessToken: TwoToken } };

const Tag = Reflector.createDecorator<string>();

/** The guard of a host, which sees every request. */
class TagReader implements CanActivate {
  static readonly tags: [path: string, tag: string | undefined][] = [];

  canActivate(context: ExecutionContext): boolean {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    TagReader.tags.push([url, new Reflector().get(Tag, context.getClass())]);
    return true;
  }
}

/** A running application with a database of its own. */
interface Host {
  readonly app: INestApplication;
  request(method: string, path: string, token?: string, body?: object, headers?: object): Promise<JsonResponse>;
  close(): Promise<void>;
}

async function host(
  database: TestDatabase,
  adapter: AdapterName,
  metadata: ModuleMetadata,
  typeorm: readonly (object | ((created: CreatedDatabase) => object))[] = [{}],
): Promise<Host> {
  const created = await database.create();
  const sources = typeorm.map((own) => dataSource(created, typeof own === 'function' ? own(created) : own));
  @Module({ ...metadata, imports: [...sources, ...(metadata.imports ?? [])] })
  class HostModule {}
  return listening(HostModule, adapter, created);
}

const dataSource = (created: CreatedDatabase, own: object) =>
  TypeOrmModule.forRoot({
    ...created.options,
    autoLoadEntities: true,
    synchronize: true,
    retryAttempts: 0,
    ...own,
  });

async function listening(module: Type, adapter: AdapterName, created: CreatedDatabase): Promise<Host> {
  let app: INestApplication | undefined;
  try {
    app = await createApplication(module as new () => object, adapter);
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app?.close();
    await created.drop();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const running = app;
  return {
    app,
    request: async (method, path, token, body, headers) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
    close: async () => {
      await running.close();
      await created.drop();
    },
  };
}

/** A provider of the import that is mounted there. */
function provided<T>({ app }: Host, type: Type<T>, mount: string): T {
  for (const module of app.get(ModulesContainer).values()) {
    if (module.metatype !== DynamicRegistrationModule) continue;
    const config = module.getProviderByKey<RegistrationConfiguration>(RegistrationConfiguration).instance;
    if (config.mount === mount) return module.getProviderByKey<T>(type).instance;
  }
  throw new Error(`nothing is mounted at ${mount}`);
}

const ONE = '/tenants/one/register';
const TWO = '/clients';

describe.each(platforms)('two issuers in one application ($adapter, $database.name)', ({ adapter, database }) => {
  const seen = { one: noSeen(), two: noSeen() };
  let server: Host;
  const tokenOf = async (mount: string, options = {}) =>
    (await provided(server, InitialAccessTokenService, mount).issue(options)).token;
  const registerOne = async (token: string, name: string) =>
    server.request('POST', ONE, token, {
      redirect_uris: REDIRECT,
      client_name: name,
      one_tier: 'gold',
      two_tier: 'silver',
    });
  const registerTwo = async (token: string | undefined, name: string) =>
    server.request('POST', TWO, token, {
      redirect_uris: REDIRECT,
      client_name: name,
      one_tier: 'gold',
      two_tier: 'silver',
    });

  beforeAll(async () => {
    const one = classesOf('one', seen.one);
    const two = classesOf('two', seen.two);
    server = await host(database, adapter, {
      imports: [
        DynamicRegistrationModule.forRoot({
          issuer: 'https://one.example/tenants/one',
          server: { scopes: ['one'] },
          metadata: OneMetadata,
          clientSecret: { prefix: 'one_' },
          cors: { origins: ['https://app.one.example'] },
          discovery: { metadata: { service_documentation: 'https://one.example/docs' } },
          guards: { registration: one.Guard },
          policies: [one.Policy],
          listeners: [one.Listener],
          decorators: [Tag('one')],
          providers: [
            { provide: ClientIdGenerator, useClass: one.Ids },
            { provide: ErrorResponse, useClass: one.Errors },
          ],
        }),
        DynamicRegistrationModule.forRootAsync({
          useFactory: async () => ({
            issuer: 'https://two.example',
            path: 'clients',
            access: 'open' as const,
            server: { scopes: ['two'] },
            metadata: TwoMetadata,
            clientSecret: { prefix: 'two_' },
            cors: { origins: ['https://app.two.example'] },
            discovery: true,
            management: { update: false },
          }),
          ...TWO_TABLES,
          guards: { registration: two.Guard },
          policies: [two.Policy],
          listeners: [two.Listener],
          decorators: [Tag('two')],
        }),
      ],
      providers: [{ provide: APP_GUARD, useClass: TagReader }],
    });
  });
  afterAll(() => server.close());

  it('answer parallel registrations each for themselves, down to their classes and tables', async () => {
    const [forOne, forTwo] = [
      await tokenOf(ONE, { maxUses: EACH, owner: 'one' }),
      await tokenOf(TWO, { owner: 'two' }),
    ];
    const answers = await Promise.all(
      Array.from({ length: EACH }, (_, i) => [registerOne(forOne, `one ${i}`), registerTwo(forTwo, `two ${i}`)]).flat(),
    );
    const [ones, twos] = [0, 1].map((rest) => answers.filter((_, i) => i % 2 === rest).map(({ body }) => body));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));

    for (const [i, body] of ones?.entries() ?? []) {
      expect(body).toMatchObject({
        client_id: expect.stringMatching(/^one-/),
        client_name: `one ${i}`,
        client_secret: expect.stringMatching(/^one_/),
        scope: 'one',
        one_tier: 'gold',
        software_id: 'of one',
        registration_client_uri: `https://one.example${ONE}/${body.client_id}`,
      });
      expect(body).not.toHaveProperty('two_tier');
    }
    for (const [i, body] of twos?.entries() ?? []) {
      expect(body).toMatchObject({
        client_id: expect.stringMatching(/^[0-9a-f]{8}-/),
        client_name: `two ${i}`,
        client_secret: expect.stringMatching(/^two_/),
        scope: 'two',
        two_tier: 'silver',
        software_id: 'of two',
        registration_client_uri: `https://two.example${TWO}/${body.client_id}`,
      });
      expect(body).not.toHaveProperty('one_tier');
    }

    const ids = (bodies: typeof ones) => bodies?.map(({ client_id: id }) => id as string).toSorted();
    expect(seen.one.told.toSorted()).toEqual(ids(ones));
    expect(seen.two.told.toSorted()).toEqual(ids(twos));
    expect(new Set(seen.one.reviewed.map((name) => name.slice(0, 3)))).toEqual(new Set(['one']));
    expect(new Set(seen.two.reviewed.map((name) => name.slice(0, 3)))).toEqual(new Set(['two']));
    expect(new Set(seen.one.guarded)).toEqual(new Set([ONE]));
    expect(new Set(seen.two.guarded)).toEqual(new Set([TWO]));
    const stored = server.app.get(DataSource);
    const ownIds = async (type: Type<OAuthClient>) =>
      (await stored.getRepository(type).find()).map(({ clientId }) => clientId).toSorted();
    await expect(ownIds(OAuthClient)).resolves.toEqual(ids(ones));
    await expect(ownIds(TwoClient)).resolves.toEqual(ids(twos));
    // All uses are taken of the one token; the other has no maximum.
    expect((await registerOne(forOne, 'one more')).status).toBe(401);
    await expect(provided(server, InitialAccessTokenService, ONE).list('two')).resolves.toEqual([]);
    await expect(provided(server, InitialAccessTokenService, TWO).list('one')).resolves.toEqual([]);
  });

  it('take no token of the other, in parallel with those of their own', async () => {
    const [forOne, forTwo] = [await tokenOf(ONE), await tokenOf(TWO)];
    const [one, two] = [(await registerOne(forOne, 'one')).body, (await registerTwo(undefined, 'two')).body];
    const managed = (
      mount: string,
      { client_id: id }: { client_id: string },
      of: { registration_access_token: string },
    ) => server.request('GET', `${mount}/${id}`, of.registration_access_token);
    const mixed = await Promise.all(
      Array.from({ length: EACH }, async () => ({
        own: await Promise.all([managed(ONE, one, one), managed(TWO, two, two), registerOne(forOne, 'one')]),
        foreign: await Promise.all([managed(ONE, two, two), managed(ONE, one, two), registerOne(forTwo, 'one')]),
        foreignOfTwo: await Promise.all([managed(TWO, one, one), managed(TWO, two, one), registerTwo(forOne, 'two')]),
      })),
    );
    for (const { own, foreign, foreignOfTwo } of mixed) {
      expect(own.map(({ status }) => status)).toEqual([200, 200, 201]);
      for (const answer of foreign) {
        expectRefusal(answer, { ...BAD_TOKEN, description: `one: ${String(BAD_TOKEN.description)}` });
      }
      // Open or not: what is presented must be good.
      for (const answer of foreignOfTwo) expectRefusal(answer, BAD_TOKEN);
    }
    const secrets = provided(server, OAuthClientService, TWO);
    await expect(secrets.find(one.client_id)).resolves.toBeUndefined();
    await expect(secrets.find(two.client_id)).resolves.toMatchObject({ clientId: two.client_id });
  });

  it('judge by metadata classes and offer methods of their own', async () => {
    const token = await tokenOf(ONE);
    const body = { redirect_uris: REDIRECT };
    expect((await server.request('POST', ONE, token, body)).status).toBe(201);
    expectRefusal(await server.request('POST', TWO, undefined, body), invalidMetadata('two_tier is required'));
    expectRefusal(
      await server.request('POST', ONE, token, { ...body, one_tier: 'silver' }),
      invalidMetadata('one: one_tier must be one of the following values: gold'),
    );
    const [one, two] = [(await registerOne(token, 'one')).body, (await registerTwo(undefined, 'two')).body];
    const update = async (mount: string, client: typeof one) =>
      server.request('PUT', `${mount}/${client.client_id}`, client.registration_access_token, {
        ...body,
        client_id: client.client_id,
        two_tier: 'silver',
      });
    expect((await update(ONE, one)).status).toBe(200);
    expectRefusal(await update(TWO, two), notOffered('PUT', 'HEAD, GET, DELETE, OPTIONS'));
  });

  it('let browsers of their own origins in alone', async () => {
    const allowed = async (mount: string, origin: string) =>
      (
        await server.request('OPTIONS', mount, undefined, undefined, {
          origin,
          'access-control-request-method': 'POST',
        })
      ).headers.get('access-control-allow-origin');
    const [ofOne, ofTwo] = ['https://app.one.example', 'https://app.two.example'];
    await expect(allowed(ONE, ofOne)).resolves.toBe(ofOne);
    await expect(allowed(TWO, ofTwo)).resolves.toBe(ofTwo);
    await expect(allowed(ONE, ofTwo)).resolves.toBeNull();
    await expect(allowed(TWO, ofOne)).resolves.toBeNull();
  });

  it('publish documents of their own', async () => {
    const wellKnown = '/.well-known/oauth-authorization-server';
    const [one, two] = await Promise.all([
      server.request('GET', `${wellKnown}/tenants/one`),
      server.request('GET', wellKnown),
    ]);
    expect(one.body).toMatchObject({
      issuer: 'https://one.example/tenants/one',
      registration_endpoint: `https://one.example${ONE}`,
      scopes_supported: ['one'],
      service_documentation: 'https://one.example/docs',
    });
    expect(two.body).toMatchObject({
      issuer: 'https://two.example',
      registration_endpoint: `https://two.example${TWO}`,
      scopes_supported: ['two'],
    });
    expect(two.body).not.toHaveProperty('service_documentation');
  });

  it('carry the decorators of their own', async () => {
    TagReader.tags.length = 0;
    await Promise.all(
      Array.from({ length: EACH }, (_, i) => server.request('GET', `${i % 2 === 0 ? ONE : TWO}/x`, 'nobody')),
    );
    expect(TagReader.tags).toHaveLength(EACH);
    for (const [path, tag] of TagReader.tags) expect(tag).toBe(path.startsWith(ONE) ? 'one' : 'two');
  });
});

const [database] = databases;
if (!database) throw new Error('no database');

describe.each(adapters.map((adapter) => ({ adapter })))(
  'applications of several classes ($adapter first)',
  ({ adapter }) => {
    const hosts: Host[] = [];
    afterAll(async () => {
      for (const one of hosts) await one.close();
    });

    it('have nothing of each other under parallel requests, on either adapter', async () => {
      const other = adapters.find((one) => one !== adapter) ?? adapter;
      const seen: Record<string, Seen> = {};
      const application = async (
        name: string,
        on: AdapterName,
        made: (options: DynamicRegistrationOptions, extras: DynamicRegistrationExtras) => DynamicModule,
      ) => {
        const own = (seen[name] = noSeen());
        const { Guard, Policy, Listener, Ids } = classesOf(name, own);
        const imported = made(
          {
            issuer: `https://${name}.example`,
            metadata: name === 'a' ? OneMetadata : ClientMetadata,
            clientSecret: { prefix: `${name}_` },
          },
          {
            guards: { registration: Guard },
            policies: [Policy],
            listeners: [Listener],
            providers: [{ provide: ClientIdGenerator, useClass: Ids }],
          },
        );
        const started = await host(database, on, { imports: [imported] });
        hosts.push(started);
        return { name, started, token: await tokenOf(started, EACH) };
      };
      const forRoot = (options: DynamicRegistrationOptions, extras: DynamicRegistrationExtras) =>
        DynamicRegistrationModule.forRoot({ ...options, ...extras });
      const forRootAsync = (options: DynamicRegistrationOptions, extras: DynamicRegistrationExtras) =>
        DynamicRegistrationModule.forRootAsync({ useFactory: async () => options, ...extras });
      const applications = [
        await application('a', adapter, forRoot),
        await application('b', adapter, forRootAsync),
        await application('c', other, forRoot),
      ];
      const register = async ({ started }: { started: Host }, token: string) =>
        started.request('POST', '/register', token, { redirect_uris: REDIRECT, one_tier: 'gold' });

      const answers = await Promise.all(
        Array.from({ length: EACH }, () => applications)
          .flat()
          .map(async (one) => ({
            one,
            own: await register(one, one.token),
            foreign: await Promise.all(applications.filter((it) => it !== one).map((it) => register(it, one.token))),
          })),
      );
      for (const { one, own, foreign } of answers) {
        expect(own.status).toBe(201);
        expect(own.body).toMatchObject({
          client_id: expect.stringMatching(new RegExp(`^${one.name}-`)),
          client_secret: expect.stringMatching(new RegExp(`^${one.name}_`)),
          software_id: `of ${one.name}`,
          registration_client_uri: `https://${one.name}.example/register/${own.body.client_id}`,
        });
        expect(own.body.one_tier).toBe(one.name === 'a' ? 'gold' : undefined);
        for (const refused of foreign) expectRefusal(refused, BAD_TOKEN);
      }
      for (const one of applications) {
        const ids = answers.filter((it) => it.one === one).map(({ own }) => own.body.client_id as string);
        expect(seen[one.name]?.told.toSorted()).toEqual(ids.toSorted());
        for (const elsewhere of applications) {
          const found = elsewhere.started.app.get(OAuthClientService, { strict: false }).find(ids[0] ?? '');
          if (elsewhere === one) await expect(found).resolves.toMatchObject({ clientId: ids[0] });
          else await expect(found).resolves.toBeUndefined();
        }
      }
    });

    it('go on when one of them is closed', async () => {
      const [gone, ...rest] = hosts;
      expect(rest).toHaveLength(2);
      const tokens = await Promise.all(rest.map((one) => tokenOf(one)));
      await gone?.close();
      hosts.shift();
      const answers = await Promise.all(
        rest.map((one, i) => one.request('POST', '/register', tokens[i], { redirect_uris: REDIRECT })),
      );
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    });
  },
);

async function tokenOf({ app }: Host, maxUses?: number): Promise<string> {
  const tokens = app.get(InitialAccessTokenService, { strict: false });
  return (await tokens.issue(maxUses === undefined ? {} : { maxUses })).token;
}

describe.each(adapters.map((adapter) => ({ adapter })))('which of two a host injects ($adapter)', ({ adapter }) => {
  const closing: Host[] = [];
  afterEach(async () => {
    for (const one of closing.splice(0)) await one.close();
  });
  const start = async (imports: NonNullable<ModuleMetadata['imports']>) => {
    const started = await host(database, adapter, { imports });
    closing.push(started);
    return started;
  };
  const one = (extras: DynamicRegistrationExtras = {}) =>
    DynamicRegistrationModule.forRoot({ issuer: 'https://one.example', path: 'one', ...extras });
  const two = (extras: DynamicRegistrationExtras = {}) =>
    DynamicRegistrationModule.forRootAsync({
      useFactory: () => ({ issuer: 'https://two.example', path: 'two' }),
      ...TWO_TABLES,
      ...extras,
    });

  /** A module of the host that imports these and injects the services. */
  function consumer(...imports: DynamicModule[]) {
    @Controller()
    class Consumer {
      constructor(
        readonly clients: OAuthClientService,
        readonly tokens: InitialAccessTokenService,
        readonly config: RegistrationConfiguration,
      ) {}
    }
    @Module({ imports, controllers: [Consumer] })
    class ConsumerModule {}
    return { Consumer, ConsumerModule };
  }

  it('is the one that its module imports', async () => {
    const [ofOne, ofTwo] = [consumer(one()), consumer(two())];
    const { app, request } = await start([ofOne.ConsumerModule, ofTwo.ConsumerModule]);
    const [atOne, atTwo] = [app.get(ofOne.Consumer, { strict: false }), app.get(ofTwo.Consumer, { strict: false })];
    expect(atOne.config.issuer).toBe('https://one.example');
    expect(atTwo.config.issuer).toBe('https://two.example');
    const { token } = await atOne.tokens.issue();
    expect((await request('POST', '/two', token, { redirect_uris: REDIRECT })).status).toBe(401);
    const { status, body } = await request('POST', '/one', token, { redirect_uris: REDIRECT });
    expect(status).toBe(201);
    await expect(atOne.clients.find(body.client_id)).resolves.toMatchObject({ clientId: body.client_id });
    await expect(atTwo.clients.find(body.client_id)).resolves.toBeUndefined();
  });

  it('is the same one in every module that imports what one call has made', async () => {
    const shared = one();
    const [here, there] = [consumer(shared), consumer(shared)];
    const { app } = await start([shared, here.ConsumerModule, there.ConsumerModule]);
    const clients = [here, there].map(({ Consumer }) => app.get(Consumer, { strict: false }).clients);
    expect(clients[0]).toBe(clients[1]);
  });

  it.each([
    ['one', () => [one(), two()]],
    ['two', () => [two(), one()]],
  ] as const)('is the first one in the imports of a module that imports both: %s', async (name, imports) => {
    const { Consumer, ConsumerModule } = consumer(...imports());
    const { app } = await start([ConsumerModule]);
    expect(app.get(Consumer, { strict: false }).config.issuer).toBe(`https://${name}.example`);
  });

  it('is the global one without an import, and the imported one with', async () => {
    const [without, ofTwo] = [consumer(), consumer(two())];
    const { app } = await start([one({ isGlobal: true }), without.ConsumerModule, ofTwo.ConsumerModule]);
    expect(app.get(without.Consumer, { strict: false }).config.issuer).toBe('https://one.example');
    expect(app.get(ofTwo.Consumer, { strict: false }).config.issuer).toBe('https://two.example');
  });

  it('would be either of two global ones, which end the start', async () => {
    await expect(start([one({ isGlobal: true }), two({ isGlobal: true })])).rejects.toThrow(
      new Error(
        'DynamicRegistrationModule: two imports are global. Leave isGlobal out of one of them, and import it where its services are injected',
      ),
    );
  });
});

@Entity('oauth_clients')
class SameTable extends OAuthClient {}

describe.each(platforms)('what two imports must not share ($adapter, $database.name)', ({ adapter, database: on }) => {
  const failure = async (imports: DynamicModule[], typeorm?: readonly object[]) => {
    try {
      await (await host(on, adapter, { imports }, typeorm)).close();
      return 'it started';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const sync = (path: string, extras: DynamicRegistrationExtras = {}) =>
    DynamicRegistrationModule.forRoot({ issuer: 'https://one.example', path, ...extras });
  const async = (path: string, extras: DynamicRegistrationExtras = {}) =>
    DynamicRegistrationModule.forRootAsync({ useFactory: () => ({ issuer: 'https://two.example', path }), ...extras });

  it('is a path, whichever way they are configured', async () => {
    await expect(failure([sync('register'), async('register', TWO_TABLES)])).resolves.toContain(
      'two imports are mounted at /register.',
    );
  });

  it('is a table, whichever class stands for it', async () => {
    await expect(failure([sync('one'), async('two')])).resolves.toContain('two imports share the table oauth_clients.');
    const entities = { client: SameTable, initialAccessToken: TwoToken };
    await expect(failure([sync('one'), async('two', { entities })])).resolves.toContain(
      'two imports share the table oauth_clients.',
    );
  });

  it('is a table of one database behind two data sources', async () => {
    const sources = [{}, { name: 'second', synchronize: false }];
    await expect(failure([sync('one'), async('two', { dataSource: 'second' })], sources)).resolves.toContain(
      'two imports share the table oauth_clients.',
    );
    // Other tables are no matter; the first one makes them all.
    const others = [
      { autoLoadEntities: false, entities: [OAuthClient, InitialAccessToken, TwoClient, TwoToken] },
      { name: 'third', synchronize: false, autoLoadEntities: false, entities: [TwoClient, TwoToken] },
    ];
    const two = async('two', { dataSource: 'third', ...TWO_TABLES });
    await expect(failure([sync('one'), two], others)).resolves.toBe('it started');
  });
});

/** The same server and database in single options, the port only where it is not the usual one. */
function singleOptions({ url }: CreatedDatabase): object {
  const { hostname, port, username, password, pathname } = new URL(url);
  const isUsual = ['', '5432', '3306'].includes(port);
  return {
    url: undefined,
    host: hostname,
    ...(isUsual ? {} : { port: Number(port) }),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}

const otherName = ({ url }: CreatedDatabase) => ({
  url: url.includes('127.0.0.1') ? url.replace('127.0.0.1', 'localhost') : url.replace('localhost', '127.0.0.1'),
});

const servers = databases.filter(({ kind }) => kind !== 'sqlite');
const onPostgres = servers.filter(({ kind }) => kind === 'postgres');
const oneAndTwo = () => [
  DynamicRegistrationModule.forRoot({ issuer: 'https://one.example', path: 'one' }),
  DynamicRegistrationModule.forRoot({ issuer: 'https://two.example', path: 'two', dataSource: 'second' }),
];

describe.each([
  ...servers.flatMap(({ name, create, kind }) => [
    { name, create, kind, how: 'in single options', second: singleOptions },
    { name, create, kind, how: 'under another name of the server', second: otherName },
  ]),
  ...onPostgres.map(({ name, create, kind }) => ({
    name,
    create,
    kind,
    how: 'with the schema that is the usual one',
    second: () => ({ schema: 'public' }),
  })),
])('one database that a second data source reaches $how ($name)', ({ second, ...on }) => {
  it('ends the start when both have the same tables', async () => {
    const typeorm = [
      {},
      (created: CreatedDatabase) => ({ ...second(created), name: 'second', synchronize: false }),
    ] as const;
    await expect(host(on, 'express', { imports: oneAndTwo() }, typeorm)).rejects.toThrow(
      /^DynamicRegistrationModule: two imports share the table (?:public\.)?oauth_clients\. Give one of them another "entities\.client" or "dataSource"$/,
    );
  });
});

describe.each(onPostgres)('one database of which two data sources see a schema each ($name)', (postgres) => {
  it('starts, and what one gives out is nothing to the other', async () => {
    const on: TestDatabase = {
      ...postgres,
      async create() {
        const created = await postgres.create();
        const source = await new DataSource(created.options).initialize();
        await source.query('CREATE SCHEMA tenant_a');
        await source.query('CREATE SCHEMA tenant_b');
        await source.destroy();
        return created;
      },
    };
    const seeing = (schema: string) => ({ extra: { options: `-c search_path=${schema}` } });
    const typeorm = [seeing('tenant_a'), { ...seeing('tenant_b'), name: 'second' }];
    const started = await host(on, 'express', { imports: oneAndTwo() }, typeorm);
    try {
      const { token } = await provided(started, InitialAccessTokenService, '/one').issue();
      expectRefusal(await started.request('POST', '/two', token, { redirect_uris: REDIRECT }), BAD_TOKEN);
      const { status, body } = await started.request('POST', '/one', token, { redirect_uris: REDIRECT });
      expect(status).toBe(201);
      const stored = (schema: string) =>
        started.app.get(DataSource).query(`SELECT "clientId" FROM ${schema}.oauth_clients`);
      await expect(stored('tenant_a')).resolves.toEqual([{ clientId: body.client_id }]);
      await expect(stored('tenant_b')).resolves.toEqual([]);
    } finally {
      await started.close();
    }
  });
});

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('two data sources on SQLite ($name)', (sqlite) => {
  const twoInMemory = [{ database: ':memory:' }, { database: ':memory:', name: 'second' }];

  it('end the start when both have the same file, under whichever name', async () => {
    let link = '';
    const on: TestDatabase = {
      ...sqlite,
      async create() {
        const created = await sqlite.create();
        const file = created.url.slice('sqlite:'.length);
        link = `${file}.link`;
        await symlink(file, link);
        return created;
      },
    };
    const second = () => ({ database: link, name: 'second', synchronize: false });
    await expect(host(on, 'express', { imports: oneAndTwo() }, [{}, second])).rejects.toThrow(
      'two imports share the table oauth_clients.',
    );
  });

  it('start when each has a database in memory, which is no other', async () => {
    const started = await host(sqlite, 'express', { imports: oneAndTwo() }, twoInMemory);
    try {
      const { token } = await provided(started, InitialAccessTokenService, '/one').issue();
      expectRefusal(await started.request('POST', '/two', token, { redirect_uris: REDIRECT }), BAD_TOKEN);
      expect((await started.request('POST', '/one', token, { redirect_uris: REDIRECT })).status).toBe(201);
    } finally {
      await started.close();
    }
  });
});
