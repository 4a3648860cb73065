import { Injectable } from '@nestjs/common';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';
import { RegistrationConfiguration } from '../registration-configuration.js';

/** A client information response (RFC 7591 section 3.2.1, RFC 7592 section 3): the members beside the metadata. */
export interface ClientInformation extends ClientMetadata {
  client_id: string;
  /** Seconds since the epoch. */
  client_id_issued_at: number;
  /** Only in the answer that issues it. */
  client_secret?: string;
  /** Seconds since the epoch, 0 for never; present for every client with a secret. */
  client_secret_expires_at?: number;
  registration_access_token?: string;
  registration_client_uri?: string;
}

/** What an answer shows in clear that no table holds. */
export interface ShownOnce {
  readonly clientSecret?: string | undefined;
  readonly registrationAccessToken?: string | undefined;
}

/** The one serializer of clients: what is not named here never leaves the server. */
@Injectable()
export class ClientInformationSerializer {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly mapper: ClientMetadataMapper,
  ) {}

  /** The client as it is answered. */
  serialize(client: OAuthClientRecord, { clientSecret, registrationAccessToken }: ShownOnce = {}): ClientInformation {
    const shown: ClientInformation = { client_id: client.clientId, client_id_issued_at: client.clientIdIssuedAt };
    if (clientSecret !== undefined) shown.client_secret = clientSecret;
    if (client.clientSecretHash !== null) shown.client_secret_expires_at = client.clientSecretExpiresAt ?? 0;
    Object.assign(shown, this.mapper.toMetadata(client));
    // Both or neither (OpenID Connect Registration section 3.2).
    if (registrationAccessToken !== undefined) {
      shown.registration_access_token = registrationAccessToken;
      shown.registration_client_uri = this.config.registrationClientUri(client.clientId);
    }
    return shown;
  }
}
