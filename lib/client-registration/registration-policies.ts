import { Injectable } from '@nestjs/common';
import { ClientMetadataValidator, type RegistrableMetadata } from '../client-metadata/client-metadata.validator.js';
import type { RegistrationContext, RegistrationPolicy } from './registration.policy.js';

/** Judges what a caller asks for: the rules of the specifications, then the policies of the host. */
@Injectable()
export class RegistrationPolicies {
  constructor(
    private readonly policies: readonly RegistrationPolicy[],
    private readonly validator: ClientMetadataValidator,
  ) {}

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
    let state = await this.validator.validate(body, grantTypes);
    for (const policy of this.policies) {
      const judged = this.validator.asJudged(state);
      // A narrowed state must still be whole.
      state = await this.validator.validateNarrowed(await policy.review(state, context), grantTypes, judged);
    }
    return state;
  }
}
