import { Injectable, Module } from '@nestjs/common';
import type { ResolveStatementKey } from 'nestjs-dynamic-registration';

type PublicKey = Awaited<ReturnType<ResolveStatementKey>>;

/** Stands for the accounts of your application, each with the keys it signs statements about its apps with. */
@Injectable()
export class AccountKeys {
  private readonly accounts = new Map<string | null, { issuer: string; key: PublicKey }>([
    [
      'acme',
      {
        issuer: 'https://apps.acme.example',
        key: { kty: 'OKP', crv: 'Ed25519', x: 'AHcmz42SC1mIjbtH2g6i53tFs8fVsSYLMe4t4O6BAiY' },
      },
    ],
  ]);

  /** The key of the account that registers, not of whoever the statement says it is from: nothing of it is verified yet. */
  async find(owner: string | null, issuer: unknown): Promise<PublicKey> {
    const account = this.accounts.get(owner);
    return account?.issuer === issuer ? account?.key : undefined;
  }
}

@Module({ providers: [AccountKeys], exports: [AccountKeys] })
export class AccountKeysModule {}
