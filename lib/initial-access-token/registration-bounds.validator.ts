import { Injectable } from '@nestjs/common';
import { fieldName } from '../client-metadata/decided-fields.js';
import { ClientMetadataValidator } from '../client-metadata/client-metadata.validator.js';
import { requireJsonObject } from '../client-metadata/json-object.js';
import { SERVER_MEMBERS } from '../client-registration/server-members.js';
import { RegistrationError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { STATEMENT_MEMBER } from '../software-statement/statement-members.rules.js';
import { readRegistrationBounds } from './registration-bounds.reader.js';
import type { RegistrationBounds } from './registration-bounds.js';

/** The members of bounds whose entries a server supports, or does not. */
export type SupportedBound = 'scopes' | 'grantTypes' | 'tokenEndpointAuthMethods';

const SUPPORTED_BOUNDS: readonly SupportedBound[] = ['scopes', 'grantTypes', 'tokenEndpointAuthMethods'];

/** What no default can be: each client has its own, or the server gives it. */
const NO_DEFAULTS: ReadonlySet<string> = new Set(['client_id', 'client_secret', STATEMENT_MEMBER, ...SERVER_MEMBERS]);

const DEFAULTS = 'bounds.defaultMetadata';

/** Checks what an issuer of tokens wants of clients, while somebody is there who can correct it. */
@Injectable()
export class RegistrationBoundsValidator {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly validator: ClientMetadataValidator,
  ) {}

  /**
   * @returns the bounds as they are kept, a copy
   * @throws RangeError naming the member and the rule: one that is not known, not supported or not acceptable as a default
   */
  async validate(value: unknown): Promise<RegistrationBounds> {
    const bounds = readRegistrationBounds(value);
    for (const name of SUPPORTED_BOUNDS) {
      const unsupported = bounds[name]?.findIndex((entry) => !this.isSupported(name, entry)) ?? -1;
      if (unsupported >= 0) throw new RangeError(`bounds.${name}[${unsupported}] is not supported by this server`);
    }
    const { defaultMetadata, ...others } = bounds;
    if (defaultMetadata) await this.validateDefaults(Object.fromEntries(Object.entries(defaultMetadata)));
    this.requireObject(others, 'bounds');
    return bounds;
  }

  /** Whether the server has it. */
  protected isSupported(name: SupportedBound, entry: string): boolean {
    return this.config.server[name].includes(entry);
  }

  private async validateDefaults(members: Readonly<Record<string, unknown>>): Promise<void> {
    for (const name of Object.keys(members)) {
      const field = this.config.metadataTable.get(fieldName(name));
      const isKnown = field !== undefined && (field.name === name || field.languageTags === true);
      if (!isKnown || NO_DEFAULTS.has(name)) {
        throw new RangeError(`${DEFAULTS} must have only client metadata that this server knows as members`);
      }
    }
    this.requireObject(members, DEFAULTS);
    try {
      await this.validator.validateMembers(members);
    } catch (error) {
      throw inRange(error, `${DEFAULTS}: `);
    }
  }

  /** Each client has them in its row. */
  private requireObject(members: object, what: string): void {
    try {
      requireJsonObject(members, this.config.limits.metadataBytes, what);
    } catch (error) {
      throw inRange(error);
    }
  }
}

/** A refusal in words for whoever issues the token; anything else as it is. */
function inRange(error: unknown, where = ''): unknown {
  return error instanceof RegistrationError ? new RangeError(`${where}${error.message}`) : error;
}
