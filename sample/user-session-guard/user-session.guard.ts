import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { InitialAccessTokenGuard, type RegistrationCredential } from 'nestjs-dynamic-registration';
import type { IncomingMessage } from 'node:http';
import { UserSessions } from './user-sessions.js';

/**
 * Whoever is logged in may register, and owns the client. Another site cannot register with the cookie of its visitors: the endpoint takes
 * JSON alone, and a browser asks before it sends that elsewhere.
 */
@Injectable()
export class UserSessionGuard extends InitialAccessTokenGuard {
  // A property leaves the constructor of the parent as it is.
  @Inject() private readonly sessions: UserSessions;

  /** The session cookie takes the place of the bearer token. */
  protected override extractToken(context: ExecutionContext): string | undefined {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    return /(?:^|;) *session=([^;]*)/.exec(headers.cookie ?? '')?.[1];
  }

  protected override async authenticate(session: string): Promise<RegistrationCredential | undefined> {
    const user = await this.sessions.findUser(session);
    return user && { owner: user.id };
  }
}
