import type { AbstractHttpAdapter } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { InvalidClientMetadataError, InvalidRequestError } from '../errors/registration.error.js';
import type { HttpRequest } from './http-request.js';
import type { HttpResponse } from './http-response.js';
import { requireJson } from './json-body.guard.js';
import type { WireResponse } from './wire-response.js';

/** A route of Fastify, as far as it is changed here. */
interface FastifyRoute {
  readonly url: string;
  readonly method: string | readonly string[];
  errorHandler?: (error: unknown, request: HttpRequest, reply: HttpResponse) => void;
  onRequest?: unknown;
}

type ExpressErrorHandler = (
  error: unknown,
  request: HttpRequest,
  response: HttpResponse,
  next: (error: unknown) => void,
) => void;

/**
 * Answers what Express refuses before any route is reached (malformed or too large bodies, malformed percent-encoding) in OAuth's shape, on
 * our own paths only. Runs after our routes are registered and before the host's own handler.
 */
export function answerExpressErrors(adapter: AbstractHttpAdapter, path: string, wire: WireResponse): void {
  const handler: ExpressErrorHandler = (error, request, response, _next) =>
    wire.error(response, readable(error, request));
  adapter.use(path, handler);
}

/**
 * The same for Fastify, whose routes have error handlers of their own. Runs before our routes are registered. What Fastify refuses before it
 * knows a route, a malformed percent-encoding, is answered by the `frameworkErrors` of the host.
 */
export function answerFastifyErrors(
  adapter: AbstractHttpAdapter,
  isOurs: (url: string) => boolean,
  wire: WireResponse,
): void {
  adapter.getInstance().addHook('onRoute', (route: FastifyRoute) => {
    if (!isOurs(route.url)) return;
    route.errorHandler = (error, request, reply) => wire.error(reply, readable(error, request));
    route.onRequest = [route.onRequest ?? [], forgetTypeOfNoBody].flat();
  });
}

/** A client may name a media type and send nothing, as with DELETE: Express ignores that, Fastify would refuse it. */
function forgetTypeOfNoBody(request: { raw: IncomingMessage }, _reply: unknown, done: () => void): void {
  const { headers } = request.raw;
  const empty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
  if (empty && request.raw.method === 'DELETE') delete headers['content-type'];
  done();
}

/** What a parser refused, as the refusal a client can read. */
function readable(error: unknown, request: HttpRequest): unknown {
  const status = statusOf(error);
  if (status === undefined) return error;
  if (error instanceof URIError) return new InvalidRequestError('the path must be valid percent-encoding');
  if (status === 413) return new InvalidRequestError('the request body is too large', 413);
  try {
    requireJson(request);
  } catch (refusal) {
    return refusal;
  }
  if (status === 415) return new InvalidRequestError('the request must be application/json in UTF-8', 415);
  return new InvalidClientMetadataError('the request body must be a JSON object');
}

/** The status of a refusal; undefined for any other error. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof URIError) return 400;
  if (typeof error !== 'object' || error === null) return undefined;
  const status: unknown = Reflect.get(error, 'statusCode') ?? Reflect.get(error, 'status');
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
