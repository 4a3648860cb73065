import type { INestApplication } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ISSUER_PATH, ROUTES, urlOf } from '../endpoints.js';
import { OidcProvider } from './oidc-provider.js';

type Next = (error?: unknown) => void;
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const OWN: ReadonlySet<string> = new Set(Object.values(ROUTES));

/** Answers the endpoints of the provider, before the application reads any body: the provider does that itself. */
export function mountProvider(app: INestApplication): void {
  const { host, protocol } = new URL(urlOf('/'));
  let handle: Handler | undefined;
  app.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
    const path = pathBelowIssuer(request.url ?? '');
    if (path === undefined || !OWN.has(/^\/[^/?]*/.exec(path)?.[0] ?? '')) return next();
    handle ??= app.get(OidcProvider).provider.callback() as Handler;
    // Whatever a caller says: URLs are those of the issuer.
    Object.assign(request.headers, { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) });
    const { url } = request;
    Object.assign(request, { originalUrl: url, url: path });
    // Koa answers its own errors.
    void handle(request, response);
  });
}

function pathBelowIssuer(url: string): string | undefined {
  if (ISSUER_PATH === '') return url;
  return url.startsWith(`${ISSUER_PATH}/`) ? url.slice(ISSUER_PATH.length) : undefined;
}
