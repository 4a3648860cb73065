/**
 * What an initial access token allows, whatever else the server does. It holds for the registration and for every later update of the client. A member
 * that is left out bounds nothing.
 */
export interface RegistrationBounds {
  /** Scopes the client may have. */
  readonly scopes?: readonly string[];
  /** Grant types the client may have. */
  readonly grantTypes?: readonly string[];
  /** How the client may authenticate at the token endpoint. */
  readonly tokenEndpointAuthMethods?: readonly string[];
  /** Hosts of its redirect URIs, `*.example.com` for every name below one; a private-use or loopback URI is at none of them. */
  readonly redirectHosts?: readonly string[];
  /** The `software_id` the client must have. */
  readonly softwareId?: string;
  /** Metadata, by its names on the wire, for members that a request leaves out. */
  readonly defaultMetadata?: object;
}
