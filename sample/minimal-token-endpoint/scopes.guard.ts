import { HttpException, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { ClientResolver } from 'nestjs-dynamic-registration';
import type { IncomingMessage } from 'node:http';
import { Grants } from './grants.js';

/** The scopes that a route or a controller needs, all of them; without any a valid token is enough. */
export const Scopes = (...scopes: string[]) => SetMetadata('scopes', scopes);

/** Lets requests through that bring an access token with these scopes (RFC 6750). */
@Injectable()
export class ScopesGuard implements CanActivate {
  constructor(
    private readonly grants: Grants,
    private readonly clients: ClientResolver,
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (headers.authorization === undefined) return this.refuse(context, 401);
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(headers.authorization)?.[1];
    const grant = token === undefined ? null : await this.grants.findByAccessToken(token);
    // A token of a client that is gone or held is worth nothing, even if it was issued while the client went.
    if (!grant || !(await this.mayBeUsed(grant.clientId))) return this.refuse(context, 401, 'invalid_token');
    const targets = [context.getHandler(), context.getClass()];
    const scopes = this.reflector.getAllAndOverride<string[] | undefined>('scopes', targets) ?? [];
    const held = grant.accessTokenScope.split(' ');
    return scopes.every((scope) => held.includes(scope)) || this.refuse(context, 403, 'insufficient_scope');
  }

  /** Not being able to tell says nothing about the token. */
  private async mayBeUsed(clientId: string): Promise<boolean> {
    const found = await this.clients.resolve(clientId);
    if (found.outcome === 'unavailable') throw new HttpException({ error: 'temporarily_unavailable' }, 503);
    return found.outcome === 'found';
  }

  private refuse(context: ExecutionContext, status: 401 | 403, error?: string): never {
    const challenge = error === undefined ? 'Bearer' : `Bearer error="${error}"`;
    this.adapterHost.httpAdapter.setHeader(context.switchToHttp().getResponse(), 'WWW-Authenticate', challenge);
    throw new HttpException({ error: error ?? 'invalid_token' }, status);
  }
}
