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
