import { isIPv6 } from 'node:net';

/** An absolute URI cut into the components of RFC 3986 section 3, each as it was written. */
export interface Uri {
  /** Lower-cased, without the colon. */
  readonly scheme: string;
  /** Lower-cased, an IPv6 address in its brackets; absent without an authority, or with an empty one. */
  readonly host?: string;
  /** Digits as written; absent when none was. */
  readonly port?: string;
  /** May be empty. */
  readonly path: string;
  /** Without `?`; the empty string when only the `?` is there. */
  readonly query?: string;
  /** Without `#`; the empty string when only the `#` is there. */
  readonly fragment?: string;
}

/**
 * Reads an absolute URI from its raw spelling. A URL parser is only asked afterwards: it repairs what it is given
 * (`\`, tabs, `2130706433`), so that what was checked and what a browser follows would be two different hosts.
 * @returns the parts, or the rule that the value breaks in words that follow a name
 */
export function readUri(value: unknown): Uri | string {
  if (typeof value !== 'string') return 'must be a string';
  if (value === '') return 'must not be empty';
  if (!URI_CHARACTERS.test(value)) return 'must contain only the characters of RFC 3986';
  if (BAD_ESCAPE.test(value)) return 'must have two hexadecimal digits after every percent sign';
  const scheme = SCHEME.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'must be an absolute URI';

  const [beforeFragment, fragment] = cut(value.slice(scheme.length + 1), '#');
  const [hierarchy, query] = cut(beforeFragment, '?');
  const hasAuthority = hierarchy.startsWith('//');
  const authority = hasAuthority ? cut(hierarchy.slice(2), '/')[0] : '';
  const path = hasAuthority ? hierarchy.slice(2 + authority.length) : hierarchy;
  if (
    MISPLACED_DELIMITER.test(path) ||
    MISPLACED_DELIMITER.test(query ?? '') ||
    MISPLACED_DELIMITER.test(fragment ?? '')
  )
    return 'must contain brackets and number signs only where RFC 3986 allows them';
  if (DOT_SEGMENT.test(path)) return 'must not contain dot segments';

  const location = readAuthority(authority);
  if (typeof location === 'string') return location;
  if (scheme === 'http' || scheme === 'https') {
    if (location.host === undefined) return 'must have a host after http:// or https://';
    // The raw host has to be the host a browser goes to, or a loopback or allow-list check reads another name than it does.
    if (!isPlainName(location.host) && !(DNS_OR_ADDRESS.test(location.host) && parsedHost(value) === location.host))
      return 'must spell its host in canonical ASCII form';
  }
  const uri: { -readonly [part in keyof Uri]: Uri[part] } = { scheme, path };
  if (location.host !== undefined) uri.host = location.host;
  if (location.port !== undefined) uri.port = location.port;
  if (query !== undefined) uri.query = query;
  if (fragment !== undefined) uri.fragment = fragment;
  return uri;
}

/** The three hosts on which a native application receives a redirect over http (OIDC Registration section 2; RFC 8252 section 7.3). */
export function isLoopbackHost(host: string | undefined): boolean {
  return host === '127.0.0.1' || host === '[::1]' || host === 'localhost';
}

/** The rule that `http` on a host other than {@link isLoopbackHost} breaks. */
export const HTTPS_RULE = 'must use https, or http on 127.0.0.1, [::1] or localhost';

/** The text up to the first delimiter, and what follows it; the latter is absent when the delimiter is. */
function cut(text: string, delimiter: string): [string, string | undefined] {
  const at = text.indexOf(delimiter);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Host and port of RFC 3986 section 3.2, or the rule that the authority breaks. */
function readAuthority(authority: string): Pick<Uri, 'host' | 'port'> | string {
  if (authority === '') return {};
  // `https://client.example@evil.example/` goes to the second name and reads like the first.
  if (authority.includes('@')) return 'must not contain user information';
  const literal = authority.startsWith('[');
  const end = literal ? authority.indexOf(']') + 1 : authority.indexOf(':');
  const host = (end < 0 ? authority : authority.slice(0, end)).toLowerCase();
  const rest = authority.slice(host.length);
  if (literal ? !isIPv6(host.slice(1, -1)) : MISPLACED_DELIMITER.test(host)) return 'must have a valid host';
  if (host === '') return 'must have a host before its port';
  if (rest === '') return { host };
  const port = rest.slice(1);
  if (!rest.startsWith(':') || !PORT.test(port) || Number(port) > 65_535)
    return 'must have a port from 1 to 65535, or none';
  return { host, port };
}

/** Whether the URL standard takes a host as it is: a name of ASCII that cannot be an address, and of which no label is encoded Unicode. */
function isPlainName(host: string): boolean {
  return PLAIN_NAME.test(host) && !host.includes('xn--');
}

/** The host that the URL standard, and so every browser, sees; absent when it sees none. */
function parsedHost(raw: string): string | undefined {
  try {
    return new URL(raw).hostname;
  } catch {
    return undefined;
  }
}

const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const PORT = /^[1-9][0-9]{0,4}$/;

/** Brackets belong to an IP literal, and a second `#` nowhere. */
const MISPLACED_DELIMITER = /[[\]#]/;

/** `.` or `..` as a path segment, also percent-encoded, with path parameters, or between encoded separators: servers differ in what they resolve. */
const DOT_SEGMENT = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?=[/;]|%2f|%5c|%3b|$)/i;

/** Labels, of which the last one begins with a letter, and so is no number. */
const PLAIN_NAME = /^(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*\.?$/;

/** Labels or an address. RFC 3986 would allow `;` and `,`, which end a directive where a host is put into a Content-Security-Policy. */
const DNS_OR_ADDRESS = /^(?:\[[0-9a-f:.]+\]|(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?)$/;
