import { CIBA_GRANT } from './backchannel-authentication.rules.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import { ofField, type ConsistencyRule } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import { readUri } from './uri.js';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** Whether pairwise subjects can be made for a client: all it is reached at has to be of one host (OpenID Connect Core section 8.1). */
export const subjectTypeRules: readonly ConsistencyRule[] = [
  {
    reads: ['sector_identifier_uri'],
    // To be trusted it has to be read, and to list every redirection URI (OpenID Connect Registration section 5).
    check: ({ sector_identifier_uri: uri }) =>
      uri === undefined ? NONE : ofField('sector_identifier_uri', 'is not supported by this server'),
  },
  {
    reads: [
      'subject_type',
      'redirect_uris',
      'grant_types',
      'jwks_uri',
      'backchannel_token_delivery_mode',
      'backchannel_client_notification_endpoint',
      'sector_identifier_uri',
    ],
    check: (metadata) =>
      metadata.subject_type === 'pairwise' && !hasOneSector(metadata)
        ? ofField('subject_type', `pairwise needs one host across ${sectorFields(metadata).join(', ')}`)
        : NONE,
  },
];

function hasOneSector(metadata: ClientMetadata): boolean {
  const uris = sectorFields(metadata).flatMap((field) => metadata[field] ?? [undefined]);
  const hosts = new Set(uris.map(hostOf));
  // A client that no person is ever sent to or asked for has no subjects.
  return hosts.size === 0 || (hosts.size === 1 && !hosts.has(undefined));
}

/** Where the sector of a client comes from: its redirection URIs, and what CIBA section 4 takes for clients that have none. */
function sectorFields({ redirect_uris: redirects = [], grant_types: grants = [], ...metadata }: ClientMetadata) {
  const isPushed = metadata.backchannel_token_delivery_mode === 'push';
  const fields: ('redirect_uris' | 'jwks_uri' | 'backchannel_client_notification_endpoint')[] = [];
  if (grants.includes(DEVICE_GRANT) || (grants.includes(CIBA_GRANT) && !isPushed)) fields.push('jwks_uri');
  if (grants.includes(CIBA_GRANT) && isPushed) fields.push('backchannel_client_notification_endpoint');
  return redirects.length > 0 || fields.length === 0 ? (['redirect_uris', ...fields] as const) : fields;
}

function hostOf(uri: string | undefined): string | undefined {
  const parts = readUri(uri);
  return typeof parts === 'string' ? undefined : parts.host;
}
