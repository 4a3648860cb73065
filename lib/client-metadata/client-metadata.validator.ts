import { Injectable } from '@nestjs/common';
import { InvalidClientMetadataError, RegistrationError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { ClientMetadataReader, type JudgedMembers } from './client-metadata.reader.js';
import { ClientMetadataSettlement, type RegistrableMetadata } from './client-metadata.settlement.js';
import { requireJsonObject } from './json-object.js';
import { isOmitted } from './metadata-field.decorator.js';
import { EveryMistake, FIRST_MISTAKE, type Findings } from './metadata-findings.js';
import { scopeFor, scopeWithin, unsupportedScope } from './server-support.rules.js';

/** What would become of metadata: everything that is wrong with it, or what would be registered. */
export interface Explanation {
  /** In the order in which a client learns of its mistakes one by one; none when it can be registered. */
  readonly refusals: readonly RegistrationError[];
  /** With every default; undefined when it is refused. */
  readonly metadata: RegistrableMetadata | undefined;
  /** Why a policy would put the client on hold until an operator approves it. */
  readonly heldFor?: string;
}

/** From an unknown body to checked metadata: the steps in the order in which a client learns of its mistakes. */
@Injectable()
export class ClientMetadataValidator {
  private readonly reader: ClientMetadataReader;
  private readonly settlement: ClientMetadataSettlement;

  constructor(private readonly config: RegistrationConfiguration) {
    this.reader = new ClientMetadataReader(config.metadata, config.metadataTable, config.limits);
    this.settlement = new ClientMetadataSettlement(config);
  }

  /**
   * Checks what a client asks for.
   * @param body the parsed JSON of the request, of any type
   * @param grantTypes the grant types this caller may have, of those the server supports
   * @param mayHaveNone whether an empty list of grant types is taken for none at all; otherwise it counts as omitted
   * @returns the metadata to register, with every default; its members are those of the metadata class and nothing else
   * @throws RegistrationError naming the field, the entry and the rule
   */
  async validate(
    body: unknown,
    grantTypes: readonly string[] = this.config.server.grantTypes,
    mayHaveNone = false,
  ): Promise<RegistrableMetadata> {
    return this.judge(body, grantTypes, mayHaveNone, FIRST_MISTAKE);
  }

  /** Checks the same and goes on after a mistake, so that all of them are found. */
  async explain(
    body: unknown,
    grantTypes: readonly string[] = this.config.server.grantTypes,
    mayHaveNone = false,
  ): Promise<Explanation> {
    const findings = new EveryMistake();
    try {
      const metadata = await this.judge(body, grantTypes, mayHaveNone, findings);
      return { refusals: findings.errors, metadata: findings.errors.length === 0 ? metadata : undefined };
    } catch (error) {
      // The body as a whole: there are no fields to go on with.
      if (error instanceof RegistrationError) return { refusals: [error], metadata: undefined };
      throw error;
    }
  }

  /**
   * Checks what a policy made of it, by the same rules. Only the scope is taken as it is: the default set must not come back where a policy
   * has left nothing.
   * @param judged members that passed the rules before, as `asJudged` had them: one that is the same still passes
   * @throws RegistrationError naming the field, the entry and the rule
   */
  async validateNarrowed(
    metadata: ClientMetadata,
    grantTypes: readonly string[],
    judged: JudgedMembers,
    mayHaveNone = false,
  ): Promise<RegistrableMetadata> {
    const { scopes } = this.config.server;
    const members = await this.reader.read(Object.fromEntries(Object.entries(metadata)), FIRST_MISTAKE, judged);
    const allowed = mayHaveNone && hasNoGrantTypes(metadata) ? 'none' : grantTypes;
    return this.settlement.settle(members, allowed, (narrowed) => scopeWithin(narrowed, scopes), FIRST_MISTAKE);
  }

  /**
   * Checks a scope alone, as an administrator sets it: what the server does not support is refused and never narrowed.
   * @returns the scope as it is stored
   * @throws InvalidClientMetadataError naming the rule
   */
  async validateScope(scope: string): Promise<string> {
    const { scope: read } = await this.reader.read({ scope }, FIRST_MISTAKE);
    if (isOmitted(read)) throw new InvalidClientMetadataError('scope must name a scope');
    this.settlement.refuse(unsupportedScope(read, this.config.server.scopes, 'reject'), FIRST_MISTAKE);
    return read;
  }

  /** The members as they are now, to tell afterwards which of them a policy has changed. */
  asJudged(metadata: RegistrableMetadata): JudgedMembers {
    return new Map(Object.entries(metadata).map(([name, value]) => [name, JSON.stringify(value)]));
  }

  private async judge(
    body: unknown,
    grantTypes: readonly string[],
    mayHaveNone: boolean,
    findings: Findings,
  ): Promise<RegistrableMetadata> {
    const { server, unsupportedMetadata, limits } = this.config;
    const request = requireJsonObject(body, limits.metadataBytes);
    const members = await this.reader.read(request, findings);
    this.settlement.refuse(unsupportedScope(members.scope, server.scopes, unsupportedMetadata), findings);
    const allowed = mayHaveNone && hasNoGrantTypes(request) ? 'none' : grantTypes;
    return this.settlement.settle(members, allowed, (asked) => scopeFor(asked, server), findings);
  }
}

function hasNoGrantTypes({ grant_types }: Pick<ClientMetadata, 'grant_types'>): boolean {
  return Array.isArray(grant_types) && grant_types.length === 0;
}
