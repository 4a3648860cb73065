import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { isSymmetric } from '../client-metadata/jose-algorithms.js';
import type { MetadataTable } from '../client-metadata/metadata-table.js';

/**
 * Whether a client has a secret (RFC 7591 section 3.2.1), and what for: to present it, for which a hash is enough, or as a key of algorithms,
 * for which the server needs it in clear.
 */
export type SecretNeed = 'none' | 'to-present' | 'as-key';

/** What a client needs a secret for: its authentication method, and any algorithm whose key is the secret (OpenID Connect Core section 10). */
export function secretNeedOf(metadata: ClientMetadata, table: MetadataTable): SecretNeed {
  const method = metadata.token_endpoint_auth_method;
  if (method === 'client_secret_jwt') return 'as-key';
  for (const { name, algorithm } of table.values()) {
    if (algorithm !== undefined && isSymmetric(String(Reflect.get(metadata, name)))) return 'as-key';
  }
  return method === 'client_secret_basic' || method === 'client_secret_post' ? 'to-present' : 'none';
}
