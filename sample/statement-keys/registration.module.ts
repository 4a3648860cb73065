import { Module } from '@nestjs/common';
import { DynamicRegistrationModule } from 'nestjs-dynamic-registration';
import { AccountKeys, AccountKeysModule } from './account-keys.js';

@Module({
  imports: [
    DynamicRegistrationModule.forRootAsync({
      imports: [AccountKeysModule],
      inject: [AccountKeys],
      useFactory: (keys: AccountKeys) => ({
        issuer: 'http://localhost:3000',
        softwareStatements: {
          mode: 'required',
          resolveKey: (_header, claims, { owner }) => keys.find(owner, claims['iss']),
        },
      }),
    }),
  ],
})
export class RegistrationModule {}
