import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf, type HttpRequest } from './http-request.js';

const credentials = new WeakMap<HttpRequest, object>();

/** Keeps what the guard found out, out of reach of anything else that writes to the request. */
export function rememberCaller(context: ExecutionContext, credential: object): void {
  credentials.set(requestOf(context), credential);
}

/** The credential of the request; undefined for a caller without one. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  credentials.get(requestOf(context)),
);
