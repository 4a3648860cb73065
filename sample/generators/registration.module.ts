import { Injectable, Module } from '@nestjs/common';
import { ClientIdGenerator, DynamicRegistrationModule, TokenGenerator } from 'nestjs-dynamic-registration';
import { randomBytes } from 'node:crypto';

/** Client identifiers a person can read out over the phone. */
@Injectable()
export class ReadableClientIdGenerator extends ClientIdGenerator {
  override generate(): string {
    return `app-${randomBytes(8).toString('hex')}`;
  }
}

/** Tokens and secrets that name your company to secret scanners. */
@Injectable()
export class AcmeTokenGenerator extends TokenGenerator {
  override generate(prefix: string, bytes?: number): string {
    return `acme_${super.generate(prefix, bytes)}`;
  }
}

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      providers: [
        { provide: ClientIdGenerator, useClass: ReadableClientIdGenerator },
        { provide: TokenGenerator, useClass: AcmeTokenGenerator },
      ],
    }),
  ],
})
export class RegistrationModule {}
