import { Injectable, type Type } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { scopeFor, scopeWithin } from '../client-metadata/server-support.rules.js';
import { scopeTokens } from '../client-metadata/text.rules.js';
import type { RegistrationContext } from '../client-registration/registration.policy.js';
import type { RegistrationError } from '../errors/registration.error.js';
import { fail } from '../errors/start-failure.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { didYouMean } from '../start-checks/nearest-name.js';
import { words } from '../start-checks/value.checks.js';
import { isAdministrator, named, policyOptions, ReadyPolicy, refusalOf, type PolicyChecks } from './ready.policy.js';

/** The scopes a client may have, by who vouches for it. Who is left out gets none. */
export interface AllowedScopesOptions {
  /** Clients that registered without a credential. @default [] */
  readonly open?: readonly string[];
  /** Clients that registered with an initial access token, or another credential that a guard takes. @default [] */
  readonly credential?: readonly string[];
  /** Clients known by their metadata document. @default [] */
  readonly document?: readonly string[];
  /** Clients that are added by hand, and what an administrator gives to any client. @default [] */
  readonly operator?: readonly string[];
}

const CHECKS: PolicyChecks<AllowedScopesOptions> = { open: words, credential: words, document: words, operator: words };
const DEFAULTS = { open: [], credential: [], document: [], operator: [] } as const satisfies AllowedScopesOptions;

/**
 * Narrows `scope` to what the trust in a client allows (RFC 7591 sections 2 and 3.2.1), and refuses a client that asked for scopes of which
 * none remains. What a client has already an update may keep: an administrator may have given it.
 */
@Injectable()
export abstract class AllowedScopesPolicy extends ReadyPolicy {
  protected abstract override readonly options: Required<AllowedScopesOptions>;

  constructor(private readonly config: RegistrationConfiguration) {
    super();
  }

  /** @throws Error naming the option and the way out */
  static of(options: AllowedScopesOptions): Type<AllowedScopesPolicy> {
    const settled = policyOptions(AllowedScopesPolicy, CHECKS, DEFAULTS, options);
    class Configured extends AllowedScopesPolicy {
      protected override readonly options = settled;
    }
    return named(AllowedScopesPolicy, Configured);
  }

  /** @throws Error for a scope that the server does not have: nobody would ever get it */
  override onModuleInit(): void {
    super.onModuleInit();
    const { scopes } = this.config.server;
    for (const [trust, allowed] of Object.entries(this.options)) {
      const unknown = allowed.find((scope: string) => !scopes.includes(scope));
      if (unknown === undefined) continue;
      const way = didYouMean(unknown, scopes) || '. Add it to "server.scopes" or take it out';
      fail(`"AllowedScopesPolicy.${trust}" contains ${unknown}, which is no scope of this server${way}`);
    }
  }

  protected override judge(proposed: ClientMetadata, context: RegistrationContext): ClientMetadata | RegistrationError {
    const asked = scopeTokens(proposed.scope ?? '');
    const allowed = this.allowedFor(context);
    const scope = asked.filter((token) => allowed.includes(token)).join(' ');
    if (scope === '' && asked.length > 0 && this.isAsked(asked, context)) {
      return refusalOf('scope', 'must contain a scope that this client may have');
    }
    return asked.every((token) => allowed.includes(token)) ? proposed : Object.assign({}, proposed, { scope });
  }

  private allowedFor(context: RegistrationContext): readonly string[] {
    const { operation, client } = context;
    const { open, credential, document, operator } = this.options;
    if (operation === 'document') return document;
    if (operation !== 'update') return isAdministrator(context) ? operator : context.credential ? credential : open;
    const own = scopeTokens(client?.scope ?? '');
    if (isAdministrator(context)) return [...operator, ...own];
    // Whoever added a client by hand has decided what it may have, and not the client.
    if (client?.source === 'manual') return own;
    return [...(client?.registeredOpenly === false ? credential : open), ...own];
  }

  /** Whether there is more than the defaults, which a client has that asks for nothing. */
  private isAsked(scope: readonly string[], context: RegistrationContext): boolean {
    if (context.operation === 'update' && isAdministrator(context)) return true;
    const { server } = this.config;
    const { scopes = server.scopes, defaultMetadata = {} } = context.bounds ?? {};
    const ofToken: unknown = Reflect.get(defaultMetadata, 'scope');
    const given = typeof ofToken === 'string' ? ofToken : scopeFor(undefined, server);
    const byDefault = scopeTokens(scopeWithin(given, scopes) ?? '');
    return scope.length !== byDefault.length || !scope.every((token) => byDefault.includes(token));
  }
}
