import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { redirectUriKind, type RedirectUriKind } from '../client-metadata/redirect-uri.rules.js';
import { readUri } from '../client-metadata/uri.js';

/** Where a URI of a client leads. */
export interface ClientUri {
  /** The member, with its index in a list: `redirect_uris[0]`. */
  readonly name: string;
  /** `undefined` for what no rule accepts: a table that was there before may have such. */
  readonly kind: RedirectUriKind | undefined;
  /** Lower-cased. */
  readonly scheme: string;
  /** Lower-cased, without a port; the empty string where there is none. */
  readonly host: string;
  /** Digits; `undefined` for none and for that of https. */
  readonly port: string | undefined;
}

/** Lists of URIs that get a code, a ticket or a person back. */
const LISTS = ['redirect_uris', 'post_logout_redirect_uris', 'claims_redirect_uris'] as const;

/** Single ones: a page in a frame, and where a login begins. */
const PAGES = ['frontchannel_logout_uri', 'initiate_login_uri'] as const;

/** Every URI of a client that its server sends a browser to. */
export function browserUris(metadata: ClientMetadata): ClientUri[] {
  return [
    ...LISTS.flatMap((field) => listed(field, metadata[field])),
    ...PAGES.flatMap((field) => (isOmitted(metadata[field]) ? [] : clientUri(field, metadata[field]))),
  ];
}

/** The redirect URIs of a client. */
export function redirectUris(metadata: ClientMetadata): ClientUri[] {
  return listed('redirect_uris', metadata.redirect_uris);
}

/** A URI of a client by the name of its member. */
export function clientUri(name: string, value: unknown): ClientUri {
  const uri = readUri(value);
  if (typeof uri === 'string') return { name, kind: undefined, scheme: '', host: '', port: undefined };
  const { scheme, host = '', port } = uri;
  return { name, kind: redirectUriKind(uri), scheme, host, port: port === '443' ? undefined : port };
}

/** The host as lists of hosts name it: with a port that is not the one of https. */
export function hostWithPort({ host, port }: ClientUri): string {
  return port === undefined ? host : `${host}:${port}`;
}

function listed(field: string, uris: readonly string[] = []): ClientUri[] {
  return uris.map((uri, i) => clientUri(`${field}[${i}]`, uri));
}
