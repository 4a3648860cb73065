import type { ExecutionContext } from '@nestjs/common';
import { requestOf, type HttpRequest } from './http-request.js';

const credentials = new WeakMap<HttpRequest, object>();

/** Keeps what the guard found out, out of reach of anything else that writes to the request. */
export function rememberCaller(context: ExecutionContext, credential: object): void {
  credentials.set(requestOf(context), credential);
}

/**
 * The credential of the request, as the guard of the route made it; undefined for a caller without one, where the guard lets such callers in.
 * No parameter decorator: what those give goes through the global pipes of the host.
 */
export function callerOf(request: HttpRequest): object | undefined {
  return credentials.get(request);
}
