import {
  Controller,
  Global,
  Inject,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { ModulesContainer, NestFactory, REQUEST, Reflector, RouterModule } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  ClientConfigurationController,
  ClientRegistrationController,
  ClientRegistrationService,
  ClientSecretHasher,
  DynamicRegistrationModule,
  ErrorResponse,
  InitialAccessToken,
  InitialAccessTokenGuard,
  InitialAccessTokenService,
  OAuthClient,
  OAuthClientService,
  RegistrationAccessTokenGuard,
  RegistrationConfiguration,
  RegistrationListener,
  RegistrationPolicy,
  TokenGenerator,
  type ClientMetadata,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
  type DynamicRegistrationOptionsFactory,
  type ErrorAnswer,
  type RegistrationError,
} from 'nestjs-dynamic-registration';
import type { AddressInfo } from 'node:net';
import { Entity } from 'typeorm';
import { afterEach, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase, type TestDatabase } from './support/databases.js';
import { adapters, createApplication, startServer, type AdapterName } from './support/start-server.js';

const issuer = 'http://localhost:4999';
const BODY = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };

const running: { app?: { close(): Promise<void> }; database: CreatedDatabase }[] = [];
afterEach(async () => {
  for (const { app, database } of running.splice(0)) {
    await app?.close();
    await database.drop();
  }
});

