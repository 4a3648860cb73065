import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { ServerMetadataController, TooManyRequestsError } from 'nestjs-dynamic-registration';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Counts every request to the endpoints of registration, whatever becomes of it. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  /** The metadata document costs nothing, and every client reads it first. */
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return context.getClass().prototype instanceof ServerMetadataController;
  }

  /** Who calls: a token, whether it is genuine or not, else an address. */
  protected override async getTracker(request: IncomingMessage): Promise<string> {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return super.getTracker(request);
    return createHash('sha256').update(token).digest('base64url');
  }

  /** One bucket for all of the endpoints: neither the method nor a client_id in the path opens another one. */
  protected override generateKey(_context: ExecutionContext, tracker: string, name: string): string {
    return `registration:${name}:${tracker}`;
  }

  protected override async throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<never> {
    throw new TooManyRequestsError('too many requests', timeToBlockExpire);
  }
}
