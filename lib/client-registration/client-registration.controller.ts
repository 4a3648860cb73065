import { Controller, Req, Res } from '@nestjs/common';
import { callerOf } from '../http/caller.js';
import type { HttpRequest } from '../http/http-request.js';
import type { HttpResponse } from '../http/http-response.js';
import { bodyOf } from '../http/json-body.guard.js';
import { WireResponse } from '../http/wire-response.js';
import type { RegistrationCredential } from '../initial-access-token/registration-credential.js';
import { ClientRegistrationService } from './client-registration.service.js';

/**
 * The client registration endpoint (RFC 7591 section 3). Each import of the module mounts a subclass of its own with path, guards and filter
 * (`routes.ts`). Handlers take the request and answer through the adapter: pipes and interceptors of the host never touch the wire.
 */
@Controller()
export class ClientRegistrationController {
  constructor(
    private readonly registration: ClientRegistrationService,
    private readonly wire: WireResponse,
  ) {}

  /** `POST /register`: client registration request (RFC 7591 section 3.1). */
  async register(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const credential: RegistrationCredential | undefined = callerOf(request);
    this.wire.created(response, await this.registration.register(bodyOf(request), credential));
  }
}
