import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from './http-request.js';
import type { HttpResponse } from './http-response.js';
import { readable } from './parse-errors.js';
import { allowedMethods, type Resource } from './routes.js';
import type { WireResponse } from './wire-response.js';

/** A route of Fastify, as far as it is changed here. */
interface FastifyRoute {
  readonly url: string;
  errorHandler?: (error: unknown, request: HttpRequest, reply: HttpResponse) => void;
  onRequest?: unknown;
}

type FastifyReply = HttpResponse & { callNotFound(): void };
type RouteHandler = (request: HttpRequest, reply: FastifyReply, done?: () => void) => void;

/** Fastify's instance, as far as it is used here. */
interface FastifyInstance {
  readonly supportedMethods: readonly string[];
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): void;
  route(options: {
    method: string[];
    url: string;
    exposeHeadRoute: false;
    onRequest: RouteHandler;
    handler: RouteHandler;
  }): void;
}

/**
 * On Fastify, gives our routes an error handler of their own for what is refused before they run. Runs before they are registered. What
 * Fastify refuses before it knows a route, a malformed percent-encoding, is answered by the `frameworkErrors` of the host.
 */
export function handleErrorsOnFastify(adapter: AbstractHttpAdapter, urls: readonly string[], wire: WireResponse): void {
  instanceOf(adapter).addHook('onRoute', (route) => {
    if (!urls.includes(route.url)) return;
    route.errorHandler = (error, request, reply) => wire.error(reply, readable(error, request));
    route.onRequest = [route.onRequest ?? [], forgetBody].flat();
  });
}

/** Answers the methods a resource does not offer, before a body is parsed. Runs behind our routes. */
export function answerRestOnFastify(adapter: AbstractHttpAdapter, resource: Resource, wire: WireResponse): void {
  const allow = allowedMethods(resource);
  const instance = instanceOf(adapter);
  const answer: RouteHandler = (request, reply) => {
    // Fastify takes the path with a slash behind it for one with an empty client_id.
    if (request.params['client_id'] === '') reply.callNotFound();
    else wire.otherMethod(reply, request.method, allow);
  };
  instance.route({
    method: instance.supportedMethods.filter((method) => method === 'OPTIONS' || !allow.includes(method)),
    url: resource.path,
    exposeHeadRoute: false,
    onRequest: answer,
    handler: answer,
  });
}

function instanceOf(adapter: AbstractHttpAdapter): FastifyInstance {
  return adapter.getInstance<FastifyInstance>();
}

/** The body of a DELETE means nothing: without these headers Fastify looks for none. */
function forgetBody(request: { raw: IncomingMessage }, _reply: unknown, done: () => void): void {
  const { headers, method } = request.raw;
  if (method === 'DELETE') for (const name of BODY_HEADERS) delete headers[name];
  done();
}

const BODY_HEADERS = ['content-type', 'content-length', 'content-encoding', 'transfer-encoding'] as const;
