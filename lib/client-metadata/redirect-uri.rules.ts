import { isForbiddenScheme } from './forbidden-schemes.js';
import { NONE, violation, type MetadataRule, type Violation } from './metadata-rule.js';
import { HTTPS_RULE, isLoopbackHost, readUri, type Uri } from './uri.js';

/**
 * What a redirect URI is for (RFC 7591 section 5; RFC 8252 section 7): a web site, a secure server on the user's own
 * machine, a native application listening there, or an application that the operating system starts by scheme.
 */
export type RedirectUriKind = 'https' | 'https-loopback' | 'http-loopback' | 'private-use';

/** A redirect URI that keeps {@link redirectUri}, in parts. */
export interface ParsedRedirectUri extends Omit<Uri, 'fragment'> {
  readonly kind: RedirectUriKind;
}

/**
 * What holds for every redirect URI, whatever the application type: absolute and without a fragment (RFC 6749 section
 * 3.1.2), one exact place (RFC 9700 section 4.1.3), http only towards the user's own machine (RFC 8252 section 7.3).
 */
export const redirectUri: MetadataRule = (value) => {
  const read = readRedirectUri(value);
  return typeof read === 'string' ? violation(read) : NONE;
};

/** The parts of a redirect URI; `undefined` when {@link redirectUri} refuses it. */
export function parseRedirectUri(uri: string): ParsedRedirectUri | undefined {
  const read = readRedirectUri(uri);
  return typeof read === 'string' ? undefined : read;
}

/** What a URI is for by its scheme and host alone; `undefined` for http on a host of others, and for a scheme that is never an application's. */
export function redirectUriKind({ scheme, host }: Uri): RedirectUriKind | undefined {
  if (scheme === 'https') return resolvesToLoopback(host) ? 'https-loopback' : 'https';
  if (scheme === 'http') return isLoopbackHost(host) ? 'http-loopback' : undefined;
  return isForbiddenScheme(scheme) ? undefined : 'private-use';
}

/** The list that was read last, and what it says: a memory alone, for the rules that look at one list in turn. */
let last:
  { readonly uris: readonly unknown[]; readonly parsed: readonly (ParsedRedirectUri | undefined)[] } | undefined;

/** {@link redirectUri} for each entry of a list. What it has read is kept for the rules that look at the list later. */
export const redirectUriList: MetadataRule = (value) => {
  if (!Array.isArray(value)) return violation('must be an array');
  const parsed: ParsedRedirectUri[] = [];
  const violations: Violation[] = [];
  // By index: `forEach` would step over a hole, which is no JSON value.
  for (let i = 0; i < value.length; i++) {
    const read = readRedirectUri(value[i]);
    if (typeof read === 'string') violations.push({ at: `[${i}]`, rule: read });
    else parsed.push(read);
  }
  if (violations.length > 0) return violations;
  last = { uris: value, parsed };
  return NONE;
};

/** The parts of each URI of a list that nobody changes: it is parsed once, whatever number of rules look at it in turn. */
export function parseRedirectUris(uris: readonly string[]): readonly (ParsedRedirectUri | undefined)[] {
  if (last?.uris !== uris) last = { uris, parsed: uris.map(parseRedirectUri) };
  return last.parsed;
}

/** Whether a private-use scheme is a domain name in reverse, which its owner can prove (RFC 8252 sections 7.1 and 8.4). */
export function isReverseDomainScheme(scheme: string): boolean {
  return scheme.includes('.');
}

/** The one judgement behind both exports, so that what is matched later was checked by the same eyes. */
function readRedirectUri(value: unknown): ParsedRedirectUri | string {
  const uri = readUri(value);
  if (typeof uri === 'string') return uri;
  // Even an empty one: the authorization response may itself be put into the fragment (RFC 6749 section 4.2.2).
  if (uri.fragment !== undefined) return 'must not contain a fragment';
  if (String(value).includes('*')) return 'must not contain a wildcard';
  const kind = redirectUriKind(uri);
  if (kind === undefined) return uri.scheme === 'http' ? HTTPS_RULE : 'must not use this scheme';
  const isEmpty = uri.host === undefined && uri.path === '';
  return kind === 'private-use' && isEmpty
    ? 'must have a host or a path after its scheme'
    : Object.assign(uri, { kind });
}

/** Wider than {@link isLoopbackHost}, since here it only withholds: no claimed https URL can be on the user's own machine. */
function resolvesToLoopback(host: string | undefined): boolean {
  return isLoopbackHost(host) || (host !== undefined && LOOPBACK_NAME.test(host));
}

/** All of 127.0.0.0/8 (RFC 1122 section 3.2.1.3), also mapped into IPv6, and the names below `localhost` (RFC 6761 section 6.3). */
const LOOPBACK_NAME = /^(?:127(?:\.[0-9]{1,3}){3}|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]|(?:.*\.)?localhost\.?)$/;
