import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { HttpResponse } from '../http/http-response.js';
import { WireResponse } from '../http/wire-response.js';

/** Answers every error of this module's own routes; a filter of the host never sees them, and its own routes never come here. */
@Catch()
export class RegistrationErrorFilter implements ExceptionFilter {
  constructor(private readonly wire: WireResponse) {}

  catch(error: unknown, host: ArgumentsHost): void {
    this.wire.error(host.switchToHttp().getResponse<HttpResponse>(), error);
  }
}
