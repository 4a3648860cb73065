import { Injectable } from '@nestjs/common';
import { InvalidClientMetadataError, RegistrationError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { ClientMetadataReader, type JudgedMembers } from './client-metadata.reader.js';
import { ClientMetadataSettlement, type RegistrableMetadata } from './client-metadata.settlement.js';
import { requireJsonObject } from './json-object.js';
import { UNBOUNDED, type MetadataBounds } from './metadata-bounds.js';
import { isOmitted } from './metadata-field.decorator.js';
import { EveryMistake, FIRST_MISTAKE, type Findings } from './metadata-findings.js';
import { scopeBeyond, scopeFor, scopeWithin, supportedEntries, unsupportedScope } from './server-support.rules.js';

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
   * @param bounds what else holds for this client
   * @returns the metadata to register, with every default; its members are those of the metadata class and nothing else
   * @throws RegistrationError naming the field, the entry and the rule
   */
  validate(
    body: unknown,
    grantTypes: readonly string[] = this.config.server.grantTypes,
    mayHaveNone = false,
    bounds = UNBOUNDED,
  ): Promise<RegistrableMetadata> {
    return this.judge(body, { grantTypes, mayHaveNone, bounds }, FIRST_MISTAKE);
  }

  /** Checks the same and goes on after a mistake, so that all of them are found. */
  async explain(
    body: unknown,
    grantTypes: readonly string[] = this.config.server.grantTypes,
    mayHaveNone = false,
    bounds = UNBOUNDED,
  ): Promise<Explanation> {
    const findings = new EveryMistake();
    try {
      const metadata = await this.judge(body, { grantTypes, mayHaveNone, bounds }, findings);
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
    bounds = UNBOUNDED,
  ): Promise<RegistrableMetadata> {
    const scopes = within(this.config.server.scopes, bounds.scopes);
    const members = await this.reader.read(Object.fromEntries(Object.entries(metadata)), FIRST_MISTAKE, judged);
    const allowed = mayHaveNone && hasNoGrantTypes(metadata) ? 'none' : within(grantTypes, bounds.grantTypes);
    const scope = (narrowed: string | undefined) => scopeWithin(narrowed, scopes);
    return this.settlement.settle(members, allowed, scope, FIRST_MISTAKE, bounds.rules);
  }

  /**
   * Checks a scope alone, as an administrator sets it: what the server does not support is refused and never narrowed.
   * @returns the scope as it is stored
   * @throws InvalidClientMetadataError naming the rule
   */
  async validateScope(scope: string, bounds = UNBOUNDED): Promise<string> {
    const { scope: read } = await this.reader.read({ scope }, FIRST_MISTAKE);
    if (isOmitted(read)) throw new InvalidClientMetadataError('scope must name a scope');
    const { scopes } = this.config.server;
    this.settlement.refuse(unsupportedScope(read, scopes, 'reject'), FIRST_MISTAKE);
    this.settlement.refuse(scopeBeyond(read, bounds.scopes ?? scopes, 'reject'), FIRST_MISTAKE);
    return read;
  }

  /** The members as they are now, to tell afterwards which of them a policy has changed. */
  asJudged(metadata: RegistrableMetadata): JudgedMembers {
    return new Map(Object.entries(metadata).map(([name, value]) => [name, JSON.stringify(value)]));
  }

  /**
   * Checks members alone, each of which must be known: whatever else would have to be beside them.
   * @throws RegistrationError naming the field, the entry and the rule
   */
  async validateMembers(members: Readonly<Record<string, unknown>>): Promise<void> {
    await this.reader.read(members, FIRST_MISTAKE);
  }

  private async judge(
    body: unknown,
    { grantTypes, mayHaveNone, bounds }: Allowance,
    findings: Findings,
  ): Promise<RegistrableMetadata> {
    const { server, unsupportedMetadata, limits, metadataTable } = this.config;
    const request = bounds.apply(requireJsonObject(body, limits.metadataBytes), { metadataTable, mayHaveNone });
    const members = await this.reader.read(request, findings);
    this.settlement.refuse(unsupportedScope(members.scope, server.scopes, unsupportedMetadata), findings);
    const scopes = within(server.scopes, bounds.scopes);
    if (bounds.scopes) this.settlement.refuse(scopeBeyond(members.scope, scopes, unsupportedMetadata), findings);
    const allowed = mayHaveNone && hasNoGrantTypes(request) ? 'none' : within(grantTypes, bounds.grantTypes);
    const support = {
      scopes,
      defaultScopes: within(server.defaultScopes, bounds.scopes),
      baselineScopes: within(server.baselineScopes, bounds.scopes),
    };
    return this.settlement.settle(members, allowed, (asked) => scopeFor(asked, support), findings, bounds.rules);
  }
}

/** What one caller may have. */
interface Allowance {
  readonly grantTypes: readonly string[];
  readonly mayHaveNone: boolean;
  readonly bounds: MetadataBounds;
}

function within(supported: readonly string[], bounds: readonly string[] | undefined): readonly string[] {
  return bounds === undefined ? supported : supportedEntries(supported, bounds);
}

function hasNoGrantTypes({ grant_types }: Pick<ClientMetadata, 'grant_types'>): boolean {
  return Array.isArray(grant_types) && grant_types.length === 0;
}
