import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { AppModule } from './app.module.js';

/** No registration needs more than this. */
const BODY_LIMIT_BYTES = 65_536;

const MALFORMED_PATH = { error: 'invalid_request', error_description: 'the path must be valid percent-encoding' };

/** The application on Express or on Fastify, with what each needs to read requests alike. */
export async function createApplication(httpAdapter: 'express' | 'fastify') {
  return httpAdapter === 'express' ? onExpress() : onFastify();
}

async function onExpress() {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, new ExpressAdapter());
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: BODY_LIMIT_BYTES });
  return app;
}

async function onFastify() {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
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
  return NestFactory.create<NestFastifyApplication>(AppModule, adapter);
}
