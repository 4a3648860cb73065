import { HttpException, Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import {
  AccessDeniedError,
  ConflictError,
  InsufficientScopeError,
  InvalidClientError,
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  InvalidRequestError,
  InvalidSoftwareStatementError,
  InvalidTokenError,
  PreconditionFailedError,
  RegistrationError,
  TemporarilyUnavailableError,
  TooManyRequestsError,
  UnapprovedSoftwareStatementError,
  UnauthorizedClientError,
} from './registration.error.js';
import { LOGGER } from './logger.js';

/** An answer before it is written. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly error_description: string };
}

/** Seconds after which a client may try again, sent as `Retry-After` with every 409, 429 and 503 that knows no better. */
const RETRY_AFTER_SECONDS = 1;

/** The HTTP status of each error; a refusal of the host's own is a 400. */
const STATUS: readonly (readonly [abstract new (...args: never[]) => RegistrationError, number])[] = [
  [InvalidRedirectUriError, 400],
  [InvalidClientMetadataError, 400],
  [InvalidSoftwareStatementError, 400],
  [UnapprovedSoftwareStatementError, 400],
  [InvalidClientError, 401],
  [UnauthorizedClientError, 400],
  [InvalidTokenError, 401],
  [InsufficientScopeError, 403],
  [AccessDeniedError, 403],
  [ConflictError, 409],
  [PreconditionFailedError, 412],
  [TooManyRequestsError, 429],
  [TemporarilyUnavailableError, 503],
];

/** The `error` for a status that a guard of the host answers with; any other one is `invalid_request`. */
const HOST_ERRORS: Readonly<Record<number, string>> = {
  401: 'invalid_token',
  403: 'access_denied',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
};

/**
 * Turns whatever went wrong into the answer on the wire. The one place where status, headers and body of an error
 * are decided: extend it and list it in `providers` to translate the descriptions.
 */
@Injectable()
export class ErrorResponse {
  private readonly logger = new Logger(LOGGER);

  /** The answer for an error; an unexpected one is logged under a correlation id and never described to the caller. */
  from(error: unknown): ErrorAnswer {
    if (error instanceof RegistrationError) {
      if (typeof error.cause === 'string') this.logger.warn(`${error.code}: ${error.cause}`);
      return this.describe(error);
    }
    if (error instanceof HttpException && isAnswer(error.getStatus())) return fromHost(error.getStatus());
    const correlationId = randomUUID();
    this.logger.error(`unexpected error ${correlationId}`, error instanceof Error ? error.stack : String(error));
    return {
      status: 500,
      headers: {},
      body: { error: 'server_error', error_description: `unexpected error, correlation id ${correlationId}` },
    };
  }

  /** Status, headers and body of a refusal (RFC 7591 section 3.2.2, RFC 6750 section 3). */
  protected describe(error: RegistrationError): ErrorAnswer {
    return {
      status: statusOf(error),
      headers: headersOf(error),
      body: { error: error.code, error_description: error.message },
    };
  }
}

/** Whether the host meant this answer; its other 5xx are unexpected errors. */
function isAnswer(status: number): boolean {
  return status < 500 || status === 503;
}

/** What a guard of the host said, such as a throttler: its status in OAuth's shape. */
function fromHost(status: number): ErrorAnswer {
  const error = HOST_ERRORS[status] ?? 'invalid_request';
  return {
    status,
    headers: hostHeadersOf(status),
    body: { error, error_description: (STATUS_CODES[status] ?? 'refused').toLowerCase() },
  };
}

function hostHeadersOf(status: number): Record<string, string> {
  // A 401 must name a scheme (RFC 9110 section 15.5.2).
  if (status === 401) return { 'WWW-Authenticate': 'Bearer' };
  return status === 429 || status === 503 ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {};
}

function statusOf(error: RegistrationError): number {
  if (error instanceof InvalidRequestError) return error.status;
  return STATUS.find(([type]) => error instanceof type)?.[1] ?? 400;
}

function headersOf(error: RegistrationError): Record<string, string> {
  if (error instanceof InvalidClientError && error.inHeader) {
    return { 'WWW-Authenticate': 'Basic realm="client", charset="UTF-8"' };
  }
  if (error instanceof InvalidTokenError) {
    return { 'WWW-Authenticate': error.presented ? 'Bearer error="invalid_token"' : 'Bearer' };
  }
  if (error instanceof InsufficientScopeError) return { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' };
  if (error instanceof InvalidRequestError && error.status === 405) return { Allow: error.allow.join(', ') };
  if (error instanceof TooManyRequestsError) return { 'Retry-After': String(Math.ceil(error.retryAfterSeconds)) };
  if (error instanceof ConflictError || error instanceof TemporarilyUnavailableError) {
    return { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  }
  return {};
}
