import { CIBA_GRANT } from './backchannel-authentication.rules.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { ofField, type ConsistencyRule, type FieldViolation } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import { readUri } from './uri.js';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Whether pairwise subjects can be made for a client: all it is reached at has to be of one host, or to be listed at one (OpenID Connect Core section 8.1). */
export const subjectTypeRules: readonly ConsistencyRule[] = [
  {
    reads: [
      'subject_type',
      'redirect_uris',
      'grant_types',
      'jwks_uri',
      'backchannel_token_delivery_mode',
      'backchannel_client_notification_endpoint',
      'backchannel_authentication_request_signing_alg',
      'token_endpoint_auth_method',
      'sector_identifier_uri',
    ],
    check: pairwiseSector,
  },
];

/** What `sector_identifier_uri` has to list, each by the name that an error tells (OpenID Connect Registration section 5, CIBA section 4). */
export function urisOfSector(metadata: ClientMetadata): readonly { readonly name: string; readonly uri: string }[] {
  const others = metadata.subject_type === 'pairwise' ? sectorFields(metadata) : [];
  return [
    ...(metadata.redirect_uris ?? []).map((uri, index) => ({ name: `redirect_uris[${index}]`, uri })),
    ...others.flatMap((name) => {
      const uri = name === 'redirect_uris' ? undefined : metadata[name];
      return uri === undefined ? [] : [{ name, uri }];
    }),
  ];
}

function pairwiseSector(metadata: ClientMetadata): readonly FieldViolation[] {
  // What a sector identifier lists is read when everything else is right.
  if (metadata.subject_type !== 'pairwise' || metadata.sector_identifier_uri !== undefined) return NONE;
  const fields = sectorFields(metadata);
  const uris = fields.flatMap((field) => metadata[field] ?? [undefined]);
  const hosts = new Set(uris.map(hostOf));
  // A client that no person is ever sent to or asked for has no subjects.
  if (hosts.size > 1 || hosts.has(undefined))
    return ofField('subject_type', `pairwise needs one host across ${fields.join(', ')}`);
  return fields.includes('jwks_uri') && !provesKeys(metadata)
    ? ofField('subject_type', 'pairwise needs a client that proves its keys where its sector is that of jwks_uri')
    : NONE;
}

/** Where the sector of a client comes from: its redirection URIs, and what CIBA section 4 takes for clients that have none. */
function sectorFields({ redirect_uris: redirects = [], grant_types: grants = [], ...metadata }: ClientMetadata) {
  const isPushed = metadata.backchannel_token_delivery_mode === 'push';
  const fields: ('redirect_uris' | 'jwks_uri' | 'backchannel_client_notification_endpoint')[] = [];
  if (redirects.length > 0) fields.push('redirect_uris');
  if (grants.includes(DEVICE_GRANT) || (grants.includes(CIBA_GRANT) && !isPushed)) fields.push('jwks_uri');
  if (grants.includes(CIBA_GRANT) && isPushed) fields.push('backchannel_client_notification_endpoint');
  return fields;
}

/** Anybody could name the key set of another client: the sector is that of who signs with the keys (CIBA section 4). */
function provesKeys(metadata: ClientMetadata): boolean {
  return (
    metadata.token_endpoint_auth_method === 'private_key_jwt' ||
    metadata.token_endpoint_auth_method === 'self_signed_tls_client_auth' ||
    metadata.backchannel_authentication_request_signing_alg !== undefined
  );
}

/** What follows a private-use scheme is no host, and nobody's: an application may claim any name there. */
function hostOf(uri: string | undefined): string | undefined {
  const parts = readUri(uri);
  if (typeof parts === 'string') return undefined;
  return parts.scheme === 'https' || parts.scheme === 'http' ? parts.host : undefined;
}
