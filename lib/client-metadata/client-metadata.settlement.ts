import { InvalidClientMetadataError } from '../errors/registration.error.js';
import type { RegistrationConfiguration } from '../registration-configuration.js';
import { applicationTypeFor } from './application-type.rules.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { consistencyRules } from './consistency.rules.js';
import {
  consistentTypes,
  repairedTypes,
  typeViolations,
  type GrantAndResponseTypes,
} from './grant-and-response-types.rules.js';
import { isOmitted } from './metadata-field.decorator.js';
import type { Findings } from './metadata-findings.js';
import { ofField, type ConsistencyRule, type FieldViolation } from './consistency-rule.js';
import type { MetadataRow } from './metadata-table.js';
import {
  noneSupported,
  preferredOf,
  supportedEntries,
  unsupportedEntries,
  unsupportedValue,
} from './server-support.rules.js';

/** Metadata that passed every rule, with every default applied: what can be registered. */
export type RegistrableMetadata = ClientMetadata &
  Required<
    Pick<
      ClientMetadata,
      'redirect_uris' | 'token_endpoint_auth_method' | 'grant_types' | 'response_types' | 'application_type'
    >
  >;

/**
 * Brings members that are acceptable on their own into the state that would be registered: what the server supports of them, its choices and
 * defaults, and the rules across fields (RFC 7591 sections 2 and 2.1).
 */
export class ClientMetadataSettlement {
  /** Those of which something is decided beside other fields, or where they are absent. */
  private readonly rows: readonly MetadataRow[];
  private readonly required: readonly MetadataRow[];
  private readonly requestOnly: readonly string[];
  /** The lists to choose from, by the field that holds the choice. */
  private readonly choices: ReadonlyMap<string, string>;
  private readonly rules: readonly ConsistencyRule[];
  /** The rules that look at a field, by its name. */
  private readonly rulesOf: ReadonlyMap<string, readonly ConsistencyRule[]>;

  constructor(private readonly config: RegistrationConfiguration) {
    const all = [...config.metadataTable.values()];
    this.required = all.filter((row) => row.required);
    this.requestOnly = all.filter((row) => row.requestOnly).map(({ name }) => name);
    this.choices = new Map(all.flatMap(({ choiceOf, name }) => (choiceOf === undefined ? [] : [[choiceOf, name]])));
    this.rows = all.filter((row) => !row.requestOnly && this.isDecided(row));
    this.rules = consistencyRules(config.metadataTable);
    this.rulesOf = new Map(
      all.map(({ name }) => [name, this.rules.filter(({ reads }) => reads.includes(name))] as const),
    );
  }

  /**
   * @param allowed the grant types to choose from; `none` for a client that shall have no grant type
   * @param scope decides about the scope, which a policy may have narrowed to none
   * @param bounds rules across fields for this client alone, judged after those for all
   */
  settle(
    asked: ClientMetadata,
    allowed: readonly string[] | 'none',
    scope: (asked: string | undefined) => string | undefined,
    findings: Findings,
    bounds: readonly ConsistencyRule[] = [],
  ): RegistrableMetadata {
    const refuse = (violations: readonly FieldViolation[]) => this.refuse(violations, findings);
    refuse(this.missingFields(asked).filter(({ field }) => !findings.isRefused(field)));
    const types =
      allowed === 'none' ? this.noGrantTypes(asked, refuse) : this.grantAndResponseTypes(asked, allowed, refuse);
    const redirectUris = asked.redirect_uris ?? [];
    const settled = Object.assign(asked, {
      redirect_uris: redirectUris,
      grant_types: [...types.grantTypes],
      response_types: [...types.responseTypes],
      application_type: applicationTypeFor(asked.application_type, redirectUris, {
        unsupportedMetadata: this.config.unsupportedMetadata,
        grantTypes: types.grantTypes,
      }),
      scope: scope(asked.scope),
    });
    for (const row of this.rows) {
      // Whether a field means something is not known while the other one is wrong.
      if (!findings.isRefused(row.onlyWith?.field ?? row.name)) refuse(this.settleField(row, settled));
    }
    for (const rule of [...this.rules, ...bounds]) {
      if (!rule.reads.some((field) => findings.isRefused(field))) refuse(rule.check(settled, this.config));
    }
    for (const name of this.requestOnly) Reflect.deleteProperty(settled, name);
    return settled as RegistrableMetadata;
  }

