import type { AbstractHttpAdapter } from '@nestjs/core';
import type { HttpRequest } from './http-request.js';
import type { HttpResponse } from './http-response.js';
import { readable } from './parse-errors.js';
import { allowedMethods, type Resource } from './routes.js';
import type { WireResponse } from './wire-response.js';

type Next = (error?: unknown) => void;

/** A request below the path a middleware is mounted at: `url` is what remains of it. */
type MountedRequest = HttpRequest & { readonly url: string };

/**
 * On Express, answers what our routes leave over on our own paths: other methods, and what is refused before any route is reached (malformed
 * or too large bodies, malformed percent-encoding). Runs behind our routes and before the host's own handlers.
 */
export function answerRestOnExpress(
  adapter: AbstractHttpAdapter,
  path: string,
  resourceOf: (remainder: string) => Resource | undefined,
  wire: WireResponse,
): void {
  adapter.use(path, (request: MountedRequest, response: HttpResponse, next: Next) => {
    const resource = resourceOf(remainder(request));
    if (!resource) next();
    else wire.otherMethod(response, request.method, allowedMethods(resource));
  });
  // Express knows an error handler by its four parameters.
  adapter.use(path, (error: unknown, request: MountedRequest, response: HttpResponse, next: Next) => {
    if (!resourceOf(remainder(request))) next(error);
    else wire.error(response, readable(error, request));
  });
}

function remainder({ url }: MountedRequest): string {
  return url.replace(/\?.*$/, '').replace(/^\/|\/$/g, '');
}
