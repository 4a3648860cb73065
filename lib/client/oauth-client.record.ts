import type { RegistrationBounds } from '../initial-access-token/registration-bounds.js';

/**
 * What the module keeps of a client, by property name; the names of table and columns are the entity's own business.
 * `OAuthClient` is the ready entity; a host with other columns or another primary key gives its own class that implements this.
 */
export interface OAuthClientRecord {
  /** The client identifier, unique on its own (RFC 6749 section 2.2). */
  clientId: string;
  /** Seconds since the epoch (RFC 7591 section 3.2.1). */
  clientIdIssuedAt: number;
  /** A hash that names its own scheme; `null` for clients without a secret. */
  clientSecretHash: string | null;
  /** Seconds since the epoch, 0 for never; `null` for clients without a secret (RFC 7591 section 3.2.1). */
  clientSecretExpiresAt: number | null;
  /** The secret, encrypted, where it is the key of an algorithm such as HS256; `null` for clients that only present theirs. */
  clientSecretEncrypted: string | null;
  /** SHA-256 of the registration access token; `null` for clients that cannot manage themselves. */
  registrationAccessTokenHash: string | null;
  /** Whether the client registered itself, was added by hand, or is known by a document and stored nowhere. */
  source: ClientSource;
  /** Whether it registered without a credential, and so is bound to the grant types of `openGrantTypes` for good. */
  registeredOpenly: boolean;
  /** Who is responsible: what the guard's credential named. */
  owner: string | null;
  /** In whose part of the server the client lives: what the guard's credential named. */
  tenant: string | null;
  /** Whether it may be used: set by operators and policies, never by the client. */
  status: ClientStatus;
  /** Seconds since the epoch from when on the client is no longer there; `null` for never. */
  expiresAt: number | null;
  /** About when it last proved who it is, in seconds since the epoch; `null` for never. */
  lastUsedAt: number | null;
  /** The id of the initial access token it registered with. */
  initialAccessTokenId: string | null;
  /** What that token allowed, which holds for every later update. */
  bounds: RegistrationBounds | null;
  /** The secret before the last rotation, which is good for a while; in three columns as the current one. */
  previousClientSecretHash: string | null;
  /** Seconds since the epoch. */
  previousClientSecretExpiresAt: number | null;
  previousClientSecretEncrypted: string | null;
  /** SHA-256 of the registration access token before the last rotation, which is good until the new one is used, or for a while. */
  previousRegistrationAccessTokenHash: string | null;
  /** Seconds since the epoch. */
  previousRegistrationAccessTokenExpiresAt: number | null;
  /** What identical registrations have in common, of a client that all of them share; `null` for any other. */
  foldingKey: string | null;
  /** Counts the changes; the guard of concurrent updates. Of a client of a document, another number when it has changed. */
  version: number;

  redirectUris: string[] | null;
  tokenEndpointAuthMethod: string;
  grantTypes: string[];
  responseTypes: string[];
  clientName: string | null;
  clientUri: string | null;
  logoUri: string | null;
  scope: string | null;
  contacts: string[] | null;
  tosUri: string | null;
  policyUri: string | null;
  jwksUri: string | null;
  jwks: object | null;
  softwareId: string | null;
  softwareVersion: string | null;
  applicationType: string;
  /** Every other registered field and the language-tagged ones, by their names on the wire. */
  additionalMetadata: Record<string, unknown> | null;
}

/** Whether a client may be used: `pending` waits for an approval, `suspended` was stopped. Either is held: it can be read and nothing else. */
export type ClientStatus = 'pending' | 'active' | 'suspended';

/** What an operator sees of that: a client whose time is over is no longer there, whatever it was. */
export type ClientState = ClientStatus | 'expired';

/** How a client came to be. */
export type ClientSource = 'dynamic' | 'manual' | 'document';

/** Columns of the server: never writable by a client, whatever name it sends. */
export const SERVER_COLUMNS = [
  'clientId',
  'clientIdIssuedAt',
  'clientSecretHash',
  'clientSecretExpiresAt',
  'clientSecretEncrypted',
  'registrationAccessTokenHash',
  'source',
  'registeredOpenly',
  'owner',
  'tenant',
  'status',
  'expiresAt',
  'lastUsedAt',
  'initialAccessTokenId',
  'bounds',
  'previousClientSecretHash',
  'previousClientSecretExpiresAt',
  'previousClientSecretEncrypted',
  'previousRegistrationAccessTokenHash',
  'previousRegistrationAccessTokenExpiresAt',
  'foldingKey',
  'version',
  'additionalMetadata',
] as const satisfies readonly (keyof OAuthClientRecord)[];

/** Columns that each hold one metadata field: its name on the wire in camelCase. */
export const METADATA_COLUMNS = [
  'redirectUris',
  'tokenEndpointAuthMethod',
  'grantTypes',
  'responseTypes',
  'clientName',
  'clientUri',
  'logoUri',
  'scope',
  'contacts',
  'tosUri',
  'policyUri',
  'jwksUri',
  'jwks',
  'softwareId',
  'softwareVersion',
  'applicationType',
] as const satisfies readonly (keyof OAuthClientRecord)[];

/** Whether the client has no secret and no keys to prove who it is (RFC 6749 section 2.1). */
export function isPublicClient(client: Pick<OAuthClientRecord, 'tokenEndpointAuthMethod'>): boolean {
  return client.tokenEndpointAuthMethod === 'none';
}

/** Whether the client waits for an approval or was stopped. */
export function isHeld({ status }: Pick<OAuthClientRecord, 'status'>): boolean {
  return status !== 'active';
}

/**
 * Whether the client is no longer there, though its row may be.
 * @param now seconds since the epoch
 */
export function isExpiredClient({ expiresAt }: Pick<OAuthClientRecord, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/**
 * Where a client stands in its life.
 * @param now seconds since the epoch
 */
export function clientState(client: Pick<OAuthClientRecord, 'status' | 'expiresAt'>, now: number): ClientState {
  return isExpiredClient(client, now) ? 'expired' : client.status;
}
