import { HttpException, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { IntrospectionResponse } from 'openid-client';
import { AuthorizationServer } from './authorization-server.js';
import { refuse, SCOPE } from './challenge.js';
import { isForUs } from './grant.js';

/** Lets requests through with an access token for this server (RFC 6750, RFC 8707). */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  private readonly logger = new Logger(AccessTokenGuard.name);

  constructor(private readonly authorizationServer: AuthorizationServer) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & { auth?: object }>();
    const response = context.switchToHttp().getResponse<Response>();
    const { authorization } = request.headers;
    if (authorization === undefined) return refuse(response, 401);
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    const grant = token === undefined ? undefined : await this.introspect(token);
    if (!grant || !isForUs(grant)) return refuse(response, 401, 'invalid_token');
    const scopes = grant.scope?.split(' ') ?? [];
    if (!scopes.includes(SCOPE)) return refuse(response, 403, 'insufficient_scope');
    // Where the MCP server finds it.
    request.auth = { token, clientId: grant.client_id, scopes, extra: { subject: grant.sub } };
    return true;
  }

  /** Not being able to ask says nothing about the token. */
  private async introspect(token: string): Promise<IntrospectionResponse> {
    try {
      return await this.authorizationServer.introspect(token);
    } catch (error) {
      this.logger.error(`introspection failed: ${error instanceof Error ? error.message : 'unknown'}`);
      throw new HttpException({ error: 'temporarily_unavailable' }, 503);
    }
  }
}