  /** Takes violations down as the errors of their fields. */
  refuse(violations: readonly FieldViolation[], findings: Findings): void {
    for (const { field, at, rule } of violations) {
      const type = this.config.metadataTable.get(field)?.error ?? InvalidClientMetadataError;
      findings.refuse(field, new type(`${field}${at} ${rule}`));
    }
  }

  /** What a host requires must be sent: a default is no answer to that. */
  private missingFields(asked: ClientMetadata): readonly FieldViolation[] {
    return this.required.flatMap(({ name }) => {
      const value: unknown = Reflect.get(asked, name);
      return isOmitted(value) || (Array.isArray(value) && value.length === 0) ? ofField(name, 'is required') : [];
    });
  }

  /** A client that can use no endpoint: what it has is kept for it until it is given a grant type. */
  private noGrantTypes(
    { response_types: responseTypes = [] }: ClientMetadata,
    refuse: (violations: readonly FieldViolation[]) => void,
  ): GrantAndResponseTypes {
    const types = { grantTypes: [], responseTypes };
    refuse(typeViolations(types));
    return types;
  }

  private grantAndResponseTypes(
    asked: ClientMetadata,
    allowed: readonly string[],
    refuse: (violations: readonly FieldViolation[]) => void,
  ): GrantAndResponseTypes {
    const { server, unsupportedMetadata: mode } = this.config;
    const supported = {
      grant_types: supportedEntries(server.grantTypes, allowed),
      response_types: server.responseTypes,
    };
    const given = (field: keyof typeof supported) => {
      const list = asked[field];
      if (list) refuse(unsupportedEntries(field, list, supported[field], mode));
      return list && supportedEntries(list, supported[field]);
    };
    const [grantTypes, responseTypes] = [given('grant_types'), given('response_types')];
    const derived = consistentTypes({ grantTypes, responseTypes }, server.responseTypes);
    const types = this.config.inconsistentTypes === 'repair' ? repairedTypes(derived) : derived;
    refuse(typeViolations(types));
    // What was derived must stand the same test as what was sent.
    if (types.grantTypes.length === 0 && types.responseTypes.length > 0)
      refuse(ofField('grant_types', 'must be sent beside response types that belong to no grant'));
    else if (types.grantTypes.length === 0 || types.grantTypes.some((grant) => !supported.grant_types.includes(grant)))
      refuse(noneSupported('grant_types', supported.grant_types));
    if (types.responseTypes.some((type) => !server.responseTypes.includes(type)))
      refuse(noneSupported('response_types', server.responseTypes));
    return types;
  }

  private isDecided({ name, onlyWith, defaultValue, prefers, supported }: MetadataRow): boolean {
    const reasons = [onlyWith, this.choices.get(name), defaultValue, prefers, supported];
    return reasons.some((reason) => reason !== undefined);
  }

  /** The choice, the default and the support of one field. */
  private settleField(row: MetadataRow, metadata: ClientMetadata): readonly FieldViolation[] {
    const { name, onlyWith } = row;
    if (onlyWith && !onlyWith.values.includes(String(Reflect.get(metadata, onlyWith.field)))) {
      return this.withoutMeaning(name, onlyWith.field, metadata);
    }
    const choices = this.choicesFor(name, metadata);
    if (choices) return this.choose(row, choices, metadata);
    const value: unknown = Reflect.get(metadata, name);
    if (value === undefined) {
      const applied = this.defaultOf(row, metadata);
      if (applied !== undefined) Reflect.set(metadata, name, applied);
      return [];
    }
    const supported = row.supported?.(this.config.server);
    if (!supported) return [];
    if (typeof value === 'string') return unsupportedValue(name, value, supported);
    if (!Array.isArray(value)) return [];
    Reflect.set(metadata, name, supportedEntries(value, supported));
    return unsupportedEntries(name, value, supported, this.config.unsupportedMetadata);
  }

