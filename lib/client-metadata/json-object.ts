import { InvalidClientMetadataError, InvalidRequestError } from '../errors/registration.error.js';
import { isJsonObject } from './text.rules.js';

/** How deep a request may nest, the object itself included. */
const MAX_DEPTH = 32;

/**
 * The body of a request as a JSON object (RFC 7591 section 3.1).
 * @param maxBytes how long it may be, without white space
 * @param what the value in words, where it is not the body of a request
 * @throws InvalidClientMetadataError for anything else, and for one that nests deeper than 32 levels
 * @throws InvalidRequestError for one that is too long
 */
export function requireJsonObject(
  body: unknown,
  maxBytes: number,
  what = 'the request body',
): Readonly<Record<string, unknown>> {
  if (!isJsonObject(body)) throw new InvalidClientMetadataError(`${what} must be a JSON object`);
  refuseDeepNesting(body, what);
  if (Buffer.byteLength(JSON.stringify(body)) > maxBytes) {
    throw new InvalidRequestError(`${what} must not be longer than ${maxBytes} bytes`, 413);
  }
  return body;
}

/** Level by level, not by recursion: what it protects from is a stack that overflows. */
function refuseDeepNesting(body: object, what: string): void {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw new InvalidClientMetadataError(`${what} must not nest deeper than ${MAX_DEPTH} levels`);
    }
    const next: object[] = [];
    for (const parent of level) {
      for (const child of Object.values(parent)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
}
