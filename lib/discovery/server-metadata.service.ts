import { Injectable } from '@nestjs/common';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { COMPUTED_MEMBERS, type ComputedMembers } from './server-metadata.members.js';

/** What the configuration makes true of the authorization server, for its metadata document (RFC 8414 section 2). */
@Injectable()
export class ServerMetadataService {
  constructor(private readonly config: RegistrationConfiguration) {}

  /** The members this module can vouch for; `registration_endpoint` is left out while registration is disabled. */
  serverMetadata(): ComputedMembers {
    const members = Object.entries(COMPUTED_MEMBERS).map(
      ([name, { valueOf }]) => [name, valueOf(this.config)] as const,
    );
    return Object.fromEntries(members.filter(([, value]) => value !== undefined)) as unknown as ComputedMembers;
  }

  /** The whole document: those members and what `discovery.metadata` adds. */
  document(): Readonly<Record<string, unknown>> {
    return { ...this.config.discovery?.metadata, ...this.serverMetadata() };
  }
}
