const WELL_KNOWN = '/.well-known/oauth-authorization-server';

/** From a path as the tests write it, for an issuer without a path, to the path of the same thing in a host. */
export type RequestPath = (path: string) => string;

export const asWritten: RequestPath = (path) => path;
const byPort = new Map<number, RequestPath>();

/** Below the path of an issuer, and its metadata document where RFC 8414 section 3.1 puts it. */
export function belowIssuer(issuer: string): RequestPath {
  const base = new URL(issuer).pathname.replace(/\/$/, '');
  return (path) => {
    if (path.startsWith('/register')) return base + path;
    return path.startsWith(WELL_KNOWN) ? WELL_KNOWN + base + path.slice(WELL_KNOWN.length) : path;
  };
}

/** Makes the paths of a server known to whoever has its port alone. */
export function rememberPaths(port: number, paths: RequestPath): void {
  byPort.set(port, paths);
}

/** The paths of the server that listens on a port. */
export function pathsAt(port: number): RequestPath {
  return byPort.get(port) ?? asWritten;
}
