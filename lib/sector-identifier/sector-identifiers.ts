import { Injectable, Logger } from '@nestjs/common';
import type { ClientMetadata } from '../client-metadata/client-metadata.dto.js';
import { urisOfSector } from '../client-metadata/subject-type.rules.js';
import { ClientMetadataMapper } from '../client/client-metadata.mapper.js';
import type { RegistrationCircumstances } from '../client-registration/registration.policy.js';
import { LOGGER } from '../errors/logger.js';
import { InvalidClientMetadataError, TemporarilyUnavailableError } from '../errors/registration.error.js';
import { OutboundRequestError } from '../outbound-requests/outbound-request.error.js';
import { RemoteDocuments } from '../remote-document/remote-documents.js';

const MAXIMUM_BYTES = 65_536;

/** Reads `sector_identifier_uri`: who answers there says which redirection URIs belong to its sector (OpenID Connect Registration section 5). */
@Injectable()
export class SectorIdentifiers {
  private readonly logger = new Logger(LOGGER);

  constructor(
    private readonly documents: RemoteDocuments,
    private readonly mapper: ClientMetadataMapper,
  ) {}

  /**
   * Checks metadata that keeps every other rule.
   * What was checked for the client as it is, is not read again on an update.
   * @throws TemporarilyUnavailableError for a client metadata document, where it may be read later
   * @throws InvalidClientMetadataError in the same words whatever stands in the way of reading it: a caller must not learn what this server can reach
   */
  async check(metadata: ClientMetadata, { operation, client }: RegistrationCircumstances): Promise<void> {
    const { sector_identifier_uri: url } = metadata;
    if (url === undefined || (client && claimOf(this.mapper.toMetadata(client)) === claimOf(metadata))) return;
    const listed = await this.read(url, operation);
    const missing = urisOfSector(metadata).find(({ uri }) => !listed.has(uri));
    if (missing) throw new InvalidClientMetadataError(`sector_identifier_uri must list ${missing.name}`);
  }

  private async read(url: string, operation: RegistrationCircumstances['operation']): Promise<ReadonlySet<string>> {
    try {
      // What is kept may be older than the client, whose URIs were added for it.
      const request = { purpose: 'sector identifier', url, maximumBytes: MAXIMUM_BYTES, read: listOf, isRenewed: true };
      return await this.documents.read(request);
    } catch (error) {
      if (!(error instanceof OutboundRequestError)) throw error;
      this.logger.debug(`sector_identifier_uri: ${error.message}`);
      if (operation === 'document' && error.isTransient) throw new TemporarilyUnavailableError();
      throw new InvalidClientMetadataError(
        'sector_identifier_uri must lead to a JSON array of strings, over https and without a redirect',
      );
    }
  }
}

/** What a client says about its sector. */
function claimOf(metadata: ClientMetadata): string {
  return JSON.stringify([metadata.sector_identifier_uri, urisOfSector(metadata)]);
}

function listOf(json: unknown): ReadonlySet<string> {
  const isList = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  if (!isList(json)) throw new OutboundRequestError('the document is no array of strings', false);
  return new Set(json);
}
