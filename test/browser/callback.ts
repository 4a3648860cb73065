import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a client on this machine is called back. */
export interface Callback {
  readonly redirectUri: string;
  /** The next URL it is called with. */
  called(): Promise<URL>;
  close(): Promise<void>;
}

/** Listens on a port of the loopback interface, as a native application does (RFC 8252 section 7.3). */
export async function startCallback(): Promise<Callback> {
  const waiting: ((url: URL) => void)[] = [];
  const arrived: URL[] = [];
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end('<title>called back</title>');
    const url = new URL(request.url ?? '', redirectUri);
    if (url.pathname !== '/cb') return;
    const resolve = waiting.shift();
    if (resolve) resolve(url);
    else arrived.push(url);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cb`;
  return {
    redirectUri,
    called: async () => arrived.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
