import { createHash } from 'node:crypto';
import { parseRedirectUri } from '../client-metadata/redirect-uri.rules.js';

/**
 * Redirect URIs without what makes identical registrations differ: the port of an http loopback one, which the operating system picks anew
 * each time and which no match looks at (RFC 8252 section 7.3).
 */
export function foldedRedirectUris(uris: readonly string[]): string[] {
  return [...new Set(uris.map(withoutLoopbackPort))];
}

/** What identical registrations have in common: SHA-256 over their metadata, in whatever order its members are. */
export function foldingKeyOf(metadata: object): string {
  return createHash('sha256')
    .update(JSON.stringify(inOrder(metadata)))
    .digest('hex');
}

function withoutLoopbackPort(uri: string): string {
  const parsed = parseRedirectUri(uri);
  if (parsed?.kind !== 'http-loopback' || parsed.host === undefined || parsed.port === undefined) return uri;
  const hostEnd = uri.indexOf('//') + 2 + parsed.host.length;
  return uri.slice(0, hostEnd) + uri.slice(hostEnd + 1 + parsed.port.length);
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  // A list of pairs: an object would put names that are numbers first, and take `__proto__` for something else.
  return {
    members: members
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, inOrder(member)]),
  };
}
