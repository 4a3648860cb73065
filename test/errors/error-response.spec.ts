import { BadRequestException, HttpException, InternalServerErrorException, Logger } from '@nestjs/common';
import {
  AccessDeniedError,
  ConflictError,
  ErrorResponse,
  InsufficientScopeError,
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  InvalidRequestError,
  InvalidTokenError,
  PreconditionFailedError,
  RegistrationError,
  TemporarilyUnavailableError,
  TooManyRequestsError,
} from 'nestjs-dynamic-registration';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

class OwnError extends RegistrationError {
  readonly code = 'unapproved_tide';
}

describe('error answers (RFC 7591 section 3.2.2, RFC 6750 section 3)', () => {
  let error: MockInstance;
  let warn: MockInstance;
  beforeEach(() => {
    error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  });
  afterEach(() => vi.restoreAllMocks());

  const answers = new ErrorResponse();

  it.each<[RegistrationError, number, string, Record<string, string>]>([
    [new InvalidRedirectUriError('a'), 400, 'invalid_redirect_uri', {}],
    [new InvalidClientMetadataError('a'), 400, 'invalid_client_metadata', {}],
    [new OwnError('a'), 400, 'unapproved_tide', {}],
    [new InvalidTokenError(false), 401, 'invalid_token', { 'WWW-Authenticate': 'Bearer' }],
    [new InvalidTokenError(true), 401, 'invalid_token', { 'WWW-Authenticate': 'Bearer error="invalid_token"' }],
    [
      new InsufficientScopeError(),
      403,
      'insufficient_scope',
      { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
    ],
    [new AccessDeniedError('a'), 403, 'access_denied', {}],
    [new InvalidRequestError('a'), 400, 'invalid_request', {}],
    [new InvalidRequestError('a', 413), 413, 'invalid_request', {}],
    [new InvalidRequestError('a', 415), 415, 'invalid_request', {}],
    [new InvalidRequestError('a', 405, ['GET', 'OPTIONS']), 405, 'invalid_request', { Allow: 'GET, OPTIONS' }],
    [new PreconditionFailedError(), 412, 'invalid_request', {}],
    [new ConflictError(), 409, 'temporarily_unavailable', { 'Retry-After': '1' }],
    [new TooManyRequestsError('a', 60), 429, 'temporarily_unavailable', { 'Retry-After': '60' }],
    [new TooManyRequestsError('a', 0.2), 429, 'temporarily_unavailable', { 'Retry-After': '1' }],
    [new TemporarilyUnavailableError(), 503, 'temporarily_unavailable', { 'Retry-After': '1' }],
  ])('%s is a %i %s', (refusal, status, code, headers) => {
    expect(answers.from(refusal)).toEqual({
      status,
      headers,
      body: { error: code, error_description: refusal.message },
    });
    expect(error).not.toHaveBeenCalled();
  });

  it('logs the cause of an outage and does not tell it', () => {
    const { body } = answers.from(new TemporarilyUnavailableError('database error 53300'));
    expect(JSON.stringify(body)).not.toContain('53300');
    expect(warn).toHaveBeenCalledWith('temporarily_unavailable: database error 53300');
  });

  it.each<[number, string, string, Record<string, string>]>([
    [400, 'invalid_request', 'bad request', {}],
    // RFC 9110 section 15.5.2
    [401, 'invalid_token', 'unauthorized', { 'WWW-Authenticate': 'Bearer' }],
    [403, 'access_denied', 'forbidden', {}],
    [404, 'invalid_request', 'not found', {}],
    [429, 'temporarily_unavailable', 'too many requests', { 'Retry-After': '1' }],
    [499, 'invalid_request', 'refused', {}],
    [503, 'temporarily_unavailable', 'service unavailable', { 'Retry-After': '1' }],
  ])('gives the %i of a guard of the host the shape of OAuth', (status, code, description, headers) => {
    const said = new HttpException({ message: 'said by the host', secret: 'x' }, status);
    expect(answers.from(said)).toEqual({
      status,
      headers,
      body: { error: code, error_description: description },
    });
    expect(error).not.toHaveBeenCalled();
  });

  it('repeats no message of the host', () =>
    expect(JSON.stringify(answers.from(new BadRequestException('"<img>"')))).not.toContain('img'));

  it.each([
    new Error('secret detail'),
    new InternalServerErrorException('secret detail'),
    'secret detail',
    undefined,
    null,
    { message: 'secret detail' },
  ])('answers an unexpected error with a correlation id, and tells the cause to the log alone: %s', (cause) => {
    const { status, headers, body } = answers.from(cause);
    expect(status).toBe(500);
    expect(headers).toEqual({});
    expect(body).toEqual({
      error: 'server_error',
      error_description: expect.stringMatching(/^unexpected error, correlation id [0-9a-f-]{36}$/),
    });
    const id = body.error_description.slice(-36);
    expect(error).toHaveBeenCalledWith(`unexpected error ${id}`, expect.any(String));
  });

  it('translates in one method', () => {
    class German extends ErrorResponse {
      protected override describe(refusal: RegistrationError) {
        const answer = super.describe(refusal);
        return { ...answer, body: { ...answer.body, error_description: 'nicht erlaubt' } };
      }
    }
    expect(new German().from(new AccessDeniedError('no')).body).toEqual({
      error: 'access_denied',
      error_description: 'nicht erlaubt',
    });
  });
});
