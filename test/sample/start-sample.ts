import { Module, type INestApplication, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  OAuthClientService,
  type InitialAccessTokenOptions,
  type OAuthClientRecord,
} from 'nestjs-dynamic-registration';
import { issueInitialAccessToken } from 'nestjs-dynamic-registration/testing';
import type { AddressInfo } from 'node:net';
import type { DataSource } from 'typeorm';
import { createApplication, type AdapterName, type JsonResponse } from '../support/start-server.js';
import type { TestDatabase } from '../support/databases.js';

/** A sample that listens on a port of its own, with a database of its own. */
export interface RunningSample {
  readonly app: INestApplication;
  readonly url: string;
  readonly dataSource: DataSource;
  /** A new initial access token. */
  token(options?: InitialAccessTokenOptions): Promise<string>;
  /** The client as it is stored. */
  client(clientId: string): Promise<OAuthClientRecord | undefined>;
  /** A request with a JSON body, if there is one, and these headers. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<JsonResponse>;
  /** POST to the registration endpoint with a bearer token. */
  register(body: unknown, token: string): Promise<JsonResponse>;
  close(): Promise<void>;
}

export interface SampleHost {
  /** By name, or with settings of the host's own. */
  readonly adapter: AdapterName | AbstractHttpAdapter;
  readonly database: TestDatabase;
}

/** Starts the module of a sample beside a data source, as its host would. */
export async function startSample(sample: Type, { adapter, database }: SampleHost): Promise<RunningSample> {
  const created = await database.create();
  const typeorm = { ...created.options, autoLoadEntities: true, synchronize: true } as TypeOrmModuleOptions;

  @Module({ imports: [TypeOrmModule.forRoot(typeorm), sample] })
  class HostModule {}

  const app = await createApplication(HostModule, adapter);
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const request: RunningSample['request'] = async (method, path, body, headers) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    app,
    url,
    dataSource: app.get<DataSource>(getDataSourceToken(), { strict: false }),
    token: (options) => issueInitialAccessToken(app, options),
    client: (clientId) => app.get(OAuthClientService, { strict: false }).find(clientId),
    request,
    register: (body, token) => request('POST', '/register', body, { authorization: `Bearer ${token}` }),
    close: async () => {
      await app.close();
      await created.drop();
    },
  };
}

/** What a registration of the samples looks like where nothing more is needed. */
export const TIDE_TABLES = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
