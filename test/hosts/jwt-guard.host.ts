import { SetMetadata, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { jwtVerify, SignJWT } from 'jose';
import { randomBytes } from 'node:crypto';
import type { HostProfile } from './host-profile.js';

const KEY = randomBytes(32);
const ISSUER = 'https://sessions.tides.example';
const IS_PUBLIC = 'isPublic';

/** The host's own way past its guard. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

/** A session of the host, as its own callers present it. */
export async function sessionToken(): Promise<string> {
  return new SignJWT({ sub: 'harbour-master' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(KEY);
}

class SessionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    try {
      await jwtVerify((headers.authorization ?? '').replace(/^Bearer /, ''), KEY, { issuer: ISSUER });
    } catch {
      throw new UnauthorizedException('no session');
    }
    return true;
  }
}

/** Wants a session for everything that is not public. */
export const jwtGuard: HostProfile = {
  providers: [
    { provide: APP_GUARD, useFactory: (reflector: Reflector) => new SessionGuard(reflector), inject: [Reflector] },
  ],
  options: { decorators: [Public()] },
};
