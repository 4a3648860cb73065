import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { RegistrableMetadata } from '../client-metadata/client-metadata.settlement.js';
import { ClientMetadataValidator, type Explanation } from '../client-metadata/client-metadata.validator.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { RegistrationError } from '../errors/registration.error.js';
import { SectorIdentifiers } from '../sector-identifier/sector-identifiers.js';
import type { RegistrationContext, RegistrationPolicy } from './registration.policy.js';

/** Judges what a caller asks for: the rules of the specifications, then the policies of the host, then what others have to say about it. */
@Injectable()
export class RegistrationPolicies {
  constructor(
    private readonly policies: readonly RegistrationPolicy[],
    private readonly validator: ClientMetadataValidator,
    private readonly sectors: SectorIdentifiers,
  ) {}

  /** The same policies after other rules. */
  judgedBy(validator: ClientMetadataValidator): RegistrationPolicies {
    return new RegistrationPolicies(this.policies, validator, this.sectors);
  }

  /**
   * @param grantTypes the grant types this caller may have
   * @returns the state to register
   * @throws RegistrationError of a rule or a policy
   */
  async judge(
    body: unknown,
    grantTypes: readonly string[],
    context: RegistrationContext,
  ): Promise<RegistrableMetadata> {
    return this.reviewed(await this.validator.validate(body, grantTypes, mayHaveNone(context)), grantTypes, context);
  }

  /** Every rule that is violated; where none is, what the first policy that refuses says. */
  async explain(body: unknown, grantTypes: readonly string[], context: RegistrationContext): Promise<Explanation> {
    const explanation = await this.validator.explain(body, grantTypes, mayHaveNone(context));
    if (!explanation.metadata) return explanation;
    try {
      return { refusals: [], metadata: await this.reviewed(explanation.metadata, grantTypes, context) };
    } catch (error) {
      if (error instanceof RegistrationError) return { refusals: [error], metadata: undefined };
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
    context: RegistrationContext,
  ): Promise<string | undefined> {
    const judged = scope === undefined ? undefined : await this.validator.validateScope(scope);
    let proposed: ClientMetadata = { ...metadata, scope: judged };
    for (const policy of this.policies) proposed = await policy.review(proposed, context);
    return isOmitted(proposed.scope) ? undefined : this.validator.validateScope(proposed.scope);
  }

  private async reviewed(
    metadata: RegistrableMetadata,
    grantTypes: readonly string[],
    context: RegistrationContext,
  ): Promise<RegistrableMetadata> {
    let state = metadata;
    for (const policy of this.policies) {
      const judged = this.validator.asJudged(state);
      // A narrowed state must still be whole.
      const reviewed = await policy.review(state, context);
      state = await this.validator.validateNarrowed(reviewed, grantTypes, judged, mayHaveNone(context));
    }
    // The last step: nobody is asked about what is refused anyway.
    await this.sectors.check(state, context.client);
    return state;
  }
}

/** Whoever adds a client by hand may leave it without grant types, and one that has none may go on so. */
function mayHaveNone({ operation, client }: RegistrationContext): boolean {
  return operation === 'create' || client?.grantTypes.length === 0;
}
