import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { TemporarilyUnavailableError, UnauthorizedClientError } from 'nestjs-dynamic-registration';
import { errors } from '../provider/oidc-provider.package.js';
import { problemPage } from './error.page.js';
import { PageResponse } from './page-response.js';

/** Shows a page for whatever goes wrong at login and consent. */
@Catch()
export class InteractionErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(InteractionErrorFilter.name);

  constructor(private readonly pages: PageResponse) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const [status, text] = this.answer(error);
    this.pages.show(host.switchToHttp().getResponse<object>(), status, text);
  }

  private answer(error: unknown): [number, string] {
    if (error instanceof errors.SessionNotFound) {
      return [400, problemPage('expired', 'this page was used already, or waited too long')];
    }
    if (error instanceof errors.OIDCProviderError && error.statusCode < 500) {
      return [error.statusCode, problemPage(error.error, error.error_description)];
    }
    if (error instanceof UnauthorizedClientError) return [400, problemPage(error.code, error.message)];
    if (isUnavailable(error)) return [503, problemPage('temporarily_unavailable', 'try again later')];
    this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return [500, problemPage('server_error')];
  }
}

/** Whether it comes of what cannot be looked up now, here or as the provider hands it on. */
function isUnavailable(error: unknown): boolean {
  return [error, error instanceof Error && error.cause].some((one) => one instanceof TemporarilyUnavailableError);
}
