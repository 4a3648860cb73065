import { Injectable, type Type } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { taggedName } from '../client-metadata/language-tag.js';
import type { RegistrationContext } from '../client-registration/registration.policy.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import type { RegistrationError } from '../errors/registration.error.js';
import { listOf, must, some, word } from '../start-checks/value.checks.js';
import { foldedNames, hasName } from './name-folding.rules.js';
import { isAdministrator, named, policyOptions, ReadyPolicy, refusalOf, type PolicyChecks } from './ready.policy.js';

/** The names that nobody takes but with the will of an administrator. */
export interface ReservedNamesOptions {
  /** The names, such as `Acme Bank`. Required. */
  readonly names: readonly string[];
  /** Whether a name that contains one of them as whole words is refused too, such as `Acme Bank Desktop`, or only the same name. @default 'words' */
  readonly match?: 'words' | 'name';
}

const CHECKS: PolicyChecks<ReservedNamesOptions> = {
  names: some(
    listOf(
      must(
        (value) => typeof value === 'string' && foldedNames(value).size > 0,
        'must be a name with a letter or a digit in it',
      ),
      'must be a list of names',
    ),
  ),
  match: word('words', 'name'),
};
const DEFAULTS = { match: 'words' } as const satisfies Partial<ReservedNamesOptions>;

/** What a person may take for the name of the client. */
const NAMES: readonly string[] = ['client_name', 'organization_name'];

/**
 * Refuses `client_name` and `organization_name`, in every language, where they read like a reserved name (RFC 7591 section 5): whatever the letter
 * case, spacing, punctuation, diacritics, and characters that look alike (Unicode Technical Standard #39). An administrator may give such a name to
 * a client, which then keeps it.
 */
@Injectable()
export abstract class ReservedNamesPolicy extends ReadyPolicy {
  protected abstract override readonly options: Required<ReservedNamesOptions>;
  protected abstract readonly reserved: ReadonlySet<string>;

  /** @throws Error naming the option and the way out */
  static of(options: ReservedNamesOptions): Type<ReservedNamesPolicy> {
    const settled = policyOptions<ReservedNamesOptions>(ReservedNamesPolicy, CHECKS, DEFAULTS, options);
    const folded = new Set(settled.names.flatMap((name) => [...foldedNames(name)]));
    class Configured extends ReservedNamesPolicy {
      protected override readonly options = settled;
      protected override readonly reserved = folded;
    }
    return named(ReservedNamesPolicy, Configured);
  }

  protected override judge(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata | RegistrationError {
    if (isAdministrator(context)) return proposed;
    const taken = Object.entries(proposed).find(
      ([name, value]) =>
        NAMES.includes(taggedName(name)?.base ?? name) &&
        typeof value === 'string' &&
        hasName(value, this.reserved, this.options.match) &&
        !wasGiven(name, value, context.client),
    );
    if (!taken) return proposed;
    const rule = this.options.match === 'name' ? 'must not be a reserved name' : 'must not contain a reserved name';
    return refusalOf(taken[0], rule);
  }
}

/** Whether the client has had this very name since an administrator added it. */
function wasGiven(name: string, value: string, client: OAuthClientRecord | undefined): boolean {
  if (client?.source !== 'manual') return false;
  return (name === 'client_name' ? client.clientName : client.additionalMetadata?.[name]) === value;
}
