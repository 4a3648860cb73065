// The client of the floors: a row of 25 columns, hashes instead of secrets, and the answer of RFC 7591 section 3.2.1.
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

/** Metadata of RFC 7591 section 2 that is stored as it comes, and the type of its column. */
const METADATA = {
  redirect_uris: 'json',
  token_endpoint_auth_method: 'text',
  grant_types: 'json',
  response_types: 'json',
  client_name: 'text',
  client_uri: 'text',
  logo_uri: 'text',
  scope: 'text',
  contacts: 'json',
  tos_uri: 'text',
  policy_uri: 'text',
  jwks_uri: 'text',
  jwks: 'json',
  software_id: 'text',
  software_version: 'text',
  application_type: 'text',
};

/** All 25 columns. */
export const COLUMNS = {
  client_id: 'varchar',
  client_id_issued_at: 'bigint',
  client_secret_hash: 'varchar',
  client_secret_expires_at: 'bigint',
  registration_access_token_hash: 'varchar',
  source: 'varchar',
  owner: 'varchar',
  status: 'varchar',
  version: 'int',
  ...METADATA,
};

/** What a registration stores, and what it shows this once. */
export function newClient(body) {
  const isPublic = body.token_endpoint_auth_method === 'none';
  const clientSecret = isPublic ? undefined : newSecret();
  const registrationAccessToken = newSecret();
  const row = {
    client_id: randomUUID(),
    client_id_issued_at: Math.floor(Date.now() / 1000),
    client_secret_hash: isPublic ? null : hashOf(clientSecret),
    client_secret_expires_at: isPublic ? null : 0,
    registration_access_token_hash: hashOf(registrationAccessToken),
    source: 'dynamic',
    owner: null,
    status: 'active',
    version: 1,
  };
  for (const name of Object.keys(METADATA)) row[name] = body[name] ?? null;
  return { row, answer: informationOf(row, clientSecret, registrationAccessToken) };
}

/** The client information response. */
export function informationOf(row, clientSecret, registrationAccessToken) {
  const information = {
    client_id: row.client_id,
    client_id_issued_at: Number(row.client_id_issued_at),
    client_secret: clientSecret,
    client_secret_expires_at: row.client_secret_hash === null ? undefined : Number(row.client_secret_expires_at),
    registration_access_token: registrationAccessToken,
    registration_client_uri: `https://auth.example.com/register/${row.client_id}`,
  };
  for (const name of Object.keys(METADATA)) information[name] = row[name] ?? undefined;
  return information;
}

export function hashOf(secret) {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether the header has the registration access token of this client. */
export function isManagedBy(row, authorization) {
  const presented = Buffer.from(hashOf(bearerOf(authorization)));
  return Boolean(row) && timingSafeEqual(presented, Buffer.from(row.registration_access_token_hash));
}

export function bearerOf(authorization) {
  return authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : '';
}

function newSecret() {
  return randomBytes(32).toString('base64url');
}
