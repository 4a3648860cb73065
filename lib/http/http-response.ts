import type { IncomingMessage } from 'node:http';

/** What Express and Fastify responses have in common, as far as this module reads them; it writes through the adapter of Nest. */
export interface HttpResponse {
  /** Express: the request this answers. */
  readonly req?: Pick<IncomingMessage, 'headers'>;
  /** Fastify: the request this answers. */
  readonly request?: Pick<IncomingMessage, 'headers'>;
  getHeader(name: string): HeaderValue;
  getHeaders(): Readonly<Record<string, HeaderValue>>;
}

type HeaderValue = number | string | readonly string[] | undefined;

/** `Vary` of the host, with `Origin`. */
export function varyOrigin(response: HttpResponse): string {
  const vary = [response.getHeader('Vary') ?? []].flat().flatMap((value) => String(value).split(/ *, */));
  return [...new Set([...vary, 'Origin'])].join(', ');
}

/**
 * When to come back, as the host has said before it refused: in `Retry-After`, or in `Retry-After-<name>` as a named throttler of
 * @nestjs/throttler does, which no client knows.
 */
export function retryAfterOfHost(response: HttpResponse): string | undefined {
  const own = response.getHeader('Retry-After');
  if (own !== undefined) return String(own);
  const named = Object.entries(response.getHeaders()).filter(([name]) => /^retry-after-./i.test(name));
  const seconds = named.map(([, value]) => Number(value)).filter((value) => Number.isSafeInteger(value) && value >= 0);
  return seconds.length > 0 ? String(Math.max(...seconds)) : undefined;
}
