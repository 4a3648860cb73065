import { Injectable } from '@nestjs/common';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { applicationTypeFor } from './application-type.rules.js';
import { checkAuthenticationMethod } from './authentication-method.rules.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { consistentTypes, refuseTwoKeySources, requireRedirectUri } from './consistency.rules.js';
import { HostFieldValidation } from './host-field.validation.js';
import { requireJsonObject } from './json-object.js';
import { taggedName } from './language-tag.js';
import { limitViolations } from './limit.rules.js';
import { isOmitted } from './metadata-field.decorator.js';
import type { MetadataRow } from './metadata-table.js';
import { requireSupported, scopeFor, scopeWithin, supportedEntries } from './server-support.rules.js';

/** Metadata that passed every rule, with every default applied: what can be registered. */
export type RegistrableMetadata = ClientMetadata &
  Required<
    Pick<
      ClientMetadata,
      'redirect_uris' | 'token_endpoint_auth_method' | 'grant_types' | 'response_types' | 'application_type'
    >
  >;

/** Members that passed every rule, as JSON. */
export type JudgedMembers = ReadonlyMap<string, string>;

/** A member of the request that is known and present. */
interface Member {
  /** The name on the wire, with the language tag if it has one. */
  readonly name: string;
  readonly row: MetadataRow;
  readonly value: unknown;
}

/** From an unknown body to checked metadata: the steps in the order in which a client learns of its mistakes. */
@Injectable()
export class ClientMetadataValidator {
  private readonly hostFields: HostFieldValidation;

  constructor(private readonly config: RegistrationConfiguration) {
    this.hostFields = new HostFieldValidation(config.metadata);
  }

  /**
   * Checks what a client asks for.
   * @param body the parsed JSON of the request, of any type
   * @param grantTypes the grant types this caller may have, of those the server supports
   * @returns the metadata to register, with every default; its members are those of the metadata class and nothing else
   * @throws RegistrationError naming the field, the entry and the rule
   */
  async validate(
    body: unknown,
    grantTypes: readonly string[] = this.config.server.grantTypes,
  ): Promise<RegistrableMetadata> {
    const { server, unsupportedMetadata } = this.config;
    return this.settled(await this.checked(body), grantTypes, (asked) => scopeFor(asked, server, unsupportedMetadata));
  }

  /**
   * Checks what a policy made of it, by the same rules. Only the scope is taken as it is: the default set must not come back where a policy
   * has left nothing.
   * @param judged members that passed the rules before, as `asJudged` had them: one that is the same still passes
   * @throws RegistrationError naming the field, the entry and the rule
   */
  async validateNarrowed(
    metadata: ClientMetadata,
    grantTypes: readonly string[],
    judged: JudgedMembers,
  ): Promise<RegistrableMetadata> {
    const { scopes } = this.config.server;
    const members = await this.checked(Object.fromEntries(Object.entries(metadata)), judged);
    return this.settled(members, grantTypes, (narrowed) => scopeWithin(narrowed, scopes));
  }

  /** The members as they are now, to tell afterwards which of them a policy has changed. */
  asJudged(metadata: RegistrableMetadata): JudgedMembers {
    return new Map(Object.entries(metadata).map(([name, value]) => [name, JSON.stringify(value)]));
  }

  /** The known members, each acceptable on its own and in the form in which it is stored. */
  private async checked(body: unknown, judged?: JudgedMembers): Promise<ClientMetadata> {
    const members = this.present(requireJsonObject(body));
    for (const member of members) {
      if (!judged || judged.get(member.name) !== JSON.stringify(member.value)) this.checkMember(member);
    }
    const values = new Map(members.map((member) => [member.name, normalized(member)]));
    for (const [name, value] of await this.hostFields.validate(values)) values.set(name, value);
    for (const [name, value] of values) {
      if (Array.isArray(value) && value.length === 0 && !MAY_BE_EMPTY.has(name)) values.delete(name);
    }
    return Object.assign(new this.config.metadata(), Object.fromEntries(values));
  }

  /** The known members that are there. The table is walked, not the request: whatever else was sent is ignored (RFC 7591 section 2). */
  private present(body: Readonly<Record<string, unknown>>): Member[] {
    const members: Member[] = [];
    for (const row of this.config.metadataTable.values()) {
      const value = Object.hasOwn(body, row.name) ? body[row.name] : undefined;
      if (!isOmitted(value)) members.push({ name: row.name, row, value });
    }
    return [...members, ...this.tagged(body)];
  }

