import { NONE, violation, type MetadataRule } from './metadata-rule.js';
import { isJsonObject, objectsWithin, text, unfitForStorage } from './text.rules.js';

/** A JSON boolean; `"true"` and `1` are none. */
export const flag: MetadataRule = (value) => (typeof value === 'boolean' ? NONE : violation('must be true or false'));

/** A JSON number without a fraction, as seconds are counted. */
export const wholeNumber: MetadataRule = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? NONE : violation('must be a whole number, 0 or more');

/** An object whose members are objects; an empty one says nothing. */
export const objectOfObjects: MetadataRule = (value) => {
  if (!isJsonObject(value)) return violation('must be a JSON object');
  if (unfitForStorage(value)) return violation('must be well-formed Unicode without NUL');
  const names = Object.keys(value);
  if (names.length === 0) return violation('must not be empty');
  if (names.some((name) => text(name) !== NONE)) return violation('must have members with names');
  if (hasInfiniteNumber(value)) return violation(FINITE_RULE);
  return Object.values(value).every(isJsonObject) ? NONE : violation('must have only JSON objects as members');
};

/** Whether a value is or holds a number that JSON cannot write: one beyond the range of a double, which is read as infinite. */
export function hasInfiniteNumber(value: unknown): boolean {
  const isInfinite = (one: unknown) => typeof one === 'number' && !Number.isFinite(one);
  return isInfinite(value) || [...objectsWithin(value)].some((object) => Object.values(object).some(isInfinite));
}

/** The rule that such a number breaks: it would be stored and returned as null. */
export const FINITE_RULE = 'must have only numbers in the range of a double';
