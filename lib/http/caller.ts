import type { ExecutionContext } from '@nestjs/common';
import { requestOf, type HttpRequest } from './http-request.js';

/** A key that nothing has which writes to a request by name, such as a parser of its body. */
const CALLER = Symbol('caller');

/** Keeps what the guard found out with the request. */
export function rememberCaller(context: ExecutionContext, credential: object): void {
  Object.defineProperty(requestOf(context), CALLER, { value: credential, configurable: true });
}

/**
 * The credential of the request, as the guard of the route made it; undefined for a caller without one, where the guard lets such callers in.
 * No parameter decorator: what those give goes through the global pipes of the host.
 */
export function callerOf(request: HttpRequest): object | undefined {
  return (request as { readonly [CALLER]?: object })[CALLER];
}
