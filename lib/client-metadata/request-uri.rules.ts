import { NONE, violation, type MetadataRule } from './metadata-rule.js';
import { readUri } from './uri.js';

/** The base64url SHA-256 of the content a request URI refers to. */
const SHA_256 = /^[A-Za-z0-9_-]{43}$/;

/**
 * Where a request object is found (OpenID Connect Registration section 2, `request_uris`). The one place where a fragment is allowed:
 * it is the hash of the content, so that the server knows when to fetch it again.
 */
export const requestUri: MetadataRule = (value) => {
  const uri = readUri(value);
  if (typeof uri === 'string') return violation(uri);
  if (uri.scheme !== 'https') return violation('must use https');
  if (uri.fragment === undefined || SHA_256.test(uri.fragment)) return NONE;
  return violation('must have the base64url SHA-256 of the content as its fragment, or none');
};
