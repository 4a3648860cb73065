import { Module } from '@nestjs/common';
import { ClientMetadata, DynamicRegistrationModule, MetadataField } from 'nestjs-dynamic-registration';

/** Fields of the specifications keep their rules; declared again, they get one more. */
export class ReachableClientMetadata extends ClientMetadata {
  /** Somebody must answer when a client misbehaves. */
  @MetadataField({ required: true })
  override contacts?: string[];
}

@Module({
  imports: [
    DynamicRegistrationModule.forRoot({
      issuer: 'http://localhost:3000',
      metadata: ReachableClientMetadata,
    }),
  ],
})
export class RegistrationModule {}