interface Host {
  readonly app: INestApplication;
  post(
    path: string,
    token: string | undefined,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** An application whose module imports this, on a port of its own. */
async function host(
  database: TestDatabase,
  module: ModuleMetadata,
  adapter: AdapterName = 'express',
  typeorm: object = {},
): Promise<Host> {
  const created = await database.create();
  const entry: (typeof running)[number] = { database: created };
  running.push(entry);
  const options = { ...created.options, autoLoadEntities: true, synchronize: true, retryAttempts: 0, ...typeorm };
  @Module({ ...module, imports: [TypeOrmModule.forRoot(options), ...(module.imports ?? [])] })
  class HostModule {}
  const app = await createApplication(HostModule, adapter);
  entry.app = app;
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    post: async (path, token, body = BODY) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

/** What one import of the module has made. */
function provided<T>(app: INestApplication, type: Type<T>, mount: string): T {
  for (const module of app.get(ModulesContainer).values()) {
    if (module.metatype !== DynamicRegistrationModule) continue;
    const config = module.getProviderByKey<RegistrationConfiguration>(RegistrationConfiguration).instance;
    if (config.mount === mount) return module.getProviderByKey<T>(type).instance;
  }
  throw new Error(`nothing is mounted at ${mount}`);
}

const forRoot = (options: Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras): DynamicModule =>
  DynamicRegistrationModule.forRoot({ issuer, ...options });

@Injectable()
class OptionsOfHost implements DynamicRegistrationOptionsFactory {
  readonly issuer = 'http://localhost:4001';
  createDynamicRegistrationOptions = (): DynamicRegistrationOptions => ({ issuer: this.issuer, path: 'dcr' });
}

@Module({ providers: [OptionsOfHost], exports: [OptionsOfHost] })
class HostConfigModule {}

describe.each(databases)('forRootAsync ($name)', (database) => {
  const ways: [string, DynamicModule][] = [
    [
      'useFactory',
      DynamicRegistrationModule.forRootAsync({
        imports: [HostConfigModule],
        inject: [OptionsOfHost],
        useFactory: async (config: OptionsOfHost) => config.createDynamicRegistrationOptions(),
      }),
    ],
    ['useClass', DynamicRegistrationModule.forRootAsync({ useClass: OptionsOfHost })],
    [
      'useExisting',
      DynamicRegistrationModule.forRootAsync({ imports: [HostConfigModule], useExisting: OptionsOfHost }),
    ],
  ];

  it.each(ways)('takes the options of %s, and the static ones beside it', async (_, module) => {
    const { app, post } = await host(database, { imports: [module] });
    const { token } = await app.get(InitialAccessTokenService, { strict: false }).issue();
    const { status, body } = await post('/dcr', token);
    expect(status).toBe(201);
    expect(body['registration_client_uri']).toBe(`http://localhost:4001/dcr/${String(body['client_id'])}`);
  });
});

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard extends InitialAccessTokenGuard {}

@Injectable({ scope: Scope.REQUEST })
class ScopedConfigurationGuard extends RegistrationAccessTokenGuard {}

@Injectable({ scope: Scope.REQUEST })
class ScopedPolicy extends RegistrationPolicy {
  review = (proposed: ClientMetadata) => proposed;
}

@Injectable()
class InjectingPolicy extends RegistrationPolicy {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    super();
  }

  review = (proposed: ClientMetadata) => proposed;
}

@Injectable({ scope: Scope.REQUEST })
class ScopedListener extends RegistrationListener {
  handle(): void {}
}

@Injectable({ scope: Scope.TRANSIENT })
class TransientListener extends RegistrationListener {
  handle(): void {}
}

@Injectable()
class ForeignGuard {
  canActivate = () => true;
}

const sqlite = databases.filter(({ kind }) => kind === 'sqlite');
const onEach = sqlite.flatMap((database) => adapters.map((adapter) => ({ database, adapter })));

describe.each(onEach)('classes of the host ($adapter)', ({ database, adapter }) => {
  it.each<[string, DynamicRegistrationExtras]>([
    ['ScopedGuard', { guards: { registration: ScopedGuard } }],
    ['ScopedConfigurationGuard', { guards: { configuration: ScopedConfigurationGuard } }],
    ['ScopedPolicy', { policies: [ScopedPolicy] }],
    ['InjectingPolicy', { policies: [InjectingPolicy] }],
    ['ScopedListener', { listeners: [ScopedListener] }],
    ['TransientListener', { listeners: [TransientListener] }],
  ])('end the start as %s, which belongs to a request', async (name, options) => {
    await expect(host(database, { imports: [forRoot(options)] }, adapter)).rejects.toThrow(
      new Error(
        `DynamicRegistrationModule: ${name} is request-scoped, or injects something that is. Make it a singleton`,
      ),
    );
  });

  it.each<[string, DynamicRegistrationExtras]>([
    ['"guards.registration" must extend InitialAccessTokenGuard', { guards: { registration: ForeignGuard } }],
    [
      '"guards.registration" must extend InitialAccessTokenGuard',
      { guards: { registration: RegistrationAccessTokenGuard } },
    ],
    ['"guards.configuration" must extend RegistrationAccessTokenGuard', { guards: { configuration: ForeignGuard } }],
    [
      '"guards.configuration" must extend RegistrationAccessTokenGuard',
      { guards: { configuration: InitialAccessTokenGuard } },
    ],
  ])('end the start as guards that are none of ours: %s', (message, options) => {
    expect(() => forRoot(options)).toThrow(new Error(`DynamicRegistrationModule: ${message}`));
  });
});

@Entity('other_clients')
class OtherClient extends OAuthClient {}

@Entity('other_tokens')
class OtherToken extends InitialAccessToken {}

const other = { entities: { client: OtherClient, initialAccessToken: OtherToken } };

describe.each(onEach)('two imports in one application ($adapter)', ({ database, adapter }) => {
  const imports = (
    one: Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras,
    two: Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras,
  ) => host(database, { imports: [forRoot(one), forRoot(two)] }, adapter);

  it.each<[string, Partial<DynamicRegistrationOptions>, Partial<DynamicRegistrationOptions>, string]>([
    ['path', {}, {}, '/register'],
    ['mount', { path: 'a', mount: '/dcr' }, { path: 'b', mount: '/dcr' }, '/dcr'],
    ['path by other issuers', { issuer: 'https://a.example' }, { issuer: 'https://b.example' }, '/register'],
    [
      'well-known path',
      { path: 'a', discovery: true },
      { path: 'b', discovery: true },
      '/.well-known/oauth-authorization-server',
    ],
  ])('end the start when they share a %s', async (_, one, two, path) => {
    await expect(imports(one, { ...two, ...other })).rejects.toThrow(
      new Error(
        `DynamicRegistrationModule: two imports are mounted at ${path}. Give one of them another "path", "mount" or "issuer"`,
      ),
    );
  });

  it.each<[string, DynamicRegistrationExtras['entities'], string, string]>([
    ['clients', {}, 'oauth_clients', 'client'],
    ['clients alone', { initialAccessToken: OtherToken }, 'oauth_clients', 'client'],
    ['initial access tokens', { client: OtherClient }, 'initial_access_tokens', 'initialAccessToken'],
  ])('end the start when they share the table of %s', async (_, entities, table, entity) => {
    await expect(imports({ path: 'a' }, { path: 'b', ...(entities && { entities }) })).rejects.toThrow(
      new Error(
        `DynamicRegistrationModule: two imports share the table ${table}. Give one of them another "entities.${entity}" or "dataSource"`,
      ),
    );
  });

  it('end the start when the path of one could be a client of the other', async () => {
    await expect(imports({ path: 'register' }, { path: 'register/internal', ...other })).rejects.toThrow(
      /^DynamicRegistrationModule: two imports are mounted at \/register\/(?:internal|:client_id)\. Give one of them/,
    );
  });
});

describe.each(databases.flatMap((database) => adapters.map((adapter) => ({ database, adapter }))))(
  'two imports with paths and tables of their own ($adapter, $database.name)',
  ({ database, adapter }) => {
    const Tag = Reflector.createDecorator<string>();

    it('work side by side: what one gave out is nothing to the other', async () => {
      const { app, post } = await host(
        database,
        {
          imports: [
            forRoot({ issuer: 'https://one.example', path: 'one', decorators: [Tag('one')] }),
            forRoot({
              issuer: 'https://two.example',
              path: 'two',
              access: 'open',
              ...other,
              decorators: [SetMetadata('two', 2)],
            }),
          ],
        },
        adapter,
      );
      const one = (await provided(app, InitialAccessTokenService, '/one').issue()).token;
      const two = (await provided(app, InitialAccessTokenService, '/two').issue()).token;

      const client = await post('/one', one);
      expect(client.status).toBe(201);
      expect(client.body['registration_client_uri']).toMatch(/^https:\/\/one\.example\/one\//);
      const second = await post('/two', two);
      expect(second.status).toBe(201);
      expect(second.body['registration_client_uri']).toMatch(/^https:\/\/two\.example\/two\//);
      expect((await post('/one', two)).status).toBe(401);
      expect((await post('/two', one)).status).toBe(401);
      expect((await post('/one', undefined)).status).toBe(401);
      expect((await post('/two', undefined)).status).toBe(201);

      const { port } = app.getHttpServer().address() as AddressInfo;
      const read = async (path: string, of: Record<string, unknown>) =>
        (
          await fetch(`http://127.0.0.1:${port}${path}/${String(of['client_id'])}`, {
            headers: { authorization: `Bearer ${String(of['registration_access_token'])}` },
          })
        ).status;
      await expect(read('/one', client.body)).resolves.toBe(200);
      await expect(read('/two', client.body)).resolves.toBe(401);
      await expect(read('/two', second.body)).resolves.toBe(200);
      await expect(read('/one', second.body)).resolves.toBe(401);
      await expect(
        provided(app, OAuthClientService, '/two').find(String(client.body['client_id'])),
      ).resolves.toBeUndefined();
    });

    it('keep their decorators to themselves', async () => {
      const { app } = await host(
        database,
        {
          imports: [
            forRoot({ path: 'one', decorators: [SetMetadata('public', true)] }),
            forRoot({ path: 'two', ...other, decorators: [SetMetadata('tag', 'two')] }),
          ],
        },
        adapter,
      );
      const controllers = [...app.get(ModulesContainer).values()]
        .filter(({ metatype }) => metatype === DynamicRegistrationModule)
        .map((module) => [...module.controllers.values()].map(({ metatype }) => metatype as Type));
      const reflector = new Reflector();
      const marks = controllers.map((own) =>
        own.map((type) => [reflector.get('public', type), reflector.get('tag', type)]),
      );
      for (const own of marks[0] ?? []) expect(own).toEqual([true, undefined]);
      for (const own of marks[1] ?? []) expect(own).toEqual([undefined, 'two']);
      expect(marks.map(({ length }) => length)).toEqual([3, 3]);
      for (const base of [ClientRegistrationController, ClientConfigurationController]) {
        expect(reflector.get('public', base)).toBeUndefined();
        expect(controllers[0]).not.toContain(base);
      }
    });
  },
);

@Injectable()
class ReversingHasher extends ClientSecretHasher {
  override async hash(secret: string): Promise<string> {
    return `$reversed$${secret.split('').toReversed().join('')}`;
  }

  override async verify(secret: string, stored: string): Promise<boolean> {
    return stored.startsWith('$reversed$') ? (await this.hash(secret)) === stored : super.verify(secret, stored);
  }
}

@Injectable()
class CountingTokens extends TokenGenerator {
  private n = 0;

  override generate(prefix: string): string {
    return `${prefix}${String(++this.n).padStart(48, '0')}`;
  }
}

@Injectable()
class GermanErrors extends ErrorResponse {
  protected override describe(error: RegistrationError): ErrorAnswer {
    const answer = super.describe(error);
    return { ...answer, body: { ...answer.body, error_description: `abgelehnt: ${error.code}` } };
  }
}

describe.each(databases)('providers of the host ($name)', (database) => {
  it('take the place of ours', async () => {
    const server = await startServer({
      database,
      options: {
        providers: [
          { provide: ClientSecretHasher, useClass: ReversingHasher },
          { provide: TokenGenerator, useClass: CountingTokens },
          { provide: ErrorResponse, useClass: GermanErrors },
        ],
      },
    });
    try {
      const token = await server.token();
      expect(token).toMatch(/^iat_0{40,}\d+$/);
      const { body } = await server.register(BODY, token);
      expect(body.client_secret).toMatch(/^cs_0{40,}\d+$/);
      expect(body.registration_access_token).toMatch(/^rat_0{40,}\d+$/);
      const clients = server.app.get(OAuthClientService, { strict: false });
      const client = await clients.find(body.client_id);
      expect(client?.clientSecretHash).toMatch(/^\$reversed\$/);
      expect(client && (await clients.verifySecret(client, body.client_secret))).toBe(true);
      expect(client && (await clients.verifySecret(client, 'other'))).toBe(false);

      const refused = await server.register({ redirect_uris: ['nowhere'] }, token);
      expect(refused.status).toBe(400);
      expect(refused.body).toEqual({
        error: 'invalid_redirect_uri',
        error_description: 'abgelehnt: invalid_redirect_uri',
      });
      const unknown = await server.register(BODY, null);
      expect(unknown.status).toBe(401);
      expect(unknown.headers.get('www-authenticate')).toBe('Bearer');
      expect(unknown.body).toEqual({ error: 'invalid_token', error_description: 'abgelehnt: invalid_token' });
      // What cannot be parsed takes the same way.
      const malformed = await server.register('{', token);
      expect(malformed.status).toBe(400);
      expect(malformed.body.error_description).toBe('abgelehnt: invalid_client_metadata');
    } finally {
      await server.close();
    }
  });
});

@Injectable()
class Ledger {
  readonly entries: string[] = [];
}

@Global()
@Module({ providers: [Ledger], exports: [Ledger] })
class LedgerModule {}

@Module({ providers: [Ledger], exports: [Ledger] })
class LocalLedgerModule {}

@Injectable()
class LedgerListener extends RegistrationListener {
  constructor(private readonly ledger: Ledger) {
    super();
  }

  handle(): void {
    this.ledger.entries.push('told');
  }
}

@Controller()
class Consumer {
  constructor(readonly tokens: InitialAccessTokenService) {}
}

@Module({ controllers: [Consumer] })
class ConsumerModule {}

describe.each(sqlite)('the module in a host', (database) => {
  it('gives its services to every module with isGlobal', async () => {
    const { app } = await host(database, { imports: [forRoot({ isGlobal: true }), ConsumerModule] });
    expect(app.get(Consumer, { strict: false }).tokens).toBeInstanceOf(InitialAccessTokenService);
  });

  it('keeps them to its importers without', async () => {
    await expect(host(database, { imports: [forRoot({}), ConsumerModule] })).rejects.toThrow(
      /InitialAccessTokenService/,
    );
  });

  it.each([
    ['imported beside', { listeners: [LedgerListener], imports: [LocalLedgerModule] }],
    ['global', { listeners: [LedgerListener] }],
  ])('lets classes of the host inject from a module that is %s', async (name, options) => {
    const imports = [...(name === 'global' ? [LedgerModule] : []), forRoot({ access: 'open', ...options })];
    const { app, post } = await host(database, { imports });
    expect((await post('/register', undefined)).status).toBe(201);
    expect(app.get(Ledger, { strict: false }).entries).toEqual(['told']);
  });

  it('lets them inject with forRootAsync, too', async () => {
    const module = DynamicRegistrationModule.forRootAsync({
      imports: [LocalLedgerModule],
      inject: [Ledger],
      useFactory: (ledger: Ledger) => {
        ledger.entries.push('configured');
        return { issuer, access: 'open' as const };
      },
      listeners: [LedgerListener],
    });
    const { app, post } = await host(database, { imports: [module] });
    expect((await post('/register', undefined)).status).toBe(201);
    expect(app.get(Ledger, { strict: false }).entries).toEqual(['configured', 'told']);
  });

  it('keeps its clients in another data source by its name', async () => {
    const second = await database.create();
    running.push({ database: second });
    const named = { ...second.options, name: 'auth', autoLoadEntities: true, synchronize: true, retryAttempts: 0 };
    const { app, post } = await host(database, {
      imports: [
        TypeOrmModule.forRoot(named),
        forRoot({ path: 'one', access: 'open', dataSource: 'auth' }),
        forRoot({ path: 'two', access: 'open' }),
      ],
    });
    const { body } = await post('/one', undefined);
    const id = String(body['client_id']);
    await expect(provided(app, OAuthClientService, '/one').find(id)).resolves.toMatchObject({ clientId: id });
    await expect(provided(app, OAuthClientService, '/two').find(id)).resolves.toBeUndefined();
  });
});

describe.each(databases)('an application without HTTP ($name)', (database) => {
  it('has the services of the module', async () => {
    const created = await database.create();
    const typeorm = { ...created.options, autoLoadEntities: true, synchronize: true } as TypeOrmModuleOptions;
    @Module({ imports: [TypeOrmModule.forRoot(typeorm), forRoot({})] })
    class HostModule {}
    const context = await NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
    running.push({ app: context, database: created });
    const { token } = await context.get(InitialAccessTokenService, { strict: false }).issue({ maxUses: 1 });
    const credential = await context.get(InitialAccessTokenService, { strict: false }).authenticate(token);
    const registered = await context.get(ClientRegistrationService, { strict: false }).register(BODY, credential);
    expect(registered).toMatchObject({ ...BODY, client_id: expect.any(String) });
    await expect(context.get(OAuthClientService, { strict: false }).find(registered.client_id)).resolves.toMatchObject({
      clientName: 'Tide Tables',
    });
  });
});

describe.each(adapters.map((adapter) => ({ adapter })))('RouterModule ($adapter)', ({ adapter }) => {
  it('ends the start where it would move the routes away from their URLs', async () => {
    const [database] = databases;
    if (!database) throw new Error('no database');
    const imports = [RouterModule.register([{ path: 'v1', module: DynamicRegistrationModule }])];
    await expect(startServer({ adapter, database, imports })).rejects.toThrow(
      'DynamicRegistrationModule: RouterModule moves the routes to /v1. Leave this module out there, and give "path" or "mount"',
    );
  });
});
