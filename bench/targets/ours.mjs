// This module as it comes: `forRoot` with its defaults, in an application that has nothing else.
import { Controller, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { INITIAL_ACCESS_TOKEN, SCOPES } from '../requests.mjs';
import { decorateClass, decorateMethod } from './decorate.mjs';

/** @param files `esm` as it is published, `compiled` with a file for each source */
export async function start({ database, prepare, adapter, access, isCapped, hasTokenEndpoint, files = 'esm' }) {
  const library = await import(`../../dist/${files}/index.js`);
  class AppModule {}
  decorateClass(
    AppModule,
    Module({
      imports: [
        TypeOrmModule.forRoot({
          ...(await connectionOf(database)),
          ...tables(library, prepare),
          autoLoadEntities: true,
        }),
        library.DynamicRegistrationModule.forRoot({
          issuer: 'https://auth.example.com',
          access: access === 'open' ? 'open' : 'initial-access-token',
          server: { scopes: SCOPES },
          ...(!isCapped && { openRegistration: { maximumUnusedClients: 0 } }),
          isGlobal: true,
        }),
      ],
      controllers: hasTokenEndpoint ? [tokenController(library)] : [],
    }),
  );
  const app = await NestFactory.create(AppModule, await adapterNamed(adapter), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  if (prepare) {
    const tokens = app.get(library.InitialAccessTokenService, { strict: false });
    await tokens.issue({ token: INITIAL_ACCESS_TOKEN, expiresInSeconds: 0 });
  }
  const empty = database.kind === 'sqlite' ? 'DELETE FROM oauth_clients' : 'TRUNCATE oauth_clients';
  const dataSource = app.get(getDataSourceToken());
  return { port: app.getHttpServer().address().port, empty: async () => dataSource.query(empty) };
}

/** A token endpoint that does nothing but authenticate the client. */
function tokenController({ ClientAuthenticationGuard }) {
  class TokenController {
    token() {
      return { access_token: 'benchmark', token_type: 'Bearer' };
    }
  }
  decorateClass(TokenController, Controller('token'));
  decorateMethod(TokenController, 'token', [Post(), UseGuards(ClientAuthenticationGuard)], []);
  return TokenController;
}

// What a target does not use is not loaded: it would count in its start-up and its memory.

async function adapterNamed(name) {
  if (name === 'express') {
    const { ExpressAdapter } = await import('@nestjs/platform-express');
    return new ExpressAdapter();
  }
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return new FastifyAdapter();
}

async function connectionOf(database) {
  if (database.kind === 'postgres') return { type: 'postgres', url: database.url, poolSize: 10 };
  const { default: driver } = await import('libsql');
  return { type: 'better-sqlite3', driver, database: database.file, enableWAL: true, timeout: 50 };
}

function tables({ dynamicRegistrationMigrations }, prepare) {
  return prepare ? { migrations: [...dynamicRegistrationMigrations], migrationsRun: true } : {};
}
