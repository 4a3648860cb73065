import { Injectable, type ExecutionContext } from '@nestjs/common';
import type { RegistrationAccess } from '../dynamic-registration.options.js';
import { AccessDeniedError } from '../errors/registration.error.js';
import { BearerTokenGuard } from '../http/bearer-token.guard.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { InitialAccessTokenService } from './initial-access-token.service.js';
import type { RegistrationCredential } from './registration-credential.js';

/**
 * Who may register (RFC 7591 section 3): holders of an initial access token, everyone while `access` is `open`, nobody while it is
 * `disabled`. A credential that is presented is checked whatever `access` says. Extend it and name the subclass in `guards.registration`.
 */
@Injectable()
export class InitialAccessTokenGuard extends BearerTokenGuard<RegistrationCredential> {
  constructor(
    protected readonly config: RegistrationConfiguration,
    protected readonly initialAccessTokens: InitialAccessTokenService,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = await this.access(context);
    if (access === 'disabled') throw new AccessDeniedError('client registration is disabled');
    if (access === 'open' && this.extractToken(context) === undefined) return true;
    return super.canActivate(context);
  }

  protected override async authenticate(
    token: string,
    _context: ExecutionContext,
  ): Promise<RegistrationCredential | undefined> {
    return this.initialAccessTokens.recognize(token);
  }

  /** Who may register, as the option `access` says for this request; an answer it does not know means nobody. */
  private async access(context: ExecutionContext): Promise<RegistrationAccess> {
    const { access } = this.config;
    const answer = typeof access === 'function' ? await access(context) : access;
    return answer === 'open' || answer === 'initial-access-token' ? answer : 'disabled';
  }
}
