import { parseRedirectUri, type ParsedRedirectUri } from '../client-metadata/redirect-uri.rules.js';

/**
 * Whether an authorization request may redirect to a URI: it is a registered one, character by character (RFC 9700
 * section 4.1.3), or a registered http loopback one but for its port, which a native application only gets from the
 * operating system when it starts to listen (RFC 8252 section 7.3).
 */
export function redirectUriMatches(client: { readonly redirectUris: readonly string[] | null }, uri: string): boolean {
  // Judged again: a row that was stored before a rule existed, or by other hands, must not send anybody to `javascript:`.
  const requested = parseRedirectUri(uri);
  if (requested === undefined || !Array.isArray(client.redirectUris)) return false;
  const registered: readonly string[] = client.redirectUris;
  if (registered.includes(uri)) return true;
  return requested.kind === 'http-loopback' && registered.some((one) => equalButPort(parseRedirectUri(one), requested));
}

/** `127.0.0.1` and `localhost` are two hosts: the latter is a name, which can be made to resolve elsewhere (RFC 8252 section 8.3). */
function equalButPort(registered: ParsedRedirectUri | undefined, requested: ParsedRedirectUri): boolean {
  return (
    registered?.kind === 'http-loopback' &&
    registered.host === requested.host &&
    pathOf(registered) === pathOf(requested) &&
    registered.query === requested.query
  );
}

/** An empty path and `/` are one request target (RFC 9110 section 4.2.3). */
function pathOf(uri: ParsedRedirectUri): string {
  return uri.path === '' ? '/' : uri.path;
}
