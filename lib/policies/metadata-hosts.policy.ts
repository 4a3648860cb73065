import { Injectable, type Type } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { taggedName } from '../client-metadata/language-tag.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import type { RegistrationError } from '../errors/registration.error.js';
import { flag, word } from '../start-checks/value.checks.js';
import { clientUri, redirectUris } from './client-uris.js';
import { named, policyOptions, ReadyPolicy, refusalOf, type PolicyChecks } from './ready.policy.js';

/** What becomes of pages and pictures of somebody else. */
export interface MetadataHostsOptions {
  /** Refuses the client, or registers it without them. @default 'refuse' */
  readonly onMismatch?: 'refuse' | 'drop';
  /** Whether `jwks_uri` is judged too; a client is always refused for it, as it would be another one without its keys. @default false */
  readonly jwksUri?: boolean;
}

/** What a person sees of a client, or follows from there. */
const PAGES: readonly string[] = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'];

const CHECKS: PolicyChecks<MetadataHostsOptions> = { onMismatch: word('refuse', 'drop'), jwksUri: flag };
const DEFAULTS = { onMismatch: 'refuse', jwksUri: false } as const satisfies MetadataHostsOptions;

/**
 * `client_uri`, `logo_uri`, `tos_uri` and `policy_uri`, in every language, must be at the host of a redirect URI, so that a client does not dress
 * as the site of somebody else (RFC 7591 section 5). A client that is on no host, but on the machine of the user, has nothing to show for them.
 */
@Injectable()
export abstract class MetadataHostsPolicy extends ReadyPolicy {
  protected abstract override readonly options: Required<MetadataHostsOptions>;

  /** @throws Error naming the option and the way out */
  static of(options: MetadataHostsOptions = {}): Type<MetadataHostsPolicy> {
    const settled = policyOptions(MetadataHostsPolicy, CHECKS, DEFAULTS, options);
    class Configured extends MetadataHostsPolicy {
      protected override readonly options = settled;
    }
    return named(MetadataHostsPolicy, Configured);
  }

  protected override judge(proposed: ClientMetadata): ClientMetadata | RegistrationError {
    const foreign = this.foreignMembers(proposed);
    const refused = this.options.onMismatch === 'drop' ? foreign.find((name) => name === 'jwks_uri') : foreign[0];
    if (refused !== undefined) return refusalOf(refused, 'must have the host of a redirect URI');
    if (foreign.length === 0) return proposed;
    return Object.fromEntries(Object.entries(proposed).filter(([name]) => !foreign.includes(name)));
  }

  private foreignMembers(proposed: ClientMetadata): string[] {
    // The authority of a private-use URI is whatever its application wrote there.
    const reached = redirectUris(proposed).filter(({ kind }) => kind !== undefined && kind !== 'private-use');
    const hosts = reached.map(({ host }) => host);
    return Object.entries(proposed)
      .filter(
        ([name, value]) => this.isJudged(name) && !isOmitted(value) && !hosts.includes(clientUri(name, value).host),
      )
      .map(([name]) => name);
  }

  private isJudged(name: string): boolean {
    return PAGES.includes(taggedName(name)?.base ?? name) || (name === 'jwks_uri' && this.options.jwksUri);
  }
}
