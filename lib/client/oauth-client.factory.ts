import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { SecretColumns } from '../client-secret/client-secret.service.js';
import { epochNow } from '../token/clock.js';
import { ClientMetadataMapper } from './client-metadata.mapper.js';
import type { ClientSource, OAuthClientRecord } from './oauth-client.record.js';
import { OAuthClientRepository } from './oauth-client.repository.js';

/** What a new client is made of beside its metadata. */
export interface NewClient {
  readonly clientId: string;
  readonly source: ClientSource;
  readonly secret: SecretColumns;
  readonly registrationAccessTokenHash: string | null;
  readonly owner: string | null;
  readonly registeredOpenly: boolean;
}

/** Makes clients as they will be stored. Extend it and list it in `providers` to fill columns of the host's own entity. */
@Injectable()
export class OAuthClientFactory {
  constructor(
    protected readonly mapper: ClientMetadataMapper,
    protected readonly clients: OAuthClientRepository,
  ) {}

  create(metadata: ClientMetadata, { secret, ...made }: NewClient): OAuthClientRecord {
    const { clientSecretHash, clientSecretExpiresAt, clientSecretEncrypted } = secret;
    const secretColumns = { clientSecretHash, clientSecretExpiresAt, clientSecretEncrypted };
    const columns = { ...made, ...secretColumns, clientIdIssuedAt: epochNow(), version: 1 };
    return this.clients.create({ ...this.mapper.toColumns(metadata), ...columns });
  }
}
