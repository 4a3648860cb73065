import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { AppModule } from './app.module.js';
import { serveDocumentation } from './documentation.js';
import { mountProvider } from './provider/provider.middleware.js';

/** No registration needs more than this. */
const BODY_LIMIT_BYTES = 65_536;

/** Requests are answered before it comes to that; a connection without one would keep the process from ending. */
const OPTIONS = { forceCloseConnections: true };

const MALFORMED_PATH = { error: 'invalid_request', error_description: 'the path must be valid percent-encoding' };

/** The application on Express or on Fastify, with what each needs to read requests alike, and its documentation. */
export async function createApplication(httpAdapter: 'express' | 'fastify'): Promise<INestApplication> {
  const app = await (httpAdapter === 'express' ? onExpress() : onFastify());
  mountProvider(app);
  serveDocumentation(app);
  return app;
}

async function onExpress() {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, new ExpressAdapter(), OPTIONS);
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: BODY_LIMIT_BYTES });
  return app;
}

async function onFastify() {
  const adapter = new FastifyAdapter({
    // NestJS 11 does not hand it on.
    ...OPTIONS,
    bodyLimit: BODY_LIMIT_BYTES,
    // A request on an open connection is answered while the server closes, and not by Fastify in words of its own.
    return503OnClosing: false,
    // Unknown members are ignored, these too; the module never copies a request.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // Fastify itself would refuse a client_id of more than 100 characters; node bounds the whole request line.
    routerOptions: { maxParamLength: 16_384 },
    // A malformed percent-encoding is refused before Fastify knows whose route it is.
    frameworkErrors: (_error: Error, _request: unknown, reply: FastifyReply) => {
      void reply.code(400).header('cache-control', 'no-store').send(MALFORMED_PATH);
    },
  });
  return NestFactory.create<NestFastifyApplication>(AppModule, adapter, OPTIONS);
}
