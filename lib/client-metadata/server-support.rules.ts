import type { ServerCapabilities } from '../server.capabilities.js';
import { isSymmetric } from './jose-algorithms.js';
import { ofField, type FieldViolation } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import { scopeTokens, unique } from './text.rules.js';

/** What becomes of values the server does not support. */
export type UnsupportedMetadata = 'narrow' | 'reject';

/** The entries of a list that the server supports (RFC 7591 section 3.2.1 lets it replace the rest). */
export function supportedEntries(list: readonly string[], supported: readonly string[]): readonly string[] {
  return list.filter((entry) => supported.includes(entry));
}

/** Entries that are refused, or that nothing usable remains of them. */
export function unsupportedEntries(
  field: string,
  list: readonly string[],
  supported: readonly string[],
  mode: UnsupportedMetadata,
): readonly FieldViolation[] {
  const kept = supportedEntries(list, supported);
  if (kept.length === list.length) return NONE;
  if (mode === 'reject') {
    return list.flatMap((entry, i) => (supported.includes(entry) ? NONE : notSupported(field, supported, `[${i}]`)));
  }
  // A refresh token comes only with another grant: alone it was not what the client asked for, and no use to it.
  const isOfNoUse = (entry: string) => field === 'grant_types' && entry === 'refresh_token';
  return kept.every(isOfNoUse) ? noneSupported(field, supported) : NONE;
}

/** That a single value is not supported: a client that is given another authentication method than it asked for drops out. */
export function unsupportedValue(
  field: string,
  value: string,
  supported: readonly string[],
): readonly FieldViolation[] {
  return supported.includes(value) ? NONE : notSupported(field, supported);
}

/** That a list has no value the server supports. */
export function noneSupported(field: string, supported: readonly string[]): readonly FieldViolation[] {
  return ofField(field, `must contain a value this server supports: ${named(supported)}`);
}

/**
 * The supported values of a list in the order in which the server chooses: those without a shared secret first, `none` last, and otherwise as
 * the server prefers them.
 */
export function preferredOf(list: readonly string[], supported: readonly string[]): readonly string[] {
  return supported.filter((value) => list.includes(value)).toSorted((one, other) => rankOf(one) - rankOf(other));
}

/**
 * The scope of a client: what it asks for and the server knows, else the default set, always with the baseline (RFC 7591 section 2).
 * @returns undefined when that is no scope at all
 */
export function scopeFor(
  requested: string | undefined,
  server: Pick<ServerCapabilities, 'scopes' | 'defaultScopes' | 'baselineScopes'>,
): string | undefined {
  const known = supportedEntries(scopeTokens(requested ?? ''), server.scopes);
  const scopes = unique([...(known.length > 0 ? known : server.defaultScopes), ...server.baselineScopes]);
  return scopes.length > 0 ? scopes.join(' ') : undefined;
}

/** That an unknown scope is refused. */
export function unsupportedScope(
  requested: string | undefined,
  known: readonly string[],
  mode: UnsupportedMetadata,
): readonly FieldViolation[] {
  return mode === 'reject' && scopeTokens(requested ?? '').some((scope) => !known.includes(scope))
    ? ofField('scope', 'contains a value that is not supported by this server')
    : NONE;
}

/** That a scope is beyond what this client may have: any of it where that is refused, all of it otherwise. */
export function scopeBeyond(
  requested: string | undefined,
  allowed: readonly string[],
  mode: UnsupportedMetadata,
): readonly FieldViolation[] {
  const asked = scopeTokens(requested ?? '');
  const kept = supportedEntries(asked, allowed);
  if (kept.length === asked.length) return NONE;
  if (mode === 'reject') return ofField('scope', 'contains a value that is not allowed for this client');
  return kept.length === 0 ? ofField('scope', 'must contain a value that is allowed for this client') : NONE;
}

/** @returns the requested scopes that are known; undefined when that is no scope at all */
export function scopeWithin(requested: string | undefined, known: readonly string[]): string | undefined {
  return supportedEntries(scopeTokens(requested ?? ''), known).join(' ') || undefined;
}

function notSupported(field: string, supported: readonly string[], at = ''): readonly FieldViolation[] {
  return ofField(field, `is not supported by this server, which supports ${named(supported)}`, at);
}

function rankOf(value: string): number {
  if (value === 'none') return 2;
  return isSymmetric(value) || value.startsWith('client_secret_') ? 1 : 0;
}

function named(values: readonly string[]): string {
  return values.join(', ') || 'none';
}
