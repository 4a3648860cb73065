import type { RedirectUriOptions } from '../dynamic-registration.options.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { ofField, type ConsistencyRule } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import { isReverseDomainScheme, parseRedirectUris, type ParsedRedirectUri } from './redirect-uri.rules.js';

/** What else decides about the application type. */
export interface ApplicationTypeContext {
  readonly unsupportedMetadata: 'narrow' | 'reject';
  readonly grantTypes: readonly string[];
}

/**
 * The application type the redirection URIs are legal for (OpenID Connect Registration section 2, RFC 8252 section 7). Without a requested
 * type, http on a loopback host or a private-use scheme makes a native client. A web client with a private-use scheme becomes a native one
 * in narrow mode, as the server may replace what was asked for (RFC 7591 section 3.2.1).
 */
export function applicationTypeFor(
  requested: string | undefined,
  uris: readonly string[],
  { unsupportedMetadata, grantTypes }: ApplicationTypeContext,
): 'web' | 'native' {
  const kinds = new Set(parseRedirectUris(uris).map((entry) => entry?.kind));
  if (requested === 'native') return 'native';
  if (requested === 'web') {
    const isReplaceable = unsupportedMetadata === 'narrow' && !grantTypes.includes('implicit');
    return kinds.has('private-use') && isReplaceable ? 'native' : 'web';
  }
  if (kinds.has('private-use')) return 'native';
  // https on a loopback host is legal for web clients alone, http there for both.
  return kinds.has('http-loopback') && !kinds.has('https-loopback') ? 'native' : 'web';
}

/** The fields of URIs that a browser is sent to: RP-Initiated Logout section 3.1 and UMA 2.0 Grant section 2 take those of `redirect_uris`. */
export const REDIRECT_URI_FIELDS = ['redirect_uris', 'post_logout_redirect_uris', 'claims_redirect_uris'] as const;

/** Each URI is judged on its own: by the configuration, then for the application type. */
export const redirectUriRules: readonly ConsistencyRule[] = REDIRECT_URI_FIELDS.flatMap((field) => [
  entryRule(field, [], (entry, _metadata, options) => configuredRule(entry, options)),
  entryRule(field, ['application_type', 'grant_types'], (entry, metadata, options) => {
    if (configuredRule(entry, options) !== undefined) return undefined;
    return metadata.application_type === 'native'
      ? nativeRule(entry, options)
      : webRule(entry, options, metadata.grant_types ?? []);
  }),
]);

/** A rule that every entry of a list of redirection URIs is judged by. */
function entryRule(
  field: (typeof REDIRECT_URI_FIELDS)[number],
  reads: readonly string[],
  ruleOf: (
    entry: ParsedRedirectUri,
    metadata: ClientMetadata,
    options: Required<RedirectUriOptions>,
  ) => string | undefined,
): ConsistencyRule {
  return {
    reads: [field, ...reads],
    check: (metadata, { redirectUris }) =>
      parseRedirectUris(metadata[field] ?? []).flatMap((entry, i) => {
        const rule = entry && ruleOf(entry, metadata, redirectUris);
        return rule === undefined ? NONE : ofField(field, rule, `[${i}]`);
      }),
  };
}

/** The rule of the configuration that an entry breaks. */
function configuredRule(entry: ParsedRedirectUri, options: Required<RedirectUriOptions>): string | undefined {
  if (options.forbiddenSchemes.some((scheme) => scheme.toLowerCase() === entry.scheme))
    return 'must not use this scheme';
  if (entry.kind !== 'private-use') return undefined;
  if (options.privateUseSchemes === 'none') return 'must not use a private-use scheme';
  if (options.privateUseSchemes === 'reverse-domain' && !isReverseDomainScheme(entry.scheme)) {
    return 'must use a scheme in reverse domain form, with a period';
  }
  return undefined;
}

function webRule(
  entry: ParsedRedirectUri,
  options: Required<RedirectUriOptions>,
  grantTypes: readonly string[],
): string | undefined {
  if (entry.kind === 'private-use') return 'must not use a private-use scheme in a web client';
  if (grantTypes.includes('implicit') && entry.kind !== 'https') {
    return 'must use https and no loopback host with the implicit grant of a web client';
  }
  if (entry.kind === 'http-loopback' && !options.loopbackHttp) return 'must use https in a web client';
  return undefined;
}

function nativeRule(entry: ParsedRedirectUri, options: Required<RedirectUriOptions>): string | undefined {
  if (entry.kind === 'https-loopback') return 'must use http on a loopback host in a native client';
  if (entry.kind === 'https' && !options.claimedHttps) return 'must not use https in a native client';
  return undefined;
}
