import { Controller, Res } from '@nestjs/common';
import type { HttpResponse } from '../http/http-response.js';
import { WireResponse } from '../http/wire-response.js';
import { ServerMetadataService } from './server-metadata.service.js';

/** The authorization server metadata document (RFC 8414 section 3), mounted where `discovery` is switched on. */
@Controller()
export class ServerMetadataController {
  constructor(
    private readonly metadata: ServerMetadataService,
    private readonly wire: WireResponse,
  ) {}

  /** `GET /.well-known/oauth-authorization-server`, the path of the issuer appended. */
  read(@Res() response: HttpResponse): void {
    this.wire.document(response, this.metadata.document());
  }
}
