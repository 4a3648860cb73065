import { Injectable } from '@nestjs/common';
import { OutboundRequestError } from '../outbound-requests/outbound-request.error.js';
import { OutboundRequests } from '../outbound-requests/outbound-requests.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { DocumentCache, type CachedDocument } from './document.cache.js';

/** Bytes of all documents that are kept. */
const CACHED_BYTES = 16 * 1024 * 1024;

/** A JSON document at a URL, and what makes it acceptable. */
export interface DocumentRequest<T extends object> {
  /** What the document is read as: the same URL read for something else is another document. */
  readonly purpose: string;
  readonly url: string;
  /** How long it may be, decompressed. */
  readonly maximumBytes: number;
  /**
   * Checks the parsed JSON and makes of it what is kept.
   * @throws OutboundRequestError for what is none of these documents
   */
  readonly read: (json: unknown) => T | Promise<T>;
  /** Whether a kept document will not do, however fresh it is. @default false */
  readonly isRenewed?: boolean;
}

/**
 * Reads JSON documents of others, over `OutboundRequests`. They are kept by the rules of HTTP, only when they were acceptable; an error is never kept.
 * Whoever asks for a document that is being read waits for the same request.
 */
@Injectable()
export class RemoteDocuments {
  private readonly cache: DocumentCache;
  private readonly running = new Map<string, Promise<object>>();

  constructor(
    private readonly requests: OutboundRequests,
    config: RegistrationConfiguration,
  ) {
    const { cachedDocuments, minimumCacheSeconds, maximumCacheSeconds } = config.outboundRequests;
    this.cache = new DocumentCache(cachedDocuments, CACHED_BYTES, minimumCacheSeconds, maximumCacheSeconds);
  }

  /**
   * The document as it is now, or was a moment ago as far as its origin allows.
   * @throws OutboundRequestError when it cannot be had, or is not acceptable
   */
  async read<T extends object>(request: DocumentRequest<T>): Promise<T> {
    const key = JSON.stringify([request.purpose, request.url]);
    const kept = this.cache.get(key);
    if (kept && !request.isRenewed && this.cache.isFresh(kept)) return kept.value as T;
    const running = this.running.get(key);
    if (running) return running as Promise<T>;
    const reading = this.request(key, request, kept).finally(() => this.running.delete(key));
    this.running.set(key, reading);
    return reading;
  }

  private async request<T extends object>(
    key: string,
    { url, maximumBytes, read }: DocumentRequest<T>,
    kept: CachedDocument | undefined,
  ): Promise<T> {
    const asked = { url, headers: { accept: 'application/json' } };
    const headers = kept ? this.cache.conditions(kept, asked) : asked.headers;
    const response = await this.requests.fetch(url, { headers }, maximumBytes);
    if (kept && response.status === 304 && isConditional(headers)) {
      this.cache.prolong(key, kept, asked, response);
      return kept.value as T;
    }
    requireJson(response);
    const text = await response.text();
    const value = await read(parsed(text));
    this.cache.keep(key, value, Buffer.byteLength(text), asked, response);
    return value;
  }
}

/** Whether a 304 can be meant: nobody is told that a document is the same who has not asked (RFC 9110 section 15.4.5). */
function isConditional(headers: Readonly<Record<string, string>>): boolean {
  return 'if-none-match' in headers || 'if-modified-since' in headers;
}

function requireJson({ status, headers }: Response): void {
  // Where a server is busy or broken the document may be there later.
  if (status !== 200)
    throw new OutboundRequestError(
      `the answer has status ${status}`,
      [408, 425, 429].includes(status) || status >= 500,
    );
  const mediaType = headers.get('content-type') ?? '';
  if (!JSON_MEDIA_TYPE.test(mediaType)) throw new OutboundRequestError('the answer is not declared as JSON', false);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OutboundRequestError('the answer is no JSON', false, { cause: error });
  }
}

/** `application/json`, or a type of its own that is JSON (RFC 6839 section 3.1). */
const JSON_MEDIA_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
