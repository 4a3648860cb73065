import { Injectable, Module } from '@nestjs/common';
import {
  InvalidRedirectUriError,
  RegistrationPolicy,
  type ClientMetadata,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';

/** Stands for the companies of your application and the domains they have proved to own. */
@Injectable()
export class Companies {
  private readonly domains = new Map([['acme', ['acme.example']]]);

  async domainsOf(company: string): Promise<readonly string[]> {
    return this.domains.get(company) ?? [];
  }
}

@Module({ providers: [Companies], exports: [Companies] })
export class CompaniesModule {}

/** Sends people only where the company behind the client is at home. */
@Injectable()
export class CompanyRedirectPolicy extends RegistrationPolicy {
  constructor(private readonly companies: Companies) {
    super();
  }

  override async review(proposed: ClientMetadata, { owner }: RegistrationContext): Promise<ClientMetadata> {
    const domains = owner === null ? [] : await this.companies.domainsOf(owner);
    for (const [i, uri] of (proposed.redirect_uris ?? []).entries()) {
      const { hostname } = new URL(uri);
      if (!domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))) {
        throw new InvalidRedirectUriError(`redirect_uris[${i}] must be on a domain of your company`);
      }
    }
    return proposed;
  }
}
