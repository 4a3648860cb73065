import { Injectable, type Type } from '@nestjs/common';
import { isHostOf } from '../client-id-metadata-document/client-identifier-url.rules.js';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { RegistrationError } from '../errors/registration.error.js';
import { flag } from '../start-checks/value.checks.js';
import { browserUris, hostWithPort, type ClientUri } from './client-uris.js';
import { privateUseSchemes, remoteHosts } from './policy-options.checks.js';
import { named, policyOptions, ReadyPolicy, refusalOf, type PolicyChecks } from './ready.policy.js';

/** Where browsers may be sent. */
export interface RedirectHostsOptions {
  /** The hosts, `*.example.com` for every name below one; with a port where it is not that of https. Required. */
  readonly hosts: readonly string[];
  /** Whether the machine of the user is such a place (RFC 8252 section 7.3). @default false */
  readonly loopback?: boolean;
  /** Private-use schemes of the applications that may be started (RFC 8252 section 7.1), such as `com.example.app`. @default [] */
  readonly privateUseSchemes?: readonly string[];
}

const CHECKS: PolicyChecks<RedirectHostsOptions> = {
  hosts: remoteHosts('Give loopback: true in its place'),
  loopback: flag,
  privateUseSchemes,
};
const DEFAULTS = { loopback: false, privateUseSchemes: [] } as const satisfies Partial<RedirectHostsOptions>;

const FOREIGN_HOST = 'must be at a host that this server accepts';

/**
 * Refuses a client that would have browsers sent to another host than those named (RFC 7591 section 5): by `redirect_uris`,
 * `post_logout_redirect_uris`, `claims_redirect_uris`, `frontchannel_logout_uri` or `initiate_login_uri`. Hosts are compared label by label:
 * `example.com` is this host alone.
 */
@Injectable()
export abstract class RedirectHostsPolicy extends ReadyPolicy {
  protected abstract override readonly options: Required<RedirectHostsOptions>;

  /** @throws Error naming the option and the way out */
  static of(options: RedirectHostsOptions): Type<RedirectHostsPolicy> {
    const settled = policyOptions(RedirectHostsPolicy, CHECKS, DEFAULTS, options);
    class Configured extends RedirectHostsPolicy {
      protected override readonly options = settled;
    }
    return named(RedirectHostsPolicy, Configured);
  }

  protected override judge(proposed: ClientMetadata): ClientMetadata | RegistrationError {
    for (const uri of browserUris(proposed)) {
      const rule = this.brokenRule(uri);
      if (rule !== undefined) return refusalOf(uri.name, rule);
    }
    return proposed;
  }

  private brokenRule(uri: ClientUri): string | undefined {
    const { hosts, loopback, privateUseSchemes: schemes } = this.options;
    switch (uri.kind) {
      case 'private-use':
        return schemes.includes(uri.scheme) ? undefined : 'must use a private-use scheme that this server accepts';
      case 'http-loopback':
      case 'https-loopback':
        return loopback ? undefined : 'must not be on a loopback host';
      case 'https':
        return isHostOf(hosts, hostWithPort(uri)) ? undefined : FOREIGN_HOST;
      case undefined:
        return FOREIGN_HOST;
    }
  }
}
