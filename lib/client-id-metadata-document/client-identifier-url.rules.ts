import { isClientId } from '../client/client.rules.js';
import { isLoopbackHost, readUri } from '../client-metadata/uri.js';

/**
 * The host of a client identifier URL, with its port if it has one (OAuth Client ID Metadata Document section 3): https, a path, no fragment, user
 * information or dot segments. Judged as it is spelled, since the URL is the name of the client.
 * @param allowLoopback whether http on a loopback host will do, for development
 * @returns undefined for what is none
 */
export function clientIdentifierHost(clientId: string, allowLoopback: boolean): string | undefined {
  if (!clientId.startsWith('https://') && !(allowLoopback && clientId.startsWith('http://'))) return undefined;
  const uri = readUri(clientId);
  if (typeof uri === 'string' || !isClientId(clientId)) return undefined;
  if (uri.path === '' || uri.fragment !== undefined) return undefined;
  const host = uri.port === undefined ? uri.host : `${uri.host}:${uri.port}`;
  return uri.scheme === 'https' || isLoopbackHost(uri.host) ? host : undefined;
}

/**
 * Whether a host is one of those named, label by label, with the port of its name.
 * @param patterns names, and `*.example.com` for every name below one
 */
export function isHostOf(patterns: readonly string[], host: string): boolean {
  const labels = host.split('.');
  return patterns.some((pattern) => {
    if (!pattern.startsWith('*.')) return pattern === host;
    const parent = pattern.slice(2).split('.');
    return labels.length > parent.length && labels.slice(-parent.length).join('.') === parent.join('.');
  });
}
