import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate, type ValidationError } from 'class-validator';
import { ClientMetadata } from './client-metadata.dto.js';
import { taggedName } from './language-tag.js';
import { CONSTRAINT_PREFIX, JUDGED } from './metadata-field.decorator.js';
import type { Findings } from './metadata-findings.js';
import { metadataTable, type MetadataTable } from './metadata-table.js';
import { unfitForStorage } from './text.rules.js';
import { FINITE_RULE, hasInfiniteNumber } from './value.rules.js';

/**
 * The fields and rules a host's metadata class adds with the ordinary decorators of class-validator and class-transformer.
 * Our own rules have run before and do not run again.
 */
export class HostFieldValidation {
  private readonly table: MetadataTable;
  /** Fields of the host's own, and standard ones it has added rules to. */
  private readonly fields: ReadonlySet<string>;

  constructor(private readonly type: Type<ClientMetadata>) {
    this.table = metadataTable(type);
    const own = [...this.table.keys()].filter((name) => !STANDARD.has(name));
    this.fields = new Set([...own, ...decoratedByHost(type)]);
  }

  /**
   * @param values the known members that are present, by their name on the wire
   * @param findings take what is wrong, in the words of the host's validator
   * @returns the members of the host's own, as its transformers made them
   */
  async validate(
    values: readonly (readonly [string, unknown])[],
    findings: Findings,
  ): Promise<ReadonlyMap<string, unknown>> {
    if (this.fields.size === 0) return NOTHING;
    const result = new Map<string, unknown>();
    const fit = values.filter(([name, value]) => this.isOfHost(name) && this.isFit(name, value, findings));
    const untagged = fit.filter(([name]) => this.fields.has(name));
    const tagged = fit.flatMap(([name, value]) => this.taggedField(name, value));
    if (fit.length === 0) return result;
    const instance = await this.instance(untagged, findings);
    for (const [name] of untagged) if (!STANDARD.has(name)) result.set(name, Reflect.get(instance, name));
    for (const { name, base, value } of tagged) {
      const variant = await this.instance([...untagged.filter(([other]) => other !== base), [base, value]], findings, {
        name,
        base,
      });
      if (!STANDARD.has(base)) result.set(name, Reflect.get(variant, base));
    }
    return result;
  }

  private isOfHost(name: string): boolean {
    return this.fields.has(taggedName(name)?.base ?? name);
  }

  private taggedField(name: string, value: unknown): { name: string; base: string; value: unknown }[] {
    const base = taggedName(name)?.base;
    return base !== undefined && this.fields.has(base) ? [{ name, base, value }] : [];
  }

  /** What no database can store, and what class-transformer would take for a class. */
  private isFit(name: string, value: unknown, findings: Findings): boolean {
    const row = this.table.get(taggedName(name)?.base ?? name);
    const rule = unfitForStorage(value)
      ? 'must be well-formed Unicode without NUL'
      : hasMember(value, UNSAFE_NAMES)
        ? 'must not have a member called constructor'
        : hasInfiniteNumber(value)
          ? FINITE_RULE
          : undefined;
    if (row && rule !== undefined) findings.refuse(name, new row.error(`${name} ${rule}`));
    return rule === undefined;
  }

  /** A field that is absent breaks no rule: `@MetadataField({ required: true })` says that it must be there. */
  private async instance(
    values: readonly (readonly [string, unknown])[],
    findings: Findings,
    variant?: { readonly name: string; readonly base: string },
  ): Promise<ClientMetadata> {
    const instance = plainToInstance(this.type, Object.fromEntries(values));
    JUDGED.add(instance);
    for (const error of await validate(instance, { forbidUnknownValues: false, skipMissingProperties: true })) {
      const row = this.table.get(error.property);
      // The other fields have been judged before, without the variant.
      if (!row || (variant && variant.base !== row.name)) continue;
      for (const message of messagesOf(error)) {
        const shown = printable(variant ? `${variant.name}: ${message}` : message);
        findings.refuse(variant?.name ?? row.name, new row.error(shown));
      }
    }
    return instance;
  }
}

const STANDARD: MetadataTable = metadataTable(ClientMetadata);
const NOTHING: ReadonlyMap<string, unknown> = new Map();
const UNSAFE_NAMES: ReadonlySet<string> = new Set(['constructor', '__proto__', 'prototype']);

function decoratedByHost(type: Type<ClientMetadata>): string[] {
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .filter(({ name }) => !name?.startsWith(CONSTRAINT_PREFIX))
    .map(({ propertyName }) => propertyName);
}

function hasMember(value: unknown, names: ReadonlySet<string>): boolean {
  for (let level = [value]; level.length > 0; level = level.flatMap((one) => Object.values(Object(one)))) {
    level = level.filter((one) => typeof one === 'object' && one !== null);
    if (level.some((one) => Object.keys(Object(one)).some((name) => names.has(name)))) return true;
  }
  return false;
}

function messagesOf({ constraints = {}, children = [], property }: ValidationError): string[] {
  const inner = children.flatMap((child) => messagesOf(child).map((message) => `${property}.${message}`));
  return [...Object.values(constraints), ...inner];
}

/** The characters `error_description` may have (RFC 6749 section 5.2). */
function printable(message: string): string {
  return message.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}
