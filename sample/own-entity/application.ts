import { IsEmail } from 'class-validator';
import { ClientMetadata, ClientMetadataColumn, MetadataField, OAuthClient } from 'nestjs-dynamic-registration';
import { Column, Entity } from 'typeorm';

/** What a client may say of itself: the fields of the specifications, and one more. */
export class ApplicationMetadata extends ClientMetadata {
  /** Where people who use the client find help. */
  @MetadataField()
  @IsEmail()
  support_email?: string;
}

/** A client in a table of another name, with columns of your own. */
@Entity('applications')
export class Application extends OAuthClient {
  /** Holds `support_email`: clients write it, since it is marked. */
  @ClientMetadataColumn()
  @Column({ type: 'varchar', length: 320, nullable: true })
  supportEmail: string | null;

  /** Yours alone: no client writes it, whatever it sends. */
  @Column({ type: 'boolean', default: false })
  featured: boolean;
}
