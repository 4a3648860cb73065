import type { IncomingMessage } from 'node:http';

/** What Express and Fastify responses have in common, as far as this module reads them; it writes through the adapter of Nest. */
export interface HttpResponse {
  /** Express: the request this answers. */
  readonly req?: Pick<IncomingMessage, 'headers'>;
  /** Fastify: the request this answers. */
  readonly request?: Pick<IncomingMessage, 'headers'>;
  getHeader(name: string): number | string | readonly string[] | undefined;
}

/** `Vary` of the host, with `Origin`. */
export function varyOrigin(response: HttpResponse): string {
  const vary = [response.getHeader('Vary') ?? []].flat().flatMap((value) => String(value).split(/ *, */));
  return [...new Set([...vary, 'Origin'])].join(', ');
}
