import { InvalidClientMetadataError } from '../errors/registration.error.js';
import { isJsonObject } from './text.rules.js';

/** How deep a request may nest, the object itself included. */
const MAX_DEPTH = 32;

/**
 * The body of a request as a JSON object (RFC 7591 section 3.1).
 * @throws InvalidClientMetadataError for anything else, and for one that nests deeper than 32 levels
 */
export function requireJsonObject(body: unknown): Readonly<Record<string, unknown>> {
  if (!isJsonObject(body)) throw new InvalidClientMetadataError('the request body must be a JSON object');
  refuseDeepNesting(body);
  return body;
}

/** Level by level, not by recursion: what it protects from is a stack that overflows. */
function refuseDeepNesting(body: object): void {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw new InvalidClientMetadataError(`the request body must not nest deeper than ${MAX_DEPTH} levels`);
    }
    level = level.flatMap((parent) =>
      Object.values(parent).filter((child) => typeof child === 'object' && child !== null),
    );
  }
}
