import { Injectable, type ExecutionContext } from '@nestjs/common';
import { BearerTokenGuard } from '../http/bearer-token.guard.js';
import { requestOf } from '../http/http-request.js';
import type { ConfigurationCredential } from './configuration-credential.js';
import { RegistrationAccessTokenService } from './registration-access-token.service.js';

/**
 * Who may manage a client (RFC 7592 section 2): the holder of its registration access token. An unknown client, a deleted one and a wrong
 * token get the same answer. Extend it and name the subclass in `guards.configuration`.
 */
@Injectable()
export class RegistrationAccessTokenGuard extends BearerTokenGuard<ConfigurationCredential> {
  constructor(protected readonly registrationAccessTokens: RegistrationAccessTokenService) {
    super();
  }

  protected override async authenticate(
    token: string,
    context: ExecutionContext,
  ): Promise<ConfigurationCredential | undefined> {
    return this.registrationAccessTokens.authenticate(requestOf(context).params['client_id'] ?? '', token);
  }
}
