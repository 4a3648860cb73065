/** A member with a language tag, such as `client_name#ja-Jpan-JP` (RFC 7591 section 2.2). */
export interface TaggedName {
  /** The name before the tag. */
  readonly base: string;
  readonly tag: string;
}

// RFC 5646 section 2.1, without the irregular grandfathered tags, all of which have a modern form.
const LANGUAGE = '(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})';
const VARIANT = '(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})';
const LANGUAGE_TAG = new RegExp(
  `^(?:${LANGUAGE}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-${VARIANT})*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?` +
    '|x(?:-[a-z0-9]{1,8})+)$',
  'i',
);

/** The longest tag that is looked at; RFC 5646 section 4.4.1 asks for 35 at least. */
const MAX_TAG_LENGTH = 64;

/** @returns the parts of a name with a well-formed BCP 47 tag; undefined for any other name */
export function taggedName(name: string): TaggedName | undefined {
  const hash = name.indexOf('#');
  if (hash < 0) return undefined;
  const tag = name.slice(hash + 1);
  return tag.length <= MAX_TAG_LENGTH && LANGUAGE_TAG.test(tag) ? { base: name.slice(0, hash), tag } : undefined;
}
