import type { AbstractHttpAdapter } from '@nestjs/core';
import type { HttpRequest } from './http-request.js';
import type { HttpResponse } from './http-response.js';
import { isOfParser, readable } from './parse-errors.js';
import { allowedMethods, readsBody, type Resource } from './routes.js';
import type { WireResponse } from './wire-response.js';

type Next = (error?: unknown) => void;

/** A request below the path a middleware is mounted at: `url` is what remains of it. */
type MountedRequest = HttpRequest & { readonly url: string };

/** What of a path our resources are: the part behind the mount as one segment, empty for the mount itself. */
export type ResourceAt = (segment: string) => Resource | undefined;

/**
 * On Express, where bodies are parsed before any route: lets requests through to our routes whose body means nothing, whatever a parser said of
 * it. Runs before our routes are registered.
 */
export function ignoreBodiesOnExpress(adapter: AbstractHttpAdapter, path: string, resourceAt: ResourceAt): void {
  // Express knows an error handler by its four parameters.
  adapter.use(path, (error: unknown, request: MountedRequest, _response: HttpResponse, next: Next) => {
    const resource = resourceOf(request, resourceAt);
    if (resource && !readsBody(resource, request.method) && isOfParser(error)) next();
    else next(error);
  });
}

/**
 * On Express, answers what our routes leave over on our own paths: other methods, and what is refused before any route is reached (malformed
 * or too large bodies, malformed percent-encoding). Runs behind our routes and before the host's own handlers.
 */
export function answerRestOnExpress(
  adapter: AbstractHttpAdapter,
  path: string,
  resourceAt: ResourceAt,
  wire: WireResponse,
): void {
  adapter.use(path, (request: MountedRequest, response: HttpResponse, next: Next) => {
    const resource = resourceOf(request, resourceAt);
    if (!resource) next();
    else wire.otherMethod(response, request.method, allowedMethods(resource));
  });
  adapter.use(path, (error: unknown, request: MountedRequest, response: HttpResponse, next: Next) => {
    if (!resourceOf(request, resourceAt)) next(error);
    else wire.error(response, readable(error, request));
  });
}

/** @returns undefined for anything below the paths of our resources, which is the host's */
function resourceOf({ url }: MountedRequest, resourceAt: ResourceAt): Resource | undefined {
  // A request target may be a whole URL (RFC 9112 section 3.2.2), and need not be one that a URL parser accepts.
  const path = url.replace(/[?#].*$/, '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  const segment = /^\/?$|^\/([^/]+)\/?$/.exec(path);
  return segment ? resourceAt(segment[1] ?? '') : undefined;
}
