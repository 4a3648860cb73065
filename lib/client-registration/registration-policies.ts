import { Injectable } from '@nestjs/common';
import type { ClientQuota } from '../client/client-quota.js';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { RegistrableMetadata } from '../client-metadata/client-metadata.settlement.js';
import { ClientMetadataValidator, type Explanation } from '../client-metadata/client-metadata.validator.js';
import { scopeWithin } from '../client-metadata/server-support.rules.js';
import type { MetadataBounds } from '../client-metadata/metadata-bounds.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { RegistrationError, TemporarilyUnavailableError } from '../errors/registration.error.js';
import { metadataBounds } from '../initial-access-token/registration-bounds.rules.js';
import { SectorIdentifiers } from '../sector-identifier/sector-identifiers.js';
import { SoftwareStatementService, type StatedRequest } from '../software-statement/software-statement.service.js';
import { STATEMENT_MEMBER } from '../software-statement/statement-members.rules.js';
import type { RegistrationCircumstances, RegistrationContext, RegistrationPolicy } from './registration.policy.js';

/** What is registered, and what has to hold for it. */
export interface Judgement {
  readonly metadata: RegistrableMetadata;
  /** Why the client is put on hold; undefined where it is not. */
  readonly heldFor: string | undefined;
  /** How many clients there may be when it is stored. */
  readonly quotas: readonly ClientQuota[];
}

/**
 * Judges what a caller asks for: its software statement, the rules of the specifications, the policies of the host, and at last its sector
 * identifier. The bounds of its initial access token are among the rules, and hold for what statements and policies make of it, too.
 */
@Injectable()
export class RegistrationPolicies {
  constructor(
    private readonly policies: readonly RegistrationPolicy[],
    private readonly validator: ClientMetadataValidator,
    private readonly statements: SoftwareStatementService,
    private readonly sectors: SectorIdentifiers,
  ) {}

  /** The same policies after other rules. */
  judgedBy(validator: ClientMetadataValidator): RegistrationPolicies {
    return new RegistrationPolicies(this.policies, validator, this.statements, this.sectors);
  }

  /**
   * @param grantTypes the grant types this caller may have
   * @throws RegistrationError of a rule or a policy
   */
  async judge(
    body: unknown,
    grantTypes: readonly string[],
    circumstances: RegistrationCircumstances,
  ): Promise<Judgement> {
    const bounds = metadataBounds(circumstances.bounds);
    const stated = await this.statements.apply(body, circumstances);
    const metadata = await this.validator.validate(stated.body, grantTypes, mayHaveNone(circumstances), bounds);
    return this.reviewed(metadata, { grantTypes, bounds }, stated.context);
  }

  /** Every rule that is violated, or what is wrong with the software statement; where nothing is, what the first policy that refuses says. */
  async explain(
    body: unknown,
    grantTypes: readonly string[],
    circumstances: RegistrationCircumstances,
  ): Promise<Explanation & Pick<Judgement, 'quotas'>> {
    const bounds = metadataBounds(circumstances.bounds);
    let stated: StatedRequest;
    try {
      stated = await this.statements.apply(body, circumstances);
    } catch (error) {
      // What a statement that is not believed says is not known: there is nothing to go on with.
      if (!(error instanceof RegistrationError) || error instanceof TemporarilyUnavailableError) throw error;
      return { refusals: [error], metadata: undefined, quotas: [] };
    }
    const explanation = await this.validator.explain(stated.body, grantTypes, mayHaveNone(circumstances), bounds);
    if (!explanation.metadata) return { ...explanation, quotas: [] };
    try {
      const { heldFor, ...judged } = await this.reviewed(explanation.metadata, { grantTypes, bounds }, stated.context);
      return { refusals: [], ...judged, ...(heldFor !== undefined && { heldFor }) };
    } catch (error) {
      if (error instanceof RegistrationError) return { refusals: [error], metadata: undefined, quotas: [] };
      throw error;
    }
  }

  /**
   * Judges the scope that an administrator sets, the rest of the client being what it is.
   * @param metadata the client as it is
   * @param scope the scope it shall have; undefined takes it away
   * @returns the scope to store
   * @throws RegistrationError of a rule or a policy
   */
  async judgeScope(
    metadata: Readonly<Record<string, unknown>>,
    scope: string | undefined,
    circumstances: RegistrationCircumstances,
  ): Promise<string | undefined> {
    const bounds = metadataBounds(circumstances.bounds);
    const judged = scope === undefined ? undefined : await this.validator.validateScope(scope, bounds);
    let proposed: ClientMetadata = { ...metadata, scope: judged };
    const decisions = new Decisions(this.statements.withStored(circumstances));
    for (const policy of this.policies) proposed = await policy.review(proposed, decisions.context);
    if (isOmitted(proposed.scope)) return undefined;
    const whole = await this.validator.validateScope(proposed.scope);
    return bounds.scopes ? scopeWithin(whole, bounds.scopes) : whole;
  }

  private async reviewed(
    metadata: RegistrableMetadata,
    { grantTypes, bounds }: Allowance,
    circumstances: RegistrationCircumstances,
  ): Promise<Judgement> {
    const decisions = new Decisions(circumstances);
    const { context } = decisions;
    let state = metadata;
    for (const policy of this.policies) {
      const judged = this.validator.asJudged(state);
      // A narrowed state must still be whole, and within the bounds.
      const reviewed = await policy.review(state, context);
      state = await this.validator.validateNarrowed(reviewed, grantTypes, judged, mayHaveNone(context), bounds);
    }
    // Policies decide about members: what was signed is returned unmodified (RFC 7591 section 3.2.1), and nothing else as if it were.
    if (context.softwareStatement) Reflect.set(state, STATEMENT_MEMBER, context.softwareStatement.text);
    else Reflect.deleteProperty(state, STATEMENT_MEMBER);
    // The last step: nobody is asked about what is refused anyway.
    await this.sectors.check(state, context);
    return { metadata: state, ...decisions.made };
  }
}

/** What a caller may have. */
interface Allowance {
  readonly grantTypes: readonly string[];
  readonly bounds: MetadataBounds;
}

/** What the policies decide about one request beside its metadata. */
class Decisions {
  private readonly holds: string[] = [];
  private readonly quotas: ClientQuota[] = [];
  readonly context: RegistrationContext;

  constructor(circumstances: RegistrationCircumstances) {
    this.context = {
      ...circumstances,
      // Without a reason it is held all the same.
      hold: (reason: unknown) => void this.holds.push(typeof reason === 'string' ? reason : ''),
      limit: (quota) => void this.quotas.push(quota),
    };
  }

  get made(): Omit<Judgement, 'metadata'> {
    return { heldFor: this.holds[0], quotas: this.quotas };
  }
}

/** Whoever adds a client by hand may leave it without grant types, and one that has none may go on so. */
function mayHaveNone({ operation, client }: RegistrationCircumstances): boolean {
  return operation === 'create' || client?.grantTypes.length === 0;
}
