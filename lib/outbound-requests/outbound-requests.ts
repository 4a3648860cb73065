import { Injectable } from '@nestjs/common';
import { isIP, type LookupFunction } from 'node:net';
import type * as Undici from 'undici';
import { isLoopbackHost, readUri } from '../client-metadata/uri.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { isGlobalAddress, isLoopbackAddress } from './global-address.rules.js';
import { HostResolver, type HostAddress } from './host.resolver.js';
import { OutboundRequestError } from './outbound-request.error.js';
import { OutboundQueue } from './outbound.queue.js';

/** Bytes of the headers of an answer. */
const HEADER_BYTES = 16_384;
/** Bytes of an answer where the caller names no other bound. */
const BODY_BYTES = 65_536;

/**
 * Requests to URLs that strangers have chosen. https alone, to a machine on the Internet: its name is resolved once and every address judged, then one of
 * those connected to, whatever the name says afterwards. No proxy of the environment, no redirect followed, time and size of the answer bounded.
 */
@Injectable()
export class OutboundRequests {
  private readonly queue: OutboundQueue;

  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly hosts: HostResolver,
  ) {
    const { concurrent, concurrentPerOrigin } = config.outboundRequests;
    this.queue = new OutboundQueue(concurrent, concurrentPerOrigin);
  }

  /**
   * Like `fetch`, with the whole answer read, of whatever status.
   * @param maximumBytes how long the answer may be, decompressed. @default 65536
   * @throws OutboundRequestError when the URL is not allowed or the answer cannot be had
   */
  async fetch(url: string | URL, init: RequestInit = {}, maximumBytes = BODY_BYTES): Promise<Response> {
    const target = this.allowed(String(url));
    // To load it takes as long as to load NestJS, and the command line hardly ever makes a request. The time of others begins after it.
    const undici = await import('undici');
    const deadline = AbortSignal.timeout(this.config.outboundRequests.timeoutSeconds * 1000);
    const signal = init.signal ? AbortSignal.any([deadline, init.signal]) : deadline;
    try {
      // Who waits in it ends at the deadline, too: those before have the same one, or an earlier one.
      return await this.queue.run(target.origin, async () =>
        this.request(undici, target, { ...init, signal }, maximumBytes),
      );
    } catch (error) {
      if (error instanceof OutboundRequestError) throw error;
      throw new OutboundRequestError(`${target.origin} did not answer: ${causeOf(error)}`, true, { cause: error });
    }
  }

  /** What connections are made with beside the address; the certificates that are trusted, for a subclass. */
  protected connectOptions(): { readonly ca?: string } {
    return {};
  }

  private async request(
    { Agent, fetch }: typeof Undici,
    url: URL,
    init: RequestInit & { signal: AbortSignal },
    maximumBytes: number,
  ): Promise<Response> {
    const { signal } = init;
    signal.throwIfAborted();
    const addresses = await aborted(signal, this.addressesOf(url.hostname));
    signal.throwIfAborted();
    // A connection that is being made hears of no end of its agent.
    const ended = new AbortController();
    // One for each request: a connection that is kept would have been judged for an earlier answer of the resolver.
    const agent = new Agent({
      connect: { ...this.connectOptions(), lookup: pinnedTo(addresses), signal: ended.signal },
      maxHeaderSize: HEADER_BYTES,
      pipelining: 0,
    });
    try {
      const own = { headers: [...new Headers(init.headers)], redirect: 'manual', dispatcher: agent };
      const options = { ...init, ...own } as Undici.RequestInit;
      const response = await fetch(url, options);
      const body = await bytesOf(response.body, maximumBytes);
      const headers = new Headers(
        [...response.headers].filter(([name]) => !/^content-(?:encoding|length)$/.test(name)),
      );
      const { status, statusText } = response;
      return new Response(body.length > 0 ? body : null, { status, statusText, headers });
    } finally {
      ended.abort();
      await agent.destroy();
    }
  }

  /** A URL is judged as it is spelled, before any parser repairs it. */
  private allowed(url: string): URL {
    const uri = readUri(url);
    if (typeof uri === 'string') throw new OutboundRequestError(`the URL ${uri}`, false);
    const isLocal = this.config.outboundRequests.allowLoopback && isLoopbackHost(uri.host);
    if (uri.scheme !== 'https' && !(uri.scheme === 'http' && isLocal)) {
      throw new OutboundRequestError('the URL must use https', false);
    }
    return new URL(url);
  }

  private async addressesOf(hostname: string): Promise<readonly HostAddress[]> {
    const literal = hostname.replace(/^\[|\]$/g, '');
    const family = isIP(literal);
    const addresses = family === 0 ? await this.hosts.resolve(hostname) : [{ address: literal, family }];
    if (addresses.length === 0) throw new OutboundRequestError(`${hostname} has no address`, true);
    // One that leads inside is enough: which of them is connected to is not this server's choice alone.
    if (!addresses.every(({ address }) => this.isAllowed(address))) {
      // A name that is only known inside is not told from one that nobody knows.
      throw new OutboundRequestError(`${hostname} has an address that is not one of the Internet`, family === 0);
    }
    return addresses;
  }

  private isAllowed(address: string): boolean {
    return isGlobalAddress(address) || (this.config.outboundRequests.allowLoopback && isLoopbackAddress(address));
  }
}

/** Connects to the addresses that were judged: the name is not asked for a second time. */
function pinnedTo(addresses: readonly HostAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    // As every look-up: a connection that fails at once would otherwise do so before anybody listens, and end the process.
    if (all) process.nextTick(callback, null, [...addresses]);
    else process.nextTick(callback, null, first?.address ?? '', first?.family);
  };
}

/** Reads what arrives decompressed, and stops where it is too much. */
async function bytesOf(body: AsyncIterable<Uint8Array> | null, maximumBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maximumBytes) throw new OutboundRequestError(`the answer is longer than ${maximumBytes} bytes`, false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What no signal reaches is waited for no longer than the signal says. */
async function aborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** undici says `fetch failed`, and why in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
