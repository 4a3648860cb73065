import type { ServerOptions } from '../dynamic-registration.options.js';
import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { scopeTokens, unique } from './text.rules.js';

/** What becomes of values the server does not support. */
export type UnsupportedMetadata = 'narrow' | 'reject';

/**
 * The entries of a list that the server supports (RFC 7591 section 3.2.1 lets it replace the rest).
 * @throws InvalidClientMetadataError when an entry is refused, or nothing usable remains
 */
export function supportedEntries(
  name: string,
  list: readonly string[],
  supported: readonly string[],
  mode: UnsupportedMetadata,
): readonly string[] {
  const kept = list.filter((entry) => supported.includes(entry));
  if (kept.length === list.length) return list;
  if (mode === 'reject') {
    const index = list.findIndex((entry) => !supported.includes(entry));
    throw new InvalidClientMetadataError(
      `${name}[${index}] is not supported by this server, which supports ${named(supported)}`,
    );
  }
  // A refresh token comes only with another grant: alone it was not what the client asked for, and no use to it.
  if (kept.every((entry) => entry === 'refresh_token')) {
    throw new InvalidClientMetadataError(`${name} must contain a value this server supports: ${named(supported)}`);
  }
  return kept;
}

/** Refuses an unsupported single value: a client that is given another authentication method than it asked for drops out. */
export function requireSupported(name: string, value: string, supported: readonly string[]): void {
  if (!supported.includes(value)) {
    throw new InvalidClientMetadataError(`${name} is not supported by this server, which supports ${named(supported)}`);
  }
}

/**
 * The scope of a client: what it asks for and the server knows, else the default set, always with the baseline (RFC 7591 section 2).
 * @returns undefined when that is no scope at all
 * @throws InvalidClientMetadataError when an unknown scope is refused
 */
export function scopeFor(
  requested: string | undefined,
  server: Required<Pick<ServerOptions, 'scopes' | 'defaultScopes' | 'baselineScopes'>>,
  mode: UnsupportedMetadata,
): string | undefined {
  const asked = scopeTokens(requested ?? '');
  const known = asked.filter((scope) => server.scopes.includes(scope));
  if (mode === 'reject' && known.length < asked.length) {
    throw new InvalidClientMetadataError('scope contains a value that is not supported by this server');
  }
  const scopes = unique([...(known.length > 0 ? known : server.defaultScopes), ...server.baselineScopes]);
  return scopes.length > 0 ? scopes.join(' ') : undefined;
}

/** @returns the requested scopes that are known; undefined when that is no scope at all */
export function scopeWithin(requested: string | undefined, known: readonly string[]): string | undefined {
  return (
    scopeTokens(requested ?? '')
      .filter((scope) => known.includes(scope))
      .join(' ') || undefined
  );
}

function named(values: readonly string[]): string {
  return values.join(', ') || 'none';
}
