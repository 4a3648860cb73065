import type { OnModuleInit } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { scopeTokens } from '../client-metadata/text.rules.js';
import { RegistrationPolicy, type RegistrationContext } from '../client-registration/registration.policy.js';
import {
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  RegistrationError,
} from '../errors/registration.error.js';
import { fail } from '../errors/start-failure.js';
import { defined } from '../server.options.js';
import { isObject, members, type Check } from '../start-checks/value.checks.js';

/**
 * A policy that comes with this module. Its options make a class of it: `policies: [RedirectHostsPolicy.of({ hosts: ['example.com'] })]`. It holds for
 * registrations, updates, documents and clients added by hand; an administrator who only takes scopes away is never in its way.
 */
export abstract class ReadyPolicy extends RegistrationPolicy implements OnModuleInit {
  /** What `of` was given, with every default. */
  protected abstract readonly options: object;

  /** @throws Error where the class itself is listed, and not what `of` makes of it */
  onModuleInit(): void {
    const { name } = this.constructor;
    if (!isObject(this.options))
      fail(`${name} has no options. List what its options make: policies: [${name}.of({ ... })]`);
  }

  review(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata {
    if (takesScopesAway(proposed, context)) return proposed;
    const judged = this.judge(proposed, context);
    if (judged instanceof RegistrationError) throw judged;
    return judged;
  }

  /** @returns the state to register, which may be narrower than the proposed one, or the refusal */
  protected abstract judge(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata | RegistrationError;
}

/** One check for each option. */
export type PolicyChecks<Options extends object> = { readonly [option in keyof Options]-?: Check };

/**
 * The options of a policy with its defaults, kept from later changes; one without a default has to be given.
 * @throws Error naming the option and the way out
 */
export function policyOptions<Options extends object>(
  { name }: { readonly name: string },
  checks: PolicyChecks<Options>,
  defaults: Partial<Options>,
  options: Options,
): Required<Options> {
  const wrong = members(checks, 'must be given its options as an object')(options, name);
  if (wrong !== undefined) fail(wrong);
  const given = defined(defaults, structuredClone(options));
  const missing = Object.keys(checks).find((option) => Reflect.get(given, option) === undefined);
  return missing === undefined ? given : fail(`"${name}.${missing}" is missing: ${name}.of({ ${missing}: ... })`);
}

/** Gives a class the name of the policy it is made of, by which messages of Nest tell it. */
export function named<Policy>(policy: { readonly name: string }, type: Policy): Policy {
  return Object.defineProperty(type, 'name', { value: policy.name });
}

/** The refusal of a field, whose name a rule follows. */
export function refusalOf(field: string, rule: string): RegistrationError {
  const type = field.startsWith('redirect_uris') ? InvalidRedirectUriError : InvalidClientMetadataError;
  return new type(`${field} ${rule}`);
}

/** Whether an administrator asks, and not the client or whoever registers it. */
export function isAdministrator({ operation, credential }: RegistrationContext): boolean {
  return operation === 'create' || (operation === 'update' && credential === undefined);
}

/** Whether an administrator leaves the client what it is, but for scopes it shall no longer have. */
function takesScopesAway({ scope }: ClientMetadata, context: RegistrationContext): boolean {
  const { operation, client } = context;
  if (operation !== 'update' || !client || !isAdministrator(context)) return false;
  const current = scopeTokens(client.scope ?? '');
  return scopeTokens(scope ?? '').every((token) => current.includes(token));
}
