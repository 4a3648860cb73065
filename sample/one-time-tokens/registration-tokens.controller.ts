import { Controller, Header, Headers, Injectable, Post, UnauthorizedException } from '@nestjs/common';
import { InitialAccessTokenService } from 'nestjs-dynamic-registration';

const TEN_MINUTES = 600;

/** Stands for the login of your application. */
@Injectable()
export class Login {
  private readonly accounts = new Map([['session=6f1c2ab89d', 'acme']]);

  accountOf(cookie: string | undefined): string | undefined {
    return cookie === undefined ? undefined : this.accounts.get(cookie);
  }
}

/** Gives the account that is logged in a token for one client, which will be the account's own. */
@Controller('account/registration-tokens')
export class RegistrationTokensController {
  constructor(
    private readonly login: Login,
    private readonly tokens: InitialAccessTokenService,
  ) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  async issue(@Headers('cookie') cookie: string | undefined) {
    const owner = this.login.accountOf(cookie);
    if (owner === undefined) throw new UnauthorizedException();
    const { token, record } = await this.tokens.issue({ owner, maxUses: 1, expiresInSeconds: TEN_MINUTES });
    return { token, expires_at: record.expiresAt };
  }
}
