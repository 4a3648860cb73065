import type { LimitOptions } from '../dynamic-registration.options.js';
import type { MetadataFieldOptions } from './metadata-field.decorator.js';
import { NONE, violation, type Violation } from './metadata-rule.js';

/** Checks the size of a value before any rule reads it: bytes of a string or of an object as JSON, entries of a list and bytes of each. */
export function limitViolations(
  row: Pick<MetadataFieldOptions, 'limits'>,
  value: unknown,
  limits: Required<LimitOptions>,
): readonly Violation[] {
  const { bytes, entries } = row.limits ?? {};
  if (Array.isArray(value)) {
    if (entries && value.length > limits[entries])
      return violation(`must not have more than ${limits[entries]} entries`);
    if (!bytes) return NONE;
    const violations: Violation[] = [];
    for (const [i, entry] of value.entries()) violations.push(...tooLong(entry, limits[bytes], `[${i}]`));
    return violations;
  }
  return bytes ? tooLong(value, limits[bytes], '') : NONE;
}

function tooLong(value: unknown, limit: number, at: string): readonly Violation[] {
  const size = typeof value === 'object' ? JSON.stringify(value) : value;
  if (typeof size !== 'string' || Buffer.byteLength(size) <= limit) return NONE;
  return violation(`must not be longer than ${limit} bytes`, at);
}
