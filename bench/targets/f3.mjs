// F3: the endpoint as one writes it by hand with NestJS on Express: ValidationPipe, a class of class-validator, `insert()` of TypeORM.
// F5 is F3 which looks the initial access token up first.
import {
  Body,
  Controller,
  Get,
  Headers,
  Inject,
  Module,
  Param,
  Post,
  UnauthorizedException,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { EntitySchema } from 'typeorm';
import { INITIAL_ACCESS_TOKEN } from '../requests.mjs';
import { decorateClass, decorateConstructor, decorateMethod } from './decorate.mjs';
import { ClientMetadata } from './f3-metadata.mjs';
import { bearerOf, COLUMNS, hashOf, informationOf, isManagedBy, newClient } from './floor-client.mjs';

const clientColumns = Object.entries(COLUMNS).map(([name, type]) => [
  name,
  { type, primary: name === 'client_id', nullable: name !== 'client_id' },
]);
const Client = new EntitySchema({ name: 'clients', columns: Object.fromEntries(clientColumns) });

const InitialAccessToken = new EntitySchema({
  name: 'initial_access_tokens',
  columns: {
    id: { type: 'int', primary: true },
    token_hash: { type: 'varchar', unique: true },
    expires_at: { type: 'bigint', nullable: true },
  },
});

class ClientsController {
  constructor(clients, tokens, settings) {
    this.clients = clients;
    this.tokens = tokens;
    this.settings = settings;
  }

  async register(authorization, body) {
    if (this.settings.asksForToken) await this.requireToken(bearerOf(authorization));
    const { row, answer } = newClient(body);
    await this.clients.insert(row);
    return answer;
  }

  async read(clientId, authorization) {
    const row = await this.clients.findOneBy({ client_id: clientId });
    if (!isManagedBy(row, authorization)) throw new UnauthorizedException();
    return informationOf(row);
  }

  async requireToken(presented) {
    const token = await this.tokens.findOne({ where: { token_hash: hashOf(presented) } });
    if (!token || (token.expires_at !== null && Number(token.expires_at) * 1000 < Date.now())) {
      throw new UnauthorizedException();
    }
  }
}
decorateClass(ClientsController, Controller('register'));
decorateConstructor(
  ClientsController,
  Inject(getRepositoryToken(Client)),
  Inject(getRepositoryToken(InitialAccessToken)),
  Inject('SETTINGS'),
);
decorateMethod(
  ClientsController,
  'register',
  [Post()],
  [
    [Headers('authorization'), String],
    [Body(), ClientMetadata],
  ],
);
decorateMethod(
  ClientsController,
  'read',
  [Get(':id')],
  [
    [Param('id'), String],
    [Headers('authorization'), String],
  ],
);

export async function start({ database, prepare, asksForToken = false }) {
  class AppModule {}
  decorateClass(
    AppModule,
    Module({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: database.url,
          poolSize: 10,
          entities: [Client, InitialAccessToken],
          synchronize: prepare,
        }),
        TypeOrmModule.forFeature([Client, InitialAccessToken]),
      ],
      controllers: [ClientsController],
      providers: [{ provide: 'SETTINGS', useValue: { asksForToken } }],
    }),
  );
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.useGlobalPipes(new ValidationPipe());
  const dataSource = app.get(getDataSourceToken());
  if (prepare)
    await dataSource.getRepository(InitialAccessToken).insert({ id: 1, token_hash: hashOf(INITIAL_ACCESS_TOKEN) });
  await app.listen(0, '127.0.0.1');
  return { port: app.getHttpServer().address().port, empty: async () => dataSource.query('TRUNCATE clients') };
}
