import CachePolicy from 'http-cache-semantics';
import { LRUCache } from 'lru-cache';

/** How long a document is good that says nothing about it (RFC 9111 section 4.2.2). */
const HEURISTIC_SECONDS = 300;

/** A document that was validated, and how long it is good. */
export interface CachedDocument {
  readonly value: object;
  readonly bytes: number;
  readonly policy: CachePolicy;
  /** In milliseconds since the epoch. */
  readonly freshUntil: number;
}

/** What is asked for, as a cache sees it. */
export interface CacheRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Keeps documents by the rules of HTTP (RFC 9111), within bounds of its own. The one that was not used for the longest time goes first. */
export class DocumentCache {
  private readonly documents: LRUCache<string, CachedDocument>;

  constructor(
    documents: number,
    bytes: number,
    private readonly minimumSeconds: number,
    private readonly maximumSeconds: number,
  ) {
    this.documents = new LRUCache({ max: documents, maxSize: bytes, sizeCalculation: (document) => document.bytes });
  }

  get(key: string): CachedDocument | undefined {
    return this.documents.get(key);
  }

  isFresh({ freshUntil }: CachedDocument): boolean {
    return Date.now() < freshUntil;
  }

  /** The headers with which the origin is asked whether a document is still the same. */
  conditions(cached: CachedDocument, { url, headers }: CacheRequest): Record<string, string> {
    return cached.policy.revalidationHeaders({ url, headers }) as Record<string, string>;
  }

  /** Keeps a document, unless its origin says no. */
  keep(key: string, value: object, bytes: number, request: CacheRequest, response: Response): void {
    const headers = headersOf(response);
    const saysNothing = !['cache-control', 'expires', 'pragma'].some((name) => name in headers);
    const policy = new CachePolicy(
      request,
      {
        status: response.status,
        headers: { ...headers, ...(saysNothing && { 'cache-control': `max-age=${HEURISTIC_SECONDS}` }) },
      },
      // The rules of a cache with one user: this server.
      { shared: false },
    );
    if (policy.storable() || this.minimumSeconds > 0) this.documents.set(key, this.entry(value, bytes, policy));
    else this.documents.delete(key);
  }

  /** The origin has answered that a document is still the same (304). */
  prolong(key: string, cached: CachedDocument, request: CacheRequest, response: Response): void {
    const { policy } = cached.policy.revalidatedPolicy(request, { status: 304, headers: headersOf(response) });
    this.documents.set(key, this.entry(cached.value, cached.bytes, policy));
  }

  private entry(value: object, bytes: number, policy: CachePolicy): CachedDocument {
    const ofOrigin = policy.storable() ? policy.timeToLive() / 1000 : 0;
    const seconds = Math.max(this.minimumSeconds, Math.min(ofOrigin, this.maximumSeconds));
    return { value, bytes: Math.max(1, bytes), policy, freshUntil: Date.now() + seconds * 1000 };
  }
}

function headersOf(response: Response): Record<string, string> {
  const headers = Object.fromEntries(response.headers);
  const { 'cache-control': directives } = headers;
  // `No-Store` is `no-store` (RFC 9111 section 5.2), which the library only knows in lower case.
  return directives === undefined ? headers : { ...headers, 'cache-control': directives.toLowerCase() };
}
