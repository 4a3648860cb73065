import { NONE, violation, type MetadataRule, type Violation } from './metadata-rule.js';

/** A non-empty string that can be shown and stored: well-formed Unicode without control characters. */
export const text: MetadataRule = (value) => {
  if (typeof value !== 'string') return violation('must be a string');
  if (value === '') return violation('must not be empty');
  if (MALFORMED.test(value)) return violation('must be well-formed Unicode');
  if (CONTROL.test(value)) return violation('must not contain control characters');
  return NONE;
};

/** Text for an end user: refuses characters that turn the direction of what follows, so that `moc.live` cannot pose as a name. */
export const displayText: MetadataRule = (value) => {
  const violations = text(value);
  if (violations !== NONE || typeof value !== 'string') return violations;
  return DIRECTION_OVERRIDE.test(value) ? violation('must not contain bidirectional formatting characters') : NONE;
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

/** The entries without duplicates, in the order of their first appearance. */
export function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
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
export function scopeTokens(scope: string): string[] {
  return unique(scope.split(' ').filter((token) => token !== ''));
}

/** A JSON `true` or `false`; the strings that spell them are refused. */
export const booleanValue: MetadataRule = (value) =>
  typeof value === 'boolean' ? NONE : violation('must be a boolean');

/** A JSON number that is a count or a time: whole, not negative, and exact in a double. */
export const nonNegativeInteger: MetadataRule = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? NONE
    : violation('must be a non-negative integer');

/** A JSON object: neither an array nor `null`. */
export const jsonObject: MetadataRule = (value) => (isJsonObject(value) ? NONE : violation('must be a JSON object'));

/** Whether a value is what JSON calls an object; instances of classes are not. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A lone surrogate, or U+FFFD: the trace a decoder leaves of bytes that were not UTF-8. */
export const MALFORMED = /[\p{Surrogate}\u{FFFD}]/u;

/** C0, DEL and C1. */
// oxlint-disable-next-line no-control-regex -- to refuse them is the purpose
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/;

/** Embeddings, overrides and isolates. LRM, RLM and joiners stay: real names in Arabic, Hebrew or Hindi need them. */
const DIRECTION_OVERRIDE = /[\u202A-\u202E\u2066-\u2069]/;

/** scope-token is %x21 / %x23-5B / %x5D-7E. */
const SCOPE = /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/;
