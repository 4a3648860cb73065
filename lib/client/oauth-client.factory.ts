import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import type { SecretColumns } from '../client-secret/client-secret.service.js';
import type { RegistrationBounds } from '../initial-access-token/registration-bounds.js';
import { epochNow } from '../token/clock.js';
import { ClientMetadataMapper } from './client-metadata.mapper.js';
import type { ClientSource, ClientStatus, OAuthClientRecord } from './oauth-client.record.js';
import { OAuthClientRepository } from './oauth-client.repository.js';
import { NO_PREVIOUS_SECRET, NO_PREVIOUS_TOKEN } from './previous-credentials.js';

/** What a new client is made of beside its metadata. */
export interface NewClient {
  readonly clientId: string;
  readonly source: ClientSource;
  readonly secret: SecretColumns;
  readonly registrationAccessTokenHash: string | null;
  readonly owner: string | null;
  readonly registeredOpenly: boolean;
  /** @default null */
  readonly tenant?: string | null;
  /** @default 'active' */
  readonly status?: ClientStatus;
  /** Seconds since the epoch. @default null */
  readonly expiresAt?: number | null;
  /** @default null */
  readonly initialAccessTokenId?: string | null;
  /** @default null */
  readonly bounds?: RegistrationBounds | null;
  /** @default null */
  readonly foldingKey?: string | null;
}

/** What a new client has in the columns that nothing else says anything about. */
const NEW = {
  tenant: null,
  status: 'active',
  expiresAt: null,
  lastUsedAt: null,
  initialAccessTokenId: null,
  bounds: null,
  ...NO_PREVIOUS_SECRET,
  ...NO_PREVIOUS_TOKEN,
  foldingKey: null,
  version: 1,
} as const satisfies Partial<OAuthClientRecord>;

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
    return this.clients.create(this.mapper.toColumns(metadata), NEW, made, secretColumns, {
      clientIdIssuedAt: epochNow(),
    });
  }
}
