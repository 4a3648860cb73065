import { Injectable } from '@nestjs/common';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { COMPUTED_MEMBERS, type ComputedMembers } from './server-metadata.members.js';

/** What the configuration makes true of the authorization server, for its metadata document (RFC 8414 section 2). */
@Injectable()
export class ServerMetadataService {
  constructor(private readonly config: RegistrationConfiguration) {}

  /** The members this module can vouch for; `registration_endpoint` is left out while registration is disabled. */
  serverMetadata(): ComputedMembers {
    return Object.fromEntries(
      Object.entries(COMPUTED_MEMBERS).flatMap(([name, { valueOf }]) => {
        const value = valueOf(this.config);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** The whole document: those members and what `discovery.metadata` adds. */
  document(): Readonly<Record<string, unknown>> {
    return { ...this.config.discovery?.metadata, ...this.serverMetadata() };
  }
}
