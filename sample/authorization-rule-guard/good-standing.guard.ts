import { Inject, Injectable, Module } from '@nestjs/common';
import { InitialAccessTokenGuard, type RegistrationCredential } from 'nestjs-dynamic-registration';

/** Stands for the accounts of your application. */
@Injectable()
export class Accounts {
  readonly suspended = new Set<string>();

  async isSuspended(account: string): Promise<boolean> {
    return this.suspended.has(account);
  }
}

@Module({ providers: [Accounts], exports: [Accounts] })
export class AccountsModule {}

/** A valid initial access token is not enough: the account it belongs to must not be suspended. */
@Injectable()
export class GoodStandingGuard extends InitialAccessTokenGuard {
  @Inject() private readonly accounts: Accounts;

  /** Runs after `authenticate`; false is answered 403 `insufficient_scope`. */
  protected override async authorize({ owner }: RegistrationCredential): Promise<boolean> {
    return !owner || !(await this.accounts.isSuspended(owner));
  }
}