  /** Members with a language tag (RFC 7591 section 2.2); a malformed tag, or one where none is allowed, makes an unknown member. */
  private tagged(body: Readonly<Record<string, unknown>>): Member[] {
    const members: Member[] = [];
    const seen = new Set<string>();
    for (const name of Object.keys(body)) {
      const tagged = taggedName(name);
      const row = tagged && this.config.metadataTable.get(tagged.base);
      if (!row?.languageTags || isOmitted(body[name])) continue;
      if (seen.has(name.toLowerCase())) {
        throw new InvalidClientMetadataError(`${row.name} must not have the same language tag twice`);
      }
      seen.add(name.toLowerCase());
      members.push({ name, row, value: body[name] });
    }
    if (members.length > this.config.limits.listEntries) {
      throw new InvalidClientMetadataError(
        `there must not be more than ${this.config.limits.listEntries} members with a language tag`,
      );
    }
    return members;
  }

  private checkMember({ name, row, value }: Member): void {
    for (const violation of limitViolations(row, value, this.config.limits))
      throw new row.error(name + violation.at + ' ' + violation.rule);
    for (const rule of row.rules) {
      for (const violation of rule(value)) throw new row.error(name + violation.at + ' ' + violation.rule);
    }
  }

  /** Defaults and the rules across fields, on the state as it would be registered (RFC 7591 sections 2 and 2.1). */
  private settled(
    asked: ClientMetadata,
    grantTypes: readonly string[],
    scopeOf: (asked: string | undefined) => string | undefined,
  ): RegistrableMetadata {
    const { server, unsupportedMetadata, redirectUris } = this.config;
    this.requireFields(asked);
    const types = this.grantAndResponseTypes(asked, grantTypes);
    const method = asked.token_endpoint_auth_method ?? this.defaultAuthMethod();
    requireSupported('token_endpoint_auth_method', method, server.tokenEndpointAuthMethods);
    const uris = asked.redirect_uris ?? [];
    const metadata: RegistrableMetadata = Object.assign(asked, {
      redirect_uris: uris,
      token_endpoint_auth_method: method,
      grant_types: [...types.grantTypes],
      response_types: [...types.responseTypes],
      application_type: applicationTypeFor(asked.application_type, uris, {
        redirectUris,
        unsupportedMetadata,
        grantTypes: types.grantTypes,
      }),
      scope: scopeOf(asked.scope),
    });
    requireRedirectUri(uris, types.responseTypes);
    refuseTwoKeySources(metadata);
    checkAuthenticationMethod(metadata);
    return metadata;
  }

  private grantAndResponseTypes(asked: ClientMetadata, allowed: readonly string[]) {
    const { server, unsupportedMetadata: mode } = this.config;
    const grants = server.grantTypes.filter((grant) => allowed.includes(grant));
    const types = consistentTypes(
      {
        ...(asked.grant_types && { grantTypes: supportedEntries('grant_types', asked.grant_types, grants, mode) }),
        ...(asked.response_types && {
          responseTypes: supportedEntries('response_types', asked.response_types, server.responseTypes, mode),
        }),
      },
      server.responseTypes,
    );
    // What was derived must stand the same test as what was sent.
    if (types.grantTypes.length === 0 || types.grantTypes.some((grant) => !grants.includes(grant))) {
      throw new InvalidClientMetadataError(
        `grant_types must contain a value this server supports: ${grants.join(', ')}`,
      );
    }
    if (types.responseTypes.some((type) => !server.responseTypes.includes(type))) {
      throw new InvalidClientMetadataError(
        `response_types must contain a value this server supports: ${server.responseTypes.join(', ')}`,
      );
    }
    return types;
  }

  private defaultAuthMethod(): string {
    const methods = this.config.server.tokenEndpointAuthMethods;
    return methods.includes('client_secret_basic') ? 'client_secret_basic' : (methods[0] ?? 'none');
  }

  /** What a host requires must be sent: a default is no answer to that. */
  private requireFields(metadata: ClientMetadata): void {
    for (const row of this.config.metadataTable.values()) {
      const value: unknown = Reflect.get(metadata, row.name);
      if (row.required && (isOmitted(value) || (Array.isArray(value) && value.length === 0)))
        throw new row.error(`${row.name} is required`);
    }
  }
}

/** Lists that mean something when empty; any other empty list counts as omitted. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['redirect_uris', 'response_types']);

function normalized({ row, value }: Member): unknown {
  return row.normalize ? row.normalize(value as never) : value;
}
