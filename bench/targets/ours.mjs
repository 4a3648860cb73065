// This module as it comes: `forRoot` with its defaults, in an application that has nothing else.
import { Controller, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ExpressAdapter } from '@nestjs/platform-express';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import libsql from 'libsql';
import {
  ClientAuthenticationGuard,
  DynamicRegistrationModule,
  dynamicRegistrationMigrations,
  InitialAccessTokenService,
} from '../../dist/esm/index.js';
import { INITIAL_ACCESS_TOKEN, SCOPES } from '../requests.mjs';
import { decorateClass, decorateMethod } from './decorate.mjs';

/** A token endpoint that does nothing but authenticate the client. */
class TokenController {
  token() {
    return { access_token: 'benchmark', token_type: 'Bearer' };
  }
}
decorateClass(TokenController, Controller('token'));
decorateMethod(TokenController, 'token', [Post(), UseGuards(ClientAuthenticationGuard)], []);

export async function start({ database, prepare, adapter, access, isCapped = false, hasTokenEndpoint = false }) {
  class AppModule {}
  decorateClass(
    AppModule,
    Module({
      imports: [
        TypeOrmModule.forRoot({ ...connectionOf(database), ...tables(prepare), autoLoadEntities: true }),
        DynamicRegistrationModule.forRoot({
          issuer: 'https://auth.example.com',
          access: access === 'open' ? 'open' : 'initial-access-token',
          server: { scopes: SCOPES },
          ...(!isCapped && { openRegistration: { maximumUnusedClients: 0 } }),
          isGlobal: true,
        }),
      ],
      controllers: hasTokenEndpoint ? [TokenController] : [],
    }),
  );
  const platform = adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, platform, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  if (prepare) {
    const tokens = app.get(InitialAccessTokenService, { strict: false });
    await tokens.issue({ token: INITIAL_ACCESS_TOKEN, expiresInSeconds: 0 });
  }
  const empty = database.kind === 'sqlite' ? 'DELETE FROM oauth_clients' : 'TRUNCATE oauth_clients';
  const dataSource = app.get(getDataSourceToken());
  return { port: app.getHttpServer().address().port, empty: async () => dataSource.query(empty) };
}

function connectionOf(database) {
  return database.kind === 'sqlite'
    ? { type: 'better-sqlite3', driver: libsql, database: database.file, enableWAL: true, timeout: 50 }
    : { type: 'postgres', url: database.url, poolSize: 10 };
}

function tables(prepare) {
  return prepare ? { migrations: [...dynamicRegistrationMigrations], migrationsRun: true } : {};
}
