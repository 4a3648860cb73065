import { connect } from 'node:net';
import { pathsAt } from './request-path.js';
import type { JsonResponse } from './start-server.js';

/** A request as it stands on the wire, for what `fetch` corrects or refuses to send. */
export interface RawRequest {
  readonly method?: string;
  /** The request target, byte for byte; a path of the module is moved to where the host has it. */
  readonly path?: string;
  /** Sent in this order, the same name twice if need be; `Host` is added unless it is among them. */
  readonly headers?: readonly (readonly [string, string])[];
  /** Sent with `Content-Length`, unless there is a `Transfer-Encoding`: then byte for byte. */
  readonly body?: string | Buffer;
}

/** An answer with its body as text; `body` is what the text is in JSON, and undefined when it is none. */
export interface RawResponse extends JsonResponse {
  readonly text: string;
}

const PATIENCE = 10_000;

/** Sends the bytes of one request on a connection of its own, and reads until the server closes it. */
export async function rawRequest(
  port: number,
  { method = 'POST', path = '/register', headers = [], body }: RawRequest,
): Promise<RawResponse> {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const length = body === undefined || names.has('transfer-encoding') || names.has('content-length');
  const lines = [
    `${method} ${pathsAt(port)(path)} HTTP/1.1`,
    ...(names.has('host') ? [] : [`Host: 127.0.0.1:${port}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(length ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    'Connection: close',
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const bytes = await exchange(port, Buffer.concat([head, Buffer.from(body ?? '')]));
  return parse(bytes);
}

async function exchange(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('the server did not answer in time')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => {
      // A server that has refused a body need not read the rest of it.
      if (chunks.length === 0) reject(error);
    });
    socket.on('close', () => {
      if (chunks.length > 0) resolve(Buffer.concat(chunks));
      else reject(new Error('the server closed the connection without an answer'));
    });
    socket.write(request);
  });
}

function parse(bytes: Buffer): RawResponse {
  const end = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  const rest = bytes.subarray(end + 4);
  const text = (headers.get('transfer-encoding') === 'chunked' ? unchunked(rest) : rest).toString();
  return { status: Number(statusLine.split(' ')[1]), headers, text, body: json(text) };
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
