import { HttpException, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { IntrospectionResponse } from 'openid-client';
import { AuthorizationServer } from './authorization-server.js';
import { environment } from './environment.js';

/** Reading is the least there is to do here. */
const SCOPE = 'api:read';

/** Lets requests through with an access token for this server (RFC 6750, RFC 8707), and tells the others where to get one (RFC 9728 section 5.1). */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  private readonly logger = new Logger(AccessTokenGuard.name);

  constructor(private readonly authorizationServer: AuthorizationServer) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & { auth?: object }>();
    const { authorization } = request.headers;
    if (authorization === undefined) return this.refuse(context, 401);
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
    const grant = token === undefined ? undefined : await this.introspect(token);
    if (token === undefined || !grant?.active || !isForUs(grant)) return this.refuse(context, 401, 'invalid_token');
    const scopes = grant.scope?.split(' ') ?? [];
    if (!scopes.includes(SCOPE)) return this.refuse(context, 403, 'insufficient_scope');
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

  private refuse(context: ExecutionContext, status: 401 | 403, error?: string): never {
    const parameters = {
      ...(error !== undefined && { error }),
      scope: SCOPE,
      resource_metadata: environment.resourceMetadata,
    };
    const challenge = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
    context
      .switchToHttp()
      .getResponse<Response>()
      .setHeader('WWW-Authenticate', `Bearer ${challenge.join(', ')}`);
    throw new HttpException({ error: error ?? 'invalid_token' }, status);
  }
}

function isForUs({ aud }: IntrospectionResponse): boolean {
  return [aud].flat().includes(environment.resource);
}
