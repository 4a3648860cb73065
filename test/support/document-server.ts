import { Injectable, type Provider } from '@nestjs/common';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { Socket, type AddressInfo } from 'node:net';
import { HostResolver, OutboundRequests, type HostAddress } from 'nestjs-dynamic-registration';
import { vi } from 'vitest';

const pem = (name: string): string => readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');

export interface DocumentServerSetup {
  /** A file of `tls/`, or `none` for http. @default 'server' */
  readonly certificate?: 'server' | 'other' | 'self-signed' | 'none';
  /** @default '127.0.0.1' */
  readonly address?: string;
}

/** A request that a document server was sent. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server of somebody else on the loopback interface, which answers as a test says. */
export interface DocumentServer {
  readonly port: number;
  readonly requests: RecordedRequest[];
  /** How many connections were opened. */
  readonly connections: number;
  /** How many of them are still open. */
  readonly openConnections: number;
  /** What it answers from now on. */
  answer(listener: RequestListener): void;
  /** The same as JSON. */
  answerJson(body: unknown, headers?: Readonly<Record<string, string>>): void;
  url(host: string, path?: string): string;
  /** Forgets what it has recorded. */
  forget(): void;
  close(): Promise<void>;
}

/** Starts a server, https by default, which answers 404 until it is told something else. */
export async function startDocumentServer({
  certificate = 'server',
  address = '127.0.0.1',
}: DocumentServerSetup = {}): Promise<DocumentServer> {
  const requests: RecordedRequest[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let listener: RequestListener = (_request, response) => response.writeHead(404).end();
  const record: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, path: url, headers });
    listener(request, response);
  };
  const server =
    certificate === 'none'
      ? createHttpServer(record)
      : createServer({ key: pem(`${certificate}-key`), cert: pem(certificate) }, record);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scheme = certificate === 'none' ? 'http' : 'https';
  return {
    port,
    requests,
    get connections() {
      return connections;
    },
    get openConnections() {
      return open.size;
    },
    answer(next) {
      listener = next;
    },
    answerJson(body, headers = {}) {
      listener = (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    },
    url: (host, path = '/') => `${scheme}://${host}:${port}${path}`,
    forget() {
      requests.length = 0;
      connections = 0;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers as a test says, and records every question. */
@Injectable()
export class RecordingHostResolver extends HostResolver {
  readonly questions: string[] = [];
  private readonly answers = new Map<string, (readonly string[])[]>();

  /** What a name is answered: each list once, the last one from then on. */
  answer(hostname: string, ...answers: (readonly string[])[]): this {
    this.answers.set(hostname, answers);
    return this;
  }

  override async resolve(hostname: string): Promise<readonly HostAddress[]> {
    this.questions.push(hostname);
    const answers = this.answers.get(hostname) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) throw new Error(`queryA ENOTFOUND ${hostname}`);
    return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }
}

/** Trusts the CA of the tests. */
@Injectable()
export class TrustingOutboundRequests extends OutboundRequests {
  protected override connectOptions(): { readonly ca: string } {
    return { ca: pem('ca') };
  }
}

/** Reads documents from such servers: what a host would put into its `providers`. */
export function documentProviders(resolver: HostResolver): Provider[] {
  return [
    { provide: OutboundRequests, useClass: TrustingOutboundRequests },
    { provide: HostResolver, useValue: resolver },
  ];
}

/** Where this process connects to, from now on until `stop()`. */
export interface WatchedSockets {
  /** `host:port` of each, as it was asked for. */
  readonly targets: string[];
  stop(): void;
}

/** Watches the one method behind all of `node:net`, `node:tls`, `node:http` and undici: the diagnostics channel of `node:net` tells of no TLS. */
export function watchSockets(): WatchedSockets {
  const targets: string[] = [];
  const connect = Socket.prototype.connect as (...parameters: unknown[]) => Socket;
  const spy = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (
    this: Socket,
    ...parameters: unknown[]
  ) {
    targets.push(targetOf(parameters));
    return connect.apply(this, parameters);
  });
  return { targets, stop: () => spy.mockRestore() };
}

function targetOf(parameters: readonly unknown[]): string {
  const [first, second] = parameters.flat();
  if (typeof first !== 'object' || first === null) return `${String(second)}:${String(first)}`;
  const { host, port, path } = first as { host?: string; port?: number; path?: string };
  return path ?? `${host}:${port}`;
}
