import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  dynamicRegistrationMigrations,
  DynamicRegistrationModule,
  InitialAccessTokenService,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
  type InitialAccessTokenOptions,
} from 'nestjs-dynamic-registration';
import type { AddressInfo } from 'node:net';
import type { DataSource } from 'typeorm';
import { currentHost, currentHostName } from '../hosts/current-host.js';
import type { HostProfile } from '../hosts/host-profile.js';
import { isStoredDifferently, plainView } from '../hosts/plain-view.js';
import { databases, type CreatedDatabase, type TestDatabase } from './databases.js';
import { freePort } from './free-port.js';
import { startPathProxy } from './path-proxy.js';
import { asWritten, belowIssuer, rememberPaths } from './request-path.js';

export const adapters = ['express', 'fastify'] as const;
export type AdapterName = (typeof adapters)[number];

/** What differs by database is tested in a plain host; beside it one host, which has everything at once, is on all of them. */
const onAllDatabases = currentHostName === 'plain' || currentHostName === 'everything';

const used = databases.filter(({ kind }) => onAllDatabases || kind === 'sqlite');

/**
 * With `TEST_PAIRS` each database has one adapter, each adapter a database: enough beside a run that has them all. `2` makes the pairs that `1`
 * leaves out.
 */
const { TEST_PAIRS: pairs } = process.env;
const isLeftOut = (service: number, adapter: number, services: number): boolean =>
  pairs !== undefined && services > 1 && (service + adapter) % adapters.length !== (pairs === '2' ? 1 : 0);

/** Every adapter with each of the databases, or of other services, that a run has. */
export function withAdapters<Service>(services: readonly Service[]): { adapter: AdapterName; service: Service }[] {
  return services.flatMap((service, i) =>
    adapters.filter((_, j) => !isLeftOut(i, j, services.length)).map((adapter) => ({ adapter, service })),
  );
}

/** Every adapter on every database of this run, for `describe.each(platforms)('... ($adapter, $database.name)', ...)`. */
export const platforms = withAdapters(used).map(({ adapter, service }) => ({ adapter, database: service }));

/** Each database with one adapter: for whole applications, whose parts are tested with every combination. */
export const platformsInPairs = platforms.filter(({ adapter, database }) => {
  const others = platforms.filter((one) => one.database === database);
  return others.length === 1 || adapter === adapters[used.indexOf(database) % adapters.length];
});

/**
 * Each adapter, and each of the databases that come with the packages: for what a client meets, which is the same on all of them. With
 * `TEST_PAIRS` one of these.
 */
export const platformsOnce =
  pairs === undefined
    ? platforms.filter(({ adapter, database }) => database.kind === (adapter === 'express' ? 'sqlite' : 'postgres'))
    : platforms.slice(0, 1);

export interface ServerSetup {
  /** The host to be in; by default that of the run. */
  readonly host?: HostProfile;
  readonly adapter?: AdapterName;
  /** An adapter with settings of the host's own, in place of that of `adapter`. */
  readonly httpAdapter?: AbstractHttpAdapter;
  readonly database: TestDatabase;
  /** Leaves the module out: the host as it was before. */
  readonly withoutModule?: boolean;
  /** Listens where the issuer says; by default that is a port nobody needs, and the server on a port of its own. */
  readonly atIssuer?: boolean;
  /** Options of the module; `issuer` is that of the host. */
  readonly options?: Partial<DynamicRegistrationOptions> & DynamicRegistrationExtras;
  /** Options of the data source; by default the tables come from the migration. */
  readonly typeorm?: Partial<TypeOrmModuleOptions>;
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  /** The host's own settings before the application is initialised. */
  readonly configure?: (app: INestApplication) => void;
}

