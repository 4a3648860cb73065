import { ofField, type ConsistencyRule } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import { parseRedirectUris, type ParsedRedirectUri } from './redirect-uri.rules.js';
import { readUri, type Uri } from './uri.js';

/** Logout of a client: where, and over what (OpenID Connect Front-Channel, Back-Channel and RP-Initiated Logout). */
export const logoutRules: readonly ConsistencyRule[] = [
  {
    reads: ['frontchannel_logout_uri', 'redirect_uris'],
    check: ({ frontchannel_logout_uri: uri, redirect_uris: redirects = [] }) => {
      const page = uri === undefined ? undefined : readUri(uri);
      if (page === undefined || typeof page === 'string') return NONE;
      const isOfRedirect = parseRedirectUris(redirects).some((redirect) => isSameOrigin(page, redirect));
      return isOfRedirect
        ? NONE
        : ofField('frontchannel_logout_uri', 'must have the scheme, host and port of one of redirect_uris');
    },
  },
  ...(['frontchannel', 'backchannel'] as const).map((channel): ConsistencyRule => {
    const [uri, isSession] = [`${channel}_logout_uri`, `${channel}_logout_session_required`] as const;
    return {
      reads: [isSession, uri],
      check: (metadata) =>
        metadata[isSession] === true && metadata[uri] === undefined ? ofField(isSession, `needs ${uri}`) : NONE,
    };
  }),
  {
    reads: ['frontchannel_logout_uri', 'token_endpoint_auth_method'],
    check: ({ token_endpoint_auth_method: method, frontchannel_logout_uri: uri }) =>
      method === 'none' && isHttp(uri) ? ofField('frontchannel_logout_uri', CONFIDENTIAL) : NONE,
  },
  {
    // A native client listens on its loopback address for this redirection as for any other (RFC 8252 section 7.3).
    reads: ['post_logout_redirect_uris', 'token_endpoint_auth_method', 'application_type'],
    check: ({ token_endpoint_auth_method: method, application_type: type, post_logout_redirect_uris: uris = [] }) =>
      method !== 'none' || type === 'native'
        ? NONE
        : uris.flatMap((uri, i) => (isHttp(uri) ? ofField('post_logout_redirect_uris', CONFIDENTIAL, `[${i}]`) : NONE)),
  },
];

/** RP-Initiated Logout section 3.1: http is for confidential clients alone. */
const CONFIDENTIAL = 'must use https in a public client';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

function isSameOrigin(page: Uri, redirect: ParsedRedirectUri | undefined): boolean {
  return page.scheme === redirect?.scheme && page.host === redirect.host && portOf(page) === portOf(redirect);
}

function portOf({ scheme, port }: Pick<Uri, 'scheme' | 'port'>): string | undefined {
  return port ?? DEFAULT_PORTS[scheme];
}

function isHttp(uri: string | undefined): boolean {
  return uri?.toLowerCase().startsWith('http:') ?? false;
}
