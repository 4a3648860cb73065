import type { ClientMetadataMapper } from '../../client/client-metadata.mapper.js';
import { previousSecret } from '../../client-secret/stored-secret.js';
import { clientState, type OAuthClientRecord } from '../../index.js';
import { epochNow } from '../../token/clock.js';

/** A client as a JSON object with the names of the wire; members without a value are left out. */
export type ClientDocument = Readonly<Record<string, unknown>>;

/** What a client is, with nothing that could be used in its name. Times are seconds since the epoch. */
export function clientDocument(client: OAuthClientRecord, mapper: ClientMetadataMapper): ClientDocument {
  return withoutAbsent({
    client_id: client.clientId,
    client_id_issued_at: client.clientIdIssuedAt,
    status: clientState(client, epochNow()),
    version: client.version,
    source: client.source,
    registered_openly: client.registeredOpenly,
    owner: client.owner,
    tenant: client.tenant,
    expires_at: client.expiresAt,
    last_used_at: client.lastUsedAt,
    initial_access_token_id: client.initialAccessTokenId,
    bounds: client.bounds,
    client_secret_expires_at: client.clientSecretExpiresAt,
    previous_client_secret_expires_at: previousSecret(client) && client.previousClientSecretExpiresAt,
    ...mapper.toMetadata(client),
  });
}

/**
 * The same with the hashes of its credentials and with the metadata that is not known here, such as fields of a host's own: everything that another
 * database needs to have the same client. The same client is always the same text, in whatever order its metadata was sent.
 */
export function storedClientDocument(client: OAuthClientRecord, mapper: ClientMetadataMapper): ClientDocument {
  const additional = client.additionalMetadata ?? {};
  const columns = Object.entries(clientDocument(client, mapper)).filter(([name]) => !Object.hasOwn(additional, name));
  return withoutAbsent({
    ...Object.fromEntries(columns),
    status: client.status,
    // Another database counts its own changes.
    version: undefined,
    ...Object.fromEntries(Object.entries(additional).toSorted(([one], [other]) => (one < other ? -1 : 1))),
    client_secret_hash: client.clientSecretHash,
    client_secret_encrypted: client.clientSecretEncrypted,
    registration_access_token_hash: client.registrationAccessTokenHash,
    previous_client_secret_hash: client.previousClientSecretHash,
    previous_client_secret_expires_at: client.previousClientSecretExpiresAt,
    previous_client_secret_encrypted: client.previousClientSecretEncrypted,
    previous_registration_access_token_hash: client.previousRegistrationAccessTokenHash,
    previous_registration_access_token_expires_at: client.previousRegistrationAccessTokenExpiresAt,
    folding_key: client.foldingKey,
  });
}

function withoutAbsent(members: Record<string, unknown>): ClientDocument {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
