import { isOmitted } from '../../client-metadata/metadata-field.decorator.js';
import { isJsonObject } from '../../client-metadata/text.rules.js';
import type { ClientSource, ClientStatus, RegistrationBounds } from '../../index.js';
import { readRegistrationBounds } from '../../initial-access-token/registration-bounds.reader.js';
import { RefusedError } from '../command.error.js';

/** A line of an import as a JSON object. */
export type Members = Readonly<Record<string, unknown>>;

export const SHA256_RULE = 'must be a SHA-256 in lower-case hexadecimal digits';
export const HASH_RULE = 'must have 1 to 255 characters';
export const SEALED_RULE = 'must have 1 to 512 characters';
export const EPOCH_RULE = 'must be seconds since the epoch';
/** Of the year 9999: more is milliseconds. */
const LAST_SECOND = 253_402_300_799;

/** @throws RefusedError for what is no JSON object */
export function parsed(line: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RefusedError('is not JSON');
  }
  if (!isJsonObject(value)) throw new RefusedError('is not a JSON object');
  return value;
}

/**
 * @returns undefined for a member that is not there
 * @throws RefusedError naming the member and the rule
 */
export function member<T>(
  members: Members,
  name: string,
  is: (value: unknown) => value is T,
  rule: string,
): T | undefined {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  if (isOmitted(value)) return undefined;
  if (!is(value)) throw new RefusedError(`${name} ${rule}`);
  return value;
}

export function isSource(value: unknown): value is Exclude<ClientSource, 'document'> {
  return value === 'dynamic' || value === 'manual';
}

export function isStatus(value: unknown): value is ClientStatus {
  return value === 'pending' || value === 'active' || value === 'suspended';
}

/**
 * @returns `null` for a client that is not bound
 * @throws RefusedError naming the member and the rule
 */
export function boundsOf(members: Members): RegistrationBounds | null {
  const value = Object.hasOwn(members, 'bounds') ? members['bounds'] : undefined;
  if (isOmitted(value)) return null;
  try {
    return readRegistrationBounds(value);
  } catch (error) {
    throw error instanceof RangeError ? new RefusedError(error.message) : error;
  }
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

export function isEpoch(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LAST_SECOND;
}

export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isHash(value: unknown): value is string {
  return isTextUpTo(255, value);
}

export function isSealed(value: unknown): value is string {
  return isTextUpTo(512, value);
}

function isTextUpTo(longest: number, value: unknown): value is string {
  return typeof value === 'string' && value.length <= longest && !value.includes('\0');
}
