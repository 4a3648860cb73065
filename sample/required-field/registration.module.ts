import { Module } from '@nestjs/common';
import { ClientMetadata, DynamicRegistrationModule, MetadataField } from 'nestjs-dynamic-registration';

/** Fields of the specifications keep their rules; declared again, they get one more. */
export class NamedClientMetadata extends ClientMetadata {
  /** A consent page without a name would show an identifier. */
  @MetadataField({ required: true })
  override client_name?: string;
}

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      metadata: NamedClientMetadata,
    }),
  ],
})
export class RegistrationModule {}
