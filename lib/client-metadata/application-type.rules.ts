import type { RedirectUriOptions } from '../dynamic-registration.options.js';
import { InvalidRedirectUriError } from '../errors/registration.error.js';
import { isReverseDomainScheme, parseRedirectUri, type ParsedRedirectUri } from './redirect-uri.rules.js';

/** What else decides about the redirection URIs of a client. */
export interface ApplicationTypeContext {
  readonly redirectUris: Required<RedirectUriOptions>;
  readonly unsupportedMetadata: 'narrow' | 'reject';
  readonly grantTypes: readonly string[];
}

type Entry = ParsedRedirectUri & { readonly name: string };

/**
 * The application type the redirection URIs are legal for, each judged on its own (OpenID Connect Registration section 2, RFC 8252
 * section 7). Without a requested type, http on a loopback host or a private-use scheme makes a native client. A web client with a
 * private-use scheme becomes a native one in narrow mode, as the server may replace what was asked for (RFC 7591 section 3.2.1).
 * @throws InvalidRedirectUriError naming the entry
 */
export function applicationTypeFor(
  requested: string | undefined,
  uris: readonly string[],
  context: ApplicationTypeContext,
): 'web' | 'native' {
  const entries = uris.flatMap((uri, i): Entry[] => {
    const parsed = parseRedirectUri(uri);
    return parsed ? [{ ...parsed, name: `redirect_uris[${i}]` }] : [];
  });
  for (const entry of entries) refuseConfigured(entry, context.redirectUris);
  const type = requested === 'web' ? webOrNative(entries, context) : (requested ?? derived(entries));
  for (const entry of entries) {
    if (type === 'web') refuseForWeb(entry, context);
    else refuseForNative(entry, context.redirectUris);
  }
  return type === 'web' ? 'web' : 'native';
}

function derived(entries: readonly Entry[]): 'web' | 'native' {
  const kinds = new Set(entries.map(({ kind }) => kind));
  if (kinds.has('private-use')) return 'native';
  // https on a loopback host is legal for web clients alone, http there for both.
  return kinds.has('http-loopback') && !kinds.has('https-loopback') ? 'native' : 'web';
}

function webOrNative(entries: readonly Entry[], context: ApplicationTypeContext): 'web' | 'native' {
  const privateUse = entries.some(({ kind }) => kind === 'private-use');
  const replaceable = context.unsupportedMetadata === 'narrow' && !context.grantTypes.includes('implicit');
  return privateUse && replaceable ? 'native' : 'web';
}

function refuseConfigured(entry: Entry, options: Required<RedirectUriOptions>): void {
  if (options.forbiddenSchemes.some((scheme) => scheme.toLowerCase() === entry.scheme)) {
    throw new InvalidRedirectUriError(`${entry.name} must not use this scheme`);
  }
  if (entry.kind !== 'private-use') return;
  if (options.privateUseSchemes === 'none') {
    throw new InvalidRedirectUriError(`${entry.name} must not use a private-use scheme`);
  }
  if (options.privateUseSchemes === 'reverse-domain' && !isReverseDomainScheme(entry.scheme)) {
    throw new InvalidRedirectUriError(`${entry.name} must use a scheme in reverse domain form, with a period`);
  }
}

function refuseForWeb(entry: Entry, context: ApplicationTypeContext): void {
  if (entry.kind === 'private-use') {
    throw new InvalidRedirectUriError(`${entry.name} must not use a private-use scheme in a web client`);
  }
  if (context.grantTypes.includes('implicit') && entry.kind !== 'https') {
    throw new InvalidRedirectUriError(
      `${entry.name} must use https and no loopback host with the implicit grant of a web client`,
    );
  }
  if (entry.kind === 'http-loopback' && !context.redirectUris.loopbackHttp) {
    throw new InvalidRedirectUriError(`${entry.name} must use https in a web client`);
  }
}

function refuseForNative(entry: Entry, options: Required<RedirectUriOptions>): void {
  if (entry.kind === 'https-loopback') {
    throw new InvalidRedirectUriError(`${entry.name} must use http on a loopback host in a native client`);
  }
  if (entry.kind === 'https' && !options.claimedHttps) {
    throw new InvalidRedirectUriError(`${entry.name} must not use https in a native client`);
  }
}
