/** Whether a request is for a client at this version; what asks for none is for any. */
export type Precondition = (version: number) => boolean;

/** The strong entity tag of a client at a version (RFC 9110 section 8.8.3). */
export function entityTagOf(version: number): string {
  return `"${version}"`;
}

/**
 * What `If-Match` asks for (RFC 9110 section 13.1.1), several lines of it joined by commas. What is neither `*` nor a list of entity tags is
 * met by no version: the condition is false then, so that a condition nobody can read never lets a write through.
 * @returns undefined where every version will do: without the header, and for `*`, since a client that is not there is refused before
 */
export function ifMatch(field: string | undefined): Precondition | undefined {
  if (field === undefined || /^[ \t]*\*[ \t]*$/.test(field)) return undefined;
  const tags: readonly string[] = (LIST.test(field) && field.match(new RegExp(ENTITY_TAG, 'g'))) || [];
  // A weak tag keeps its `W/` and so equals none of ours, which is the strong comparison of section 8.8.3.2.
  return (version) => tags.includes(entityTagOf(version));
}

/** A comma may be in it, a space not. */
const ENTITY_TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
/** Empty elements do not count (RFC 9110 section 5.6.1.2). */
const LIST = new RegExp(String.raw`^(?:[ \t,]*${ENTITY_TAG}[ \t]*(?=,|$))*[ \t,]*$`);
