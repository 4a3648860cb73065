import { Injectable, type Type } from '@nestjs/common';
import type { ClientQuota } from '../client/client-quota.js';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { RegistrationContext } from '../client-registration/registration.policy.js';
import { AccessDeniedError } from '../errors/registration.error.js';
import { fail } from '../errors/start-failure.js';
import { wholeNumber } from '../start-checks/value.checks.js';
import { named, policyOptions, ReadyPolicy, type PolicyChecks } from './ready.policy.js';

/** How many clients there may be; 0 for any number. */
export interface MaximumClientsOptions {
  /** Of all clients, those that were added by hand included. @default 0 */
  readonly inAll?: number;
  /** Of the clients of one owner. A client without an owner, such as that of a stranger, is bounded by `inAll` alone. @default 0 */
  readonly perOwner?: number;
  /** Of the clients of one tenant. A client without one is bounded by the others alone. @default 0 */
  readonly perTenant?: number;
  /** Of the clients there are by one initial access token. Other than with its uses, one that is removed makes room. @default 0 */
  readonly perInitialAccessToken?: number;
}

const CHECKS: PolicyChecks<MaximumClientsOptions> = {
  inAll: wholeNumber,
  perOwner: wholeNumber,
  perTenant: wholeNumber,
  perInitialAccessToken: wholeNumber,
};
const DEFAULTS = { inAll: 0, perOwner: 0, perTenant: 0, perInitialAccessToken: 0 } as const;

/**
 * Refuses a further client where there are as many as there may be, however many register at the same time on however many instances. An update adds
 * none, and the client of a metadata document is stored nowhere.
 */
@Injectable()
export abstract class MaximumClientsPolicy extends ReadyPolicy {
  protected abstract override readonly options: Required<MaximumClientsOptions>;

  /** @throws Error naming the option and the way out */
  static of(options: MaximumClientsOptions): Type<MaximumClientsPolicy> {
    const settled = policyOptions(MaximumClientsPolicy, CHECKS, DEFAULTS, options);
    if (Object.values(settled).every((maximum) => maximum === 0)) {
      fail(`MaximumClientsPolicy bounds nothing. Give one of ${Object.keys(CHECKS).join(', ')}`);
    }
    class Configured extends MaximumClientsPolicy {
      protected override readonly options = settled;
    }
    return named(MaximumClientsPolicy, Configured);
  }

  protected override judge(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata {
    const { operation, owner, tenant, credential } = context;
    if (operation !== 'register' && operation !== 'create') return proposed;
    const { inAll, perOwner, perTenant, perInitialAccessToken } = this.options;
    const initialAccessTokenId = tokenIdOf(credential);
    if (inAll > 0) limit(context, inAll, {}, 'this server');
    if (perOwner > 0 && owner !== null) limit(context, perOwner, { owner }, 'the owner');
    if (perTenant > 0 && tenant !== null) limit(context, perTenant, { tenant }, 'the tenant');
    if (perInitialAccessToken > 0 && initialAccessTokenId !== undefined) {
      limit(context, perInitialAccessToken, { initialAccessTokenId }, 'the initial access token');
    }
    return proposed;
  }
}

function limit(context: RegistrationContext, maximum: number, of: ClientQuota['of'], whose: string): void {
  context.limit({ maximum, of, refusal: new AccessDeniedError(`${whose} has as many clients as it may have`) });
}

/** Guards are the host's, and what they answer has no type at run time. */
function tokenIdOf(credential: object | undefined): string | undefined {
  const token: unknown = credential && Reflect.get(credential, 'initialAccessToken');
  const id: unknown = typeof token === 'object' && token !== null ? Reflect.get(token, 'id') : undefined;
  return typeof id === 'string' ? id : undefined;
}
