import { Injectable, type Type } from '@nestjs/common';
import { isHostOf } from '../client-id-metadata-document/client-identifier-url.rules.js';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { isReverseDomainScheme } from '../client-metadata/redirect-uri.rules.js';
import type { RegistrationError } from '../errors/registration.error.js';
import { flag } from '../start-checks/value.checks.js';
import { hostWithPort, redirectUris, type ClientUri } from './client-uris.js';
import { remoteHosts } from './policy-options.checks.js';
import { named, policyOptions, ReadyPolicy, refusalOf, type PolicyChecks } from './ready.policy.js';

/** Where clients without a secret or a key may receive a code, beside the machine of the user. */
export interface PublicClientRedirectsOptions {
  /** Hosts whose https URLs are claimed by applications or are yours, `*.example.com` for every name below one (RFC 8252 section 7.2). @default [] */
  readonly claimedHosts?: readonly string[];
  /** Whether a private-use scheme in reverse domain form will do (RFC 8252 sections 7.1 and 8.4). @default false */
  readonly reverseDomainSchemes?: boolean;
}

const claimed = remoteHosts('Take it out, it is always accepted');
const CHECKS: PolicyChecks<PublicClientRedirectsOptions> = {
  claimedHosts: (value, name) => (Array.isArray(value) && value.length === 0 ? undefined : claimed(value, name)),
  reverseDomainSchemes: flag,
};
const DEFAULTS = { claimedHosts: [], reverseDomainSchemes: false } as const satisfies PublicClientRedirectsOptions;

/**
 * Refuses a public client (`token_endpoint_auth_method` `none`) with a redirect URI that anybody can receive codes at: it has to be on the machine
 * of the user, at a claimed host, or where that is allowed of a reverse domain scheme (RFC 8252 section 8.6). Other clients prove who they are.
 */
@Injectable()
export abstract class PublicClientRedirectsPolicy extends ReadyPolicy {
  protected abstract override readonly options: Required<PublicClientRedirectsOptions>;

  /** @throws Error naming the option and the way out */
  static of(options: PublicClientRedirectsOptions = {}): Type<PublicClientRedirectsPolicy> {
    const settled = policyOptions(PublicClientRedirectsPolicy, CHECKS, DEFAULTS, options);
    class Configured extends PublicClientRedirectsPolicy {
      protected override readonly options = settled;
    }
    return named(PublicClientRedirectsPolicy, Configured);
  }

  protected override judge(proposed: ClientMetadata): ClientMetadata | RegistrationError {
    if (proposed.token_endpoint_auth_method !== 'none') return proposed;
    const open = redirectUris(proposed).find((uri) => !this.isReceivedByOne(uri));
    if (!open) return proposed;
    return refusalOf(open.name, `must be ${this.places} in a client with token_endpoint_auth_method none`);
  }

  private isReceivedByOne(uri: ClientUri): boolean {
    const { claimedHosts, reverseDomainSchemes } = this.options;
    switch (uri.kind) {
      case 'http-loopback':
      case 'https-loopback':
        return true;
      case 'private-use':
        return reverseDomainSchemes && isReverseDomainScheme(uri.scheme);
      case 'https':
        return isHostOf(claimedHosts, hostWithPort(uri));
      case undefined:
        return false;
    }
  }

  private get places(): string {
    const { claimedHosts, reverseDomainSchemes } = this.options;
    return [
      'on a loopback host',
      ...(claimedHosts.length > 0 ? ['at a claimed host'] : []),
      ...(reverseDomainSchemes ? ['of a scheme in reverse domain form'] : []),
    ].join(' or ');
  }
}
