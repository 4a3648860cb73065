import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
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
import { databases, type CreatedDatabase, type TestDatabase } from './databases.js';

export const adapters = ['express', 'fastify'] as const;
export type AdapterName = (typeof adapters)[number];

/** Every adapter on every database of this run, for `describe.each(platforms)('... ($adapter, $database.name)', ...)`. */
export const platforms = databases.flatMap((database) => adapters.map((adapter) => ({ adapter, database })));

export interface ServerSetup {
  readonly adapter?: AdapterName;
  readonly database: TestDatabase;
  /** Options of the module; `issuer` is `http://localhost` and a port nobody needs. */
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
  readonly url: string;
  readonly port: number;
  readonly database: CreatedDatabase;
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

export const ISSUER = 'http://localhost:4999';

/** Starts an application that imports the module, as a host would, and listens on a free port. */
export async function startServer(setup: ServerSetup): Promise<TestServer> {
  const database = await setup.database.create();
  const typeorm = {
    autoLoadEntities: true,
    migrations: dynamicRegistrationMigrations,
    migrationsRun: true,
    retryAttempts: 0,
    ...database.options,
    ...setup.typeorm,
  } as TypeOrmModuleOptions;

  @Module({
    imports: [
      TypeOrmModule.forRoot(typeorm),
      DynamicRegistrationModule.forRoot({ issuer: ISSUER, ...setup.options }),
      ...(setup.imports ?? []),
    ],
    controllers: setup.controllers ?? [],
    providers: setup.providers ?? [],
  })
  class HostModule {}

  let app: INestApplication | undefined;
  try {
    app = await createApplication(HostModule, setup.adapter ?? 'express');
    setup.configure?.(app);
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app?.close();
    await database.drop();
    throw error;
  }
  return running(app, database);
}

/** An application on one of the adapters, with nothing of the host configured. */
export async function createApplication(module: new () => object, adapter: AdapterName): Promise<INestApplication> {
  const options = { logger: false, abortOnError: false } as const;
  if (adapter === 'express') return NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), options);
  return NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), options);
}

function running(app: INestApplication, database: CreatedDatabase): TestServer {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const token: TestServer['token'] = async (options) =>
    (await app.get(InitialAccessTokenService, { strict: false }).issue(options)).token;
  const request: TestServer['request'] = async (method, path, { token: bearer, body, headers } = {}) => {
    const response = await fetch(url + path, {
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
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    app,
    url,
    port,
    database,
    dataSource: app.get<DataSource>(getDataSourceToken(), { strict: false }),
    token,
    request,
    register: async (metadata, bearer) => {
      const presented = bearer === undefined ? await token() : bearer;
      return request('POST', '/register', { body: metadata, ...(presented === null ? {} : { token: presented }) });
    },
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
