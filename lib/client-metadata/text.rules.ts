import { NONE, violation, type MetadataRule, type Violation } from './metadata-rule.js';

/** A non-empty string that can be shown and stored: well-formed Unicode without control characters. */
export const text: MetadataRule = (value) => {
  if (typeof value !== 'string') return violation('must be a string');
  if (value === '') return violation('must not be empty');
  if (MALFORMED.test(value)) return violation('must be well-formed Unicode');
  if (CONTROL.test(value)) return violation('must not contain control characters');
  return NONE;
};

/**
 * Text for an end user: one that can be seen, on one line, and without characters that turn the direction of what follows
 * or are not seen, so that neither `moc.live` nor a name with something invisible in it can pose as another name.
 */
export const displayText: MetadataRule = (value) => {
  const violations = text(value);
  if (violations !== NONE || typeof value !== 'string') return violations;
  if (DIRECTION_OVERRIDE.test(value)) return violation('must not contain bidirectional formatting characters');
  if (LINE_SEPARATOR.test(value)) return violation('must not contain line or paragraph separators');
  if (TAG.test(value)) return violation('must not contain tag characters');
  if (!VISIBLE.test(value)) return violation('must contain a visible character');
  return INVISIBLE.test(value) ? violation('must not contain invisible formatting characters') : NONE;
};

/** A JSON array whose every entry keeps the rule; whether it may be empty is for its field to say. */
export function listOf(rule: MetadataRule): MetadataRule {
  return (value) => {
    if (!Array.isArray(value)) return violation('must be an array');
    const violations: Violation[] = [];
    // By index: `forEach` would step over a hole, which is no JSON value and is refused like `null`.
    for (let index = 0; index < value.length; index++) {
      for (const found of rule(value[index])) violations.push({ at: `[${index}]${found.at}`, rule: found.rule });
    }
    return violations.length === 0 ? NONE : violations;
  };
}

/** The entries without duplicates, in the order of their first appearance: the list itself where it has none. */
export function unique(list: readonly string[]): readonly string[] {
  if (list.length < 2) return list;
  const entries = new Set(list);
  return entries.size === list.length ? list : [...entries];
}

/** One of the words a specification registers, compared exactly. */
export function oneOf(...words: readonly string[]): MetadataRule {
  const rule = `must be one of ${words.join(', ')}`;
  return (value) => (typeof value === 'string' && words.includes(value) ? NONE : violation(rule));
}

/** Space-separated scope tokens (RFC 6749 section 3.3). Superfluous spaces are forgiven, tabs and line breaks are not. */
export const scopeString: MetadataRule = (value) => {
  if (typeof value !== 'string') return violation('must be a string');
  return SCOPE.test(value) ? NONE : violation('must be a space-separated list of scope tokens (RFC 6749 section 3.3)');
};

/** The scope tokens of a checked scope string, without duplicates; none when it holds only spaces. */
export function scopeTokens(scope: string): readonly string[] {
  return unique(scope.split(' ').filter((token) => token !== ''));
}

/** Whether a value is what JSON calls an object; instances of classes are not. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Whether a database or a strict reader would refuse a JSON value later: some string in it, or the name of a member, has a
 * NUL or is not well-formed Unicode.
 */
export function unfitForStorage(value: unknown): boolean {
  if (isUnfit(value)) return true;
  for (const object of objectsWithin(value)) {
    if (Object.values(object).some(isUnfit)) return true;
    if (!Array.isArray(object) && Object.keys(object).some(isUnfit)) return true;
  }
  return false;
}

/** All objects and arrays in a JSON value, itself included, however deep it nests. */
export function objectsWithin(value: unknown): ReadonlySet<object> {
  const found = new Set<object>();
  const add = (one: unknown) => typeof one === 'object' && one !== null && found.add(one);
  add(value);
  // The set grows while it is read, and so ends on a cycle too: recursion would end where the stack does.
  for (const object of found) Object.values(object).forEach(add);
  return found;
}

function isUnfit(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('\0') || MALFORMED.test(value));
}

/** A lone surrogate, or U+FFFD: the trace a decoder leaves of bytes that were not UTF-8. */
const MALFORMED = /[\p{Surrogate}\u{FFFD}]/u;

/** C0, DEL and C1. */
// oxlint-disable-next-line no-control-regex -- to refuse them is the purpose
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/;

/** Embeddings, overrides and isolates. */
const DIRECTION_OVERRIDE = /[\u202A-\u202E\u2066-\u2069]/;

/** Line breaks in everything but name. */
const LINE_SEPARATOR = /[\u2028\u2029]/;

/** Copies of ASCII that no font shows: a text for machines inside the one for people. */
const TAG = /[\u{E0000}-\u{E007F}]/u;

/** A letter, number, punctuation or symbol, but for the fillers and the blank Braille pattern among them, which show nothing. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * Format characters, such as zero-width spaces, word joiners and soft hyphens. Joiners and the marks LRM, RLM and ALM stay: real names in Arabic,
 * Hebrew or Hindi need them.
 */
const INVISIBLE = /(?![\u200C-\u200F\u061C])\p{Cf}/u;

/** scope-token is %x21 / %x23-5B / %x5D-7E. */
const SCOPE = /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/;
