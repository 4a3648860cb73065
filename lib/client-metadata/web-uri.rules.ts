import { NONE, violation, type MetadataRule } from './metadata-rule.js';
import { HTTPS_RULE, isLoopbackHost, readUri } from './uri.js';

/**
 * A web page or an image (RFC 7591 section 2). http is for a client under development on the user's own machine only;
 * anywhere else somebody on the way could change what a person reads before they consent.
 */
export const webUri: MetadataRule = (value) => {
  const uri = readUri(value);
  if (typeof uri === 'string') return violation(uri);
  if (uri.scheme === 'https' || (uri.scheme === 'http' && isLoopbackHost(uri.host))) return NONE;
  return violation(HTTPS_RULE);
};

/** A page that a protocol opens or calls, such as `frontchannel_logout_uri`: a fragment never reaches a server. */
export const callbackUri: MetadataRule = (value) => {
  const violations = webUri(value);
  if (violations !== NONE) return violations;
  return String(value).includes('#') ? violation('must not contain a fragment') : NONE;
};

/** A resource that this server fetches or calls, such as `jwks_uri` (RFC 7591 section 2): https and no fragment. */
export const httpsUri: MetadataRule = (value) => {
  const uri = readUri(value);
  if (typeof uri === 'string') return violation(uri);
  if (uri.scheme !== 'https') return violation('must use https');
  return uri.fragment === undefined ? NONE : violation('must not contain a fragment');
};
