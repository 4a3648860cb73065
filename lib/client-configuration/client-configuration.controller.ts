import { Controller, Req, Res } from '@nestjs/common';
import { callerOf } from '../http/caller.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { bodyOf } from '../http/json-body.guard.js';
import { WireResponse } from '../http/wire-response.js';
import type { ConfigurationCredential } from '../registration-access-token/configuration-credential.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { ClientConfigurationService } from './client-configuration.service.js';
import { entityTagOf, ifMatch, type Precondition } from './entity-tag.rules.js';

/**
 * The client configuration endpoint (RFC 7592 section 2). Each import of the module mounts a subclass of its own with path, guards and filter
 * (`routes.ts`).
 */
@Controller()
export class ClientConfigurationController {
  constructor(
    private readonly configuration: ClientConfigurationService,
    private readonly wire: WireResponse,
    private readonly config: RegistrationConfiguration,
  ) {}

  /** `GET /register/:client_id`: client read request (RFC 7592 section 2.1). */
  read(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    const credential = callerOf(request) as ConfigurationCredential;
    const { information, version } = this.configuration.read(credential, preconditionOf(request));
    this.wire.ok(response, information, { ETag: entityTagOf(version) });
  }

  /** `PUT /register/:client_id`: client update request (RFC 7592 section 2.2). */
  async update(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const credential = callerOf(request) as ConfigurationCredential;
    const precondition = preconditionOf(request);
    const { information, version } = await this.configuration.update(bodyOf(request), credential, precondition);
    this.wire.ok(response, information, {
      ETag: entityTagOf(version),
      // An ETag alone would say that the body of the request is stored as it was sent (RFC 9110 section 9.3.4), and defaults and a policy may
      // have changed it. This says that what the answer shows is the new representation (section 8.7): the tag is the tag of that.
      'Content-Location': this.config.registrationClientUri(information.client_id),
    });
  }

  /** `DELETE /register/:client_id`: client delete request (RFC 7592 section 2.3). */
  async delete(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    await this.configuration.delete(callerOf(request) as ConfigurationCredential, preconditionOf(request));
    this.wire.noContent(response);
  }
}

function preconditionOf({ headers }: HttpRequest): Precondition | undefined {
  return ifMatch(headers['if-match']);
}
