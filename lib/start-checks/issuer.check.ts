import type { Check } from './value.checks.js';

const example = "forRoot({ issuer: 'https://auth.example.com' })";

/** The URL clients know the authorization server by (RFC 8414 section 2). */
export const issuer: Check = (value, name) => {
  const wrong = wrongIssuer(value);
  return wrong === undefined ? undefined : `"${name}" ${wrong}: ${example}`;
};

function wrongIssuer(value: unknown): string | undefined {
  // The parser would put up with spaces around it and with other slashes, or fewer; clients compare it as it stands.
  if (typeof value !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^\s/\\][^\s\\]*$/i.test(value) || !URL.canParse(value))
    return 'must be an absolute URL';
  const { protocol, hostname, pathname, href, search, hash, username, password } = new URL(value);
  if (search || hash || value.endsWith('?') || value.endsWith('#'))
    return 'must not have a query or a fragment (RFC 8414 section 2)';
  if (username || password) return 'must not have a user';
  if (href.replace(/\/$/, '') !== value.replace(/\/$/, '') || !/^(?:\/[A-Za-z0-9\-._~]+)*\/?$/.test(pathname)) {
    return 'must be spelled as clients compare it, with a path of A-Z a-z 0-9 - . _ ~ alone';
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback)) return 'must use https, or http on a loopback host';
  return undefined;
}
