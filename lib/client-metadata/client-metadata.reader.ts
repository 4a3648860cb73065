import type { Type } from '@nestjs/common';
import type { LimitOptions } from '../dynamic-registration.options.js';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { HostFieldValidation } from './host-field.validation.js';
import { taggedName } from './language-tag.js';
import { limitViolations } from './limit.rules.js';
import { isOmitted } from './metadata-field.decorator.js';
import type { Findings } from './metadata-findings.js';
import type { Violation } from './metadata-rule.js';
import type { MetadataRow, MetadataTable } from './metadata-table.js';

/** Members that passed every rule, as JSON. */
export type JudgedMembers = ReadonlyMap<string, string>;

/** A member of the request that is known and present. */
interface Member {
  /** The name on the wire, with the language tag if it has one. */
  readonly name: string;
  readonly row: MetadataRow;
  readonly value: unknown;
}

/** Reads the known members of a request, each acceptable on its own and in the form in which it is stored. */
export class ClientMetadataReader {
  private readonly rows: readonly MetadataRow[];
  private readonly hostFields: HostFieldValidation;

  constructor(
    private readonly type: Type<ClientMetadata>,
    private readonly table: MetadataTable,
    private readonly limits: Required<LimitOptions>,
  ) {
    this.rows = [...table.values()];
    this.hostFields = new HostFieldValidation(type);
  }

  /** @param judged members that passed before: one that is the same still passes */
  async read(
    body: Readonly<Record<string, unknown>>,
    findings: Findings,
    judged?: JudgedMembers,
  ): Promise<ClientMetadata> {
    const values: [string, unknown][] = [];
    for (const member of this.present(body, findings)) {
      const isJudged = judged !== undefined && judged.get(member.name) === JSON.stringify(member.value);
      if (isJudged || this.isAcceptable(member, findings)) values.push([member.name, normalized(member)]);
    }
    const ofHost = await this.hostFields.validate(values, findings);
    const metadata = new this.type() as ClientMetadata & Record<string, unknown>;
    for (const [name, read] of values) {
      const value = ofHost.has(name) ? ofHost.get(name) : read;
      const isEmpty = Array.isArray(value) && value.length === 0;
      if (!isEmpty || this.table.get(name)?.mayBeEmpty) metadata[name] = value;
    }
    return metadata;
  }

  /** The known members that are there. The table is walked, not the request: whatever else was sent is ignored (RFC 7591 section 2). */
  private present(body: Readonly<Record<string, unknown>>, findings: Findings): Member[] {
    const members: Member[] = [];
    for (const row of this.rows) {
      const value = Object.hasOwn(body, row.name) ? body[row.name] : undefined;
      if (!isOmitted(value)) members.push({ name: row.name, row, value });
    }
    members.push(...this.tagged(body, findings));
    return members;
  }

  /** Members with a language tag (RFC 7591 section 2.2); a malformed tag, or one where none is allowed, makes an unknown member. */
  private tagged(body: Readonly<Record<string, unknown>>, findings: Findings): Member[] {
    const members: Member[] = [];
    const seen = new Set<string>();
    for (const name of Object.keys(body)) {
      const tagged = taggedName(name);
      const row = tagged && this.table.get(tagged.base);
      if (!row?.languageTags || isOmitted(body[name])) continue;
      if (seen.has(name.toLowerCase())) {
        const message = `${row.name} must not have the same language tag twice`;
        findings.refuse(row.name, new InvalidClientMetadataError(message));
      }
      seen.add(name.toLowerCase());
      members.push({ name, row, value: body[name] });
    }
    const { listEntries } = this.limits;
    if (members.length > listEntries) {
      const message = `there must not be more than ${listEntries} members with a language tag`;
      findings.refuse('', new InvalidClientMetadataError(message));
    }
    return members;
  }

  private isAcceptable({ name, row, value }: Member, findings: Findings): boolean {
    const refuse = (violations: readonly Violation[]): boolean => {
      for (const { at, rule } of violations) findings.refuse(name, new row.error(`${name}${at} ${rule}`));
      return violations.length > 0;
    };
    // What is too large is read by no rule.
    if (refuse(limitViolations(row, value, this.limits))) return false;
    let isRefused = false;
    for (const rule of row.rules) isRefused = refuse(rule(value)) || isRefused;
    return !isRefused;
  }
}

function normalized({ row, value }: Member): unknown {
  return row.normalize ? row.normalize(value as never) : value;
}
