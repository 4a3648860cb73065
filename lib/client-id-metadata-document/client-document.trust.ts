import { Injectable } from '@nestjs/common';
import type { OAuthClientRecord } from '../client/oauth-client.record.js';

/**
 * Decides which clients are known by a metadata document, beside the hosts of the option `clientIdMetadataDocuments`. Extend it and list it in
 * `providers`: `{ provide: ClientDocumentTrust, useClass: MyTrust }`.
 */
@Injectable()
export class ClientDocumentTrust {
  /** Whether a document may be fetched, asked before any request is made. */
  mayFetch(_clientId: string): boolean | Promise<boolean> {
    return true;
  }

  /** Whether the client may be used, asked each time that somebody names it. */
  mayUse(_client: OAuthClientRecord): boolean | Promise<boolean> {
    return true;
  }
}
