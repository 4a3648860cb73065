import { Controller, Req, Res } from '@nestjs/common';
import { callerOf } from '../http/caller.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { bodyOf } from '../http/json-body.guard.js';
import { WireResponse } from '../http/wire-response.js';
import type { ConfigurationCredential } from '../registration-access-token/configuration-credential.js';
import { ClientConfigurationService } from './client-configuration.service.js';

/**
 * The client configuration endpoint (RFC 7592 section 2). Each import of the module mounts a subclass of its own with path, guards and filter
 * (`routes.ts`).
 */
@Controller()
export class ClientConfigurationController {
  constructor(
    private readonly configuration: ClientConfigurationService,
    private readonly wire: WireResponse,
  ) {}

  /** `GET /register/:client_id`: client read request (RFC 7592 section 2.1). */
  read(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    this.wire.ok(response, this.configuration.read(callerOf(request) as ConfigurationCredential));
  }

  /** `PUT /register/:client_id`: client update request (RFC 7592 section 2.2). */
  async update(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const credential = callerOf(request) as ConfigurationCredential;
    this.wire.ok(response, await this.configuration.update(bodyOf(request), credential));
  }

  /** `DELETE /register/:client_id`: client delete request (RFC 7592 section 2.3). */
  async delete(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    await this.configuration.delete(callerOf(request) as ConfigurationCredential);
    this.wire.noContent(response);
  }
}