/** A running application on a port of its own and a database of its own. */
export interface TestServer {
  readonly app: INestApplication;
  readonly issuer: string;
  /** Where the issuer is found, with its path if it has one. */
  readonly url: string;
  /** Where requests go: to the application, or to the proxy before it. */
  readonly port: number;
  readonly database: CreatedDatabase;
  /** That of the application; where it stores in its own way, one that shows its tables as a plain host has them. */
  readonly dataSource: DataSource;
  /** A new initial access token. */
  token(options?: InitialAccessTokenOptions): Promise<string>;
  /** POST of metadata to the registration endpoint, with a new initial access token unless one, or `null` for none, is given. */
  register(metadata: unknown, token?: string | null): Promise<JsonResponse>;
  /** A request with a JSON body, if there is one, and a bearer token, if there is one. */
  request(
    method: string,
    path: string,
    request?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<JsonResponse>;
  close(): Promise<void>;
}

export interface JsonResponse {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- the wire has no types
  readonly body: any;
}

const PLAIN_ISSUER = 'http://localhost:4999';

/** The issuer of the host of this run. */
export const ISSUER = currentHost.issuer ?? PLAIN_ISSUER;

/** Starts an application that imports the module, as a host would, and listens on a free port. */
export async function startServer(setup: ServerSetup): Promise<TestServer> {
  const host = setup.host ?? currentHost;
  const issuer = setup.options?.issuer ?? (await issuerOf(host, setup));
  const database = await setup.database.create();
  const HostModule = hostModule(setup, host, issuer, database);
  const closing: (() => Promise<void>)[] = [() => database.drop()];
  const close = async () => {
    for (const end of closing.toReversed()) await end();
  };
  try {
    const app = await createApplication(HostModule, setup.httpAdapter ?? setup.adapter ?? 'express');
    closing.push(() => app.close());
    host.configure?.(app);
    setup.configure?.(app);
    await host.start?.(app);
    const isProxied = setup.options?.issuer === undefined && host.mount !== undefined;
    const ownPort = setup.atIssuer ? Number(new URL(issuer).port) : 0;
    await app.listen(isProxied ? 0 : ownPort, '127.0.0.1');
    let { port } = app.getHttpServer().address() as AddressInfo;
    if (isProxied) {
      const proxy = await startPathProxy(new URL(issuer).pathname, port, ownPort);
      closing.push(() => proxy.close());
      ({ port } = proxy);
    }
    const dataSource = app.get<DataSource>(getDataSourceToken(), { strict: false });
    if (!isStoredDifferently(host)) return running({ setup, app, issuer, port, database, dataSource, close });
    const view = await plainView(host, database.options);
    closing.push(() => view.destroy());
    return running({ setup, app, issuer, port, database, dataSource: view, close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** The issuer of a host; with the port it really listens on, if that is wanted. */
async function issuerOf({ issuer = PLAIN_ISSUER }: HostProfile, { atIssuer }: ServerSetup): Promise<string> {
  return atIssuer ? issuer.replace(/:\d+/, `:${await freePort()}`) : issuer;
}

/** What a test gives comes on top of what the host has. */
function hostModule(
  { options, typeorm, imports, controllers, providers, withoutModule }: ServerSetup,
  host: HostProfile,
  issuer: string,
  database: CreatedDatabase,
): new () => object {
  const { migrations = [], ...hostTypeorm } = host.typeorm ?? {};
  const ofDataSource = {
    autoLoadEntities: true,
    migrations: [...dynamicRegistrationMigrations, ...migrations],
    migrationsRun: true,
    retryAttempts: 0,
    ...hostTypeorm,
    ...database.options,
    ...typeorm,
  } as TypeOrmModuleOptions;
  const ofModule = {
    // A test with an issuer of its own is behind no proxy.
    ...(host.mount !== undefined && options?.issuer === undefined && { mount: host.mount }),
    ...options,
    issuer,
    decorators: [...(host.options?.decorators ?? []), ...(options?.decorators ?? [])],
    entities: { ...host.options?.entities, ...options?.entities },
    imports: [...(host.options?.imports ?? []), ...(options?.imports ?? [])],
  };

  @Module({
    imports: [
      ...(host.imports ?? []),
      TypeOrmModule.forRoot(ofDataSource),
      ...(withoutModule ? [] : [DynamicRegistrationModule.forRoot(ofModule)]),
      ...(imports ?? []),
    ],
    controllers: [...(host.controllers ?? []), ...(controllers ?? [])],
    providers: [...(host.providers ?? []), ...(providers ?? [])],
  })
  class HostModule {}
  return HostModule;
}

/** An application on one of the adapters, with nothing of the host configured. */
export async function createApplication(
  module: new () => object,
  adapter: AdapterName | AbstractHttpAdapter,
): Promise<INestApplication> {
  const options = { logger: false, abortOnError: false } as const;
  if (adapter === 'express') return NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), options);
  if (adapter === 'fastify') return NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options);
  return NestFactory.create(module, adapter, options);
}

type Running = Pick<TestServer, 'app' | 'issuer' | 'port' | 'database' | 'dataSource' | 'close'> & {
  readonly setup: ServerSetup;
};

function running({ setup, app, issuer, port, ...server }: Running): TestServer {
  const isOfTest = setup.options?.issuer !== undefined;
  const paths = isOfTest ? asWritten : belowIssuer(issuer);
  rememberPaths(port, paths);
  const origin = `http://127.0.0.1:${port}`;
  const url = isOfTest ? origin : origin + new URL(issuer).pathname.replace(/\/$/, '');
  const token: TestServer['token'] = async (options) =>
    (await app.get(InitialAccessTokenService, { strict: false }).issue(options)).token;
  const request: TestServer['request'] = async (method, path, { token: bearer, body, headers } = {}) => {
    const response = await fetch(origin + paths(path), {
      method,
      redirect: 'manual',
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text, response.headers) };
  };
  return {
    ...server,
    app,
    issuer,
    url,
    port,
    token,
    request,
    register: async (metadata, bearer) => {
      const presented = bearer === undefined ? await token() : bearer;
      return request('POST', '/register', { body: metadata, ...(presented === null ? {} : { token: presented }) });
    },
  };
}

/** What is JSON by its media type has to be JSON; the host may answer in others. */
function parsed(text: string, headers: Headers): unknown {
  if (text === '') return undefined;
  return headers.get('content-type')?.startsWith('text/html') ? text : JSON.parse(text);
}
