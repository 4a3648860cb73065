import type { ExecutionContext } from '@nestjs/common';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What Express and Fastify requests have in common, as far as this module reads them. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** What a body parser made of the body. */
  readonly body?: unknown;
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Node's own request under Fastify's. */
  readonly raw?: IncomingMessage;
}

/** The request of a handler or a guard. */
export function requestOf(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/** How often a header stands in the request: node keeps only the first of two `Authorization` headers. */
export function countHeader(request: HttpRequest, name: string): number {
  const { rawHeaders } = request.raw ?? (request as unknown as IncomingMessage);
  return rawHeaders.filter((header, i) => i % 2 === 0 && header.toLowerCase() === name).length;
}
