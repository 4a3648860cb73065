import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A reverse proxy before an application. */
export interface PathProxy {
  readonly port: number;
  close(): Promise<void>;
}

const END_OF_HEADERS = '\r\n\r\n';
const END_OF_CHUNKS = '0\r\n\r\n';

/**
 * Takes a path off the requests below it and leaves everything else of them, and other requests, byte for byte as it is, for tests of
 * malformed ones. It passes a request on once it has all of it, as proxies do: whoever refuses a body does not read the rest of it. A
 * connection ends with its first request, so that no more than that has to be understood.
 */
export async function startPathProxy(stripped: string, target: number, port: number): Promise<PathProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    keep(open, client);
    let received = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf(END_OF_HEADERS);
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const body = received.subarray(end + END_OF_HEADERS.length);
      if (!isComplete(head, body)) return;
      client.off('data', read);
      const upstream = connect(target, '127.0.0.1');
      keep(open, upstream);
      upstream.on('error', () => client.end());
      client.on('close', () => upstream.destroy());
      upstream.write(Buffer.concat([Buffer.from(rewritten(head, stripped), 'latin1'), body]));
      upstream.pipe(client);
      client.resume();
    };
    client.on('data', read).on('error', () => client.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function keep(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
}

function isComplete(head: string, body: Buffer): boolean {
  if (/^transfer-encoding:/im.test(head)) return body.subarray(-END_OF_CHUNKS.length).toString() === END_OF_CHUNKS;
  return body.length >= Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
}

function rewritten(head: string, stripped: string): string {
  const [requestLine = '', ...headers] = head.split('\r\n');
  const [method = '', target = '', ...version] = requestLine.split(' ');
  const isBelow = target === stripped || target.startsWith(`${stripped}/`);
  const lines = [
    [method, isBelow ? target.slice(stripped.length) : target, ...version].join(' '),
    ...headers.filter((header) => !/^connection:/i.test(header)),
    'Connection: close',
  ];
  return lines.join('\r\n') + END_OF_HEADERS;
}
