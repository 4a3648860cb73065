import { KEY_SOURCES } from './key-source.rules.js';
import { taggedName } from './language-tag.js';
import type { MetadataTable } from './metadata-table.js';

/**
 * The fields about which members decide: those that they are, and those by which the client could have another value in their place. A list to
 * choose from is one of them, keys have one source, and of grant and response types the one follows from the other.
 * @param names members on the wire; one with a language tag decides about its field in all languages
 */
export function decidedFields(names: Iterable<string>, table: MetadataTable): ReadonlySet<string> {
  const fields = new Set([...names].map((name) => fieldName(name)));
  const choices = [...table.values()].flatMap(({ name, choiceOf }) =>
    choiceOf === undefined ? [] : [[name, choiceOf]],
  );
  for (const group of [KEY_SOURCES, ['grant_types', 'response_types'], ...choices]) {
    if (group.some((name) => fields.has(name))) for (const name of group) fields.add(name);
  }
  return fields;
}

/** The field of a member: its name without the language tag. */
export function fieldName(member: string): string {
  return taggedName(member)?.base ?? member;
}