  /** A field that means nothing without another one is left out, or refused. */
  private withoutMeaning(name: string, field: string, metadata: ClientMetadata): readonly FieldViolation[] {
    if (Reflect.get(metadata, name) === undefined) return [];
    if (this.config.unsupportedMetadata === 'reject') {
      return ofField(name, `is of no use with this ${field}`);
    }
    Reflect.deleteProperty(metadata, name);
    return [];
  }

  /**
   * The value that the server picks from a list (OpenID Connect Relying Party Metadata Choices section 2): the client's own where it can be
   * had, else what the server prefers of those whose requirements the rest of the request meets.
   */
  private choose(row: MetadataRow, choices: readonly string[], metadata: ClientMetadata): readonly FieldViolation[] {
    const { name, contentOf } = row;
    const list = String(this.choices.get(name));
    const single: unknown = Reflect.get(metadata, name);
    if (typeof single === 'string' && !choices.includes(single)) return ofField(name, `must be one of ${list}`);
    // What could encrypt a content says nothing where none is encrypted.
    if (contentOf !== undefined && Reflect.get(metadata, contentOf) === undefined) return [];
    const supported = row.supported?.(this.config.server) ?? [];
    const preferred = preferredOf(choices, supported);
    const own = preferred.filter((value) => value === single);
    const candidates = [...own, ...preferred];
    const isOfField = ({ field }: FieldViolation) => field === name;
    const choice =
      candidates.find(
        (value) => this.violationsWith(name, value, metadata).length === 0 && this.leavesChoices(name, value, metadata),
      ) ??
      // Other fields may be wrong whatever is chosen, and then say so themselves.
      candidates.find((value) => !this.violationsWith(name, value, metadata).some(isOfField));
    Reflect.deleteProperty(metadata, name);
    if (choice !== undefined) Reflect.set(metadata, name, choice);
    if (preferred.length === 0) return noneSupported(list, supported);
    return choice === undefined ? ofField(list, 'must contain a supported value that the other fields allow') : [];
  }

  /** Whether the lists of fields that mean something only with this value would still have one to choose. */
  private leavesChoices(name: string, value: string, metadata: ClientMetadata): boolean {
    const proposed = this.proposed(name, value, metadata);
    return this.rows.every((row) => {
      const isUsed = row.onlyWith?.field === name && row.onlyWith.values.includes(value);
      const list = isUsed ? this.choicesFor(row.name, metadata) : undefined;
      if (!list) return true;
      return preferredOf(list, row.supported?.(this.config.server) ?? []).some(
        (choice) => this.violationsWith(row.name, choice, proposed).length === 0,
      );
    });
  }

  /** What the rules that look at a field would say if it had this value. */
  private violationsWith(name: string, value: string, metadata: ClientMetadata): readonly FieldViolation[] {
    const proposed = this.proposed(name, value, metadata);
    return (this.rulesOf.get(name) ?? []).flatMap(({ check }) => check(proposed, this.config));
  }

  private proposed(name: string, value: string, metadata: ClientMetadata): ClientMetadata {
    const members: object = metadata;
    return { ...members, [name]: value };
  }

  /** The list of the request to choose the value of a field from. */
  private choicesFor(name: string, metadata: ClientMetadata): readonly string[] | undefined {
    const list = this.choices.get(name);
    return list === undefined ? undefined : Reflect.get(metadata, list);
  }

  /** What the server prefers, for an algorithm only where the client has the keys or the secret for it: it has not asked for any. */
  private defaultOf(row: MetadataRow, metadata: ClientMetadata): unknown {
    const { name, prefers, contentOf, supported, algorithm, defaultValue } = row;
    if (prefers === undefined) return defaultValue;
    if (contentOf !== undefined && Reflect.get(metadata, contentOf) === undefined) return undefined;
    const values = supported?.(this.config.server) ?? [];
    if (algorithm === undefined) return values.includes(prefers) ? prefers : values[0];
    const preferred = [...values.filter((value) => value === prefers), ...preferredOf(values, values)];
    // Unsigned is what a client asks for, never what it is given (OpenID Connect Core section 2).
    return preferred.find((value) => value !== 'none' && this.violationsWith(name, value, metadata).length === 0);
  }
}
