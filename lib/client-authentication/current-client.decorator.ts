import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { requestOf, type HttpRequest } from '../http/http-request.js';

const clients = new WeakMap<HttpRequest, OAuthClientRecord>();

/** Keeps the client that the guard found, out of reach of anything else that writes to the request. */
export function rememberClient(context: ExecutionContext, client: OAuthClientRecord): void {
  clients.set(requestOf(context), client);
}

/**
 * The client of the request, on a route behind `ClientAuthenticationGuard`: `token(@CurrentClient() client: OAuthClient)`.
 * @throws Error on a route without that guard
 */
export const CurrentClient: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): OAuthClientRecord => {
    const client = clients.get(requestOf(context));
    if (!client) throw new Error('@CurrentClient() needs @UseGuards(ClientAuthenticationGuard) on its route');
    return client;
  },
);
