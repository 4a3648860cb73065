import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { ClientMetadata } from './client-metadata.dto.js';
import { taggedName } from './language-tag.js';
import { CONSTRAINT_PREFIX } from './metadata-field.decorator.js';
import { metadataTable, type MetadataTable } from './metadata-table.js';

/**
 * The fields and rules a host's metadata class adds with the ordinary decorators of class-validator and class-transformer.
 * Our own rules have run before and are left out here.
 */
export class HostFieldValidation {
  private readonly table: MetadataTable;

  constructor(private readonly type: Type<ClientMetadata>) {
    this.table = metadataTable(type);
  }

  /**
   * @param values the known members that are present, by their name on the wire
   * @returns the members of the host's own, as its transformers made them
   * @throws RegistrationError of the field, in the words of the host's validator
   */
  async validate(values: ReadonlyMap<string, unknown>): Promise<ReadonlyMap<string, unknown>> {
    const result = new Map<string, unknown>();
    if (this.type === ClientMetadata) return result;
    const untagged = [...values].filter(([name]) => this.table.has(name));
    const instance = await this.instance(untagged);
    for (const [name] of untagged) {
      if (!STANDARD.has(name)) result.set(name, Reflect.get(instance, name));
    }
    for (const [name, value] of values) {
      const base = taggedName(name)?.base;
      if (base === undefined) continue;
      const tagged = await this.instance([...untagged.filter(([other]) => other !== base), [base, value]], name);
      if (!STANDARD.has(base)) result.set(name, Reflect.get(tagged, base));
    }
    return result;
  }

  /** A field that is absent breaks no rule: `@MetadataField({ required: true })` says that it must be there. */
  private async instance(values: readonly (readonly [string, unknown])[], shownAs?: string): Promise<ClientMetadata> {
    const instance = plainToInstance(this.type, Object.fromEntries(values));
    for (const error of await validate(instance, { forbidUnknownValues: false, skipMissingProperties: true })) {
      const row = this.table.get(error.property);
      const message = firstForeignMessage(error);
      if (row && message !== undefined) throw new row.error(printable(shownAs ? `${shownAs}: ${message}` : message));
    }
    return instance;
  }
}

const STANDARD: MetadataTable = metadataTable(ClientMetadata);

function firstForeignMessage(error: ValidationError): string | undefined {
  const own = Object.entries(error.constraints ?? {}).find(([name]) => !name.startsWith(CONSTRAINT_PREFIX));
  if (own) return own[1];
  for (const child of error.children ?? []) {
    const message = firstForeignMessage(child);
    if (message !== undefined) return `${error.property}.${message}`;
  }
  return undefined;
}

/** The characters `error_description` may have (RFC 6749 section 5.2). */
function printable(message: string): string {
  return message.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}
