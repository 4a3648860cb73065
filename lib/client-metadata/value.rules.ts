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
  // JSON has no infinite number, and a number that is too large would become null.
  if (hasInfiniteNumber(value)) return violation('must have only numbers in the range of a double');
  return Object.values(value).every(isJsonObject) ? NONE : violation('must have only JSON objects as members');
};

function hasInfiniteNumber(value: object): boolean {
  return [...objectsWithin(value)].some((object) =>
    Object.values(object).some((one) => typeof one === 'number' && !Number.isFinite(one)),
  );
}
