import { HttpException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ErrorResponse } from '../errors/error-response.js';
import { InvalidRequestError } from '../errors/registration.error.js';
import { countHeader, requestOf } from '../http/http-request.js';
import { ClientAuthenticationService } from './client-authentication.service.js';
import { rememberClient } from './current-client.decorator.js';

/**
 * Client authentication for the endpoints of the host that clients call: token, revocation, introspection (RFC 6749 section 2.3). The handler
 * takes the client by `@CurrentClient()`. What is refused is an `HttpException` whose response is the answer in the shape of OAuth: 401
 * `invalid_client` with `WWW-Authenticate: Basic` where the header was used (RFC 6749 section 5.2), 400 `invalid_request`, or 503.
 */
@Injectable()
export class ClientAuthenticationGuard implements CanActivate {
  constructor(
    private readonly clients: ClientAuthenticationService,
    private readonly errors: ErrorResponse,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    clients.requireAssertionMemory();
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    try {
      if (countHeader(request, 'authorization') > 1) {
        throw new InvalidRequestError('the client must authenticate by one method only');
      }
      const { headers, body } = request;
      const { authorization } = headers;
      rememberClient(context, await this.clients.authenticate({ authorization, body }));
      return true;
    } catch (error) {
      throw this.refusal(context, error);
    }
  }

  private refusal(context: ExecutionContext, error: unknown): HttpException {
    const { status, headers, body } = this.errors.from(error);
    const response: unknown = context.switchToHttp().getResponse();
    for (const [name, value] of Object.entries({ 'Cache-Control': 'no-store', Pragma: 'no-cache', ...headers })) {
      this.adapterHost.httpAdapter.setHeader(response, name, value);
    }
    return new HttpException(body, status, { cause: error });
  }
}
