import { HttpException } from '@nestjs/common';
import { InvalidClientMetadataError, InvalidRequestError } from '../errors/registration.error.js';
import type { HttpRequest } from './http-request.js';
import { requireJson } from './json-body.guard.js';

/** What Express's body parser calls its refusals. */
const BODY_PARSER = /^(?:entity|encoding|charset|request|stream)\./;
/** What Fastify's content type parsers call theirs. */
const CONTENT_TYPE_PARSER = /^FST_ERR_CTP_/;
/** What zlib calls a body that is not in the content coding it names. */
const ZLIB = /^(?:Z_|ERR_(?:BROTLI|_ERROR))/;

/**
 * What was refused before any route was reached, as a refusal the client can read: of a parser in OAuth's words, of middleware and hooks of
 * the host by its status. Any other error is returned unchanged.
 */
export function readable(error: unknown, request: HttpRequest): unknown {
  if (error instanceof URIError) return new InvalidRequestError('the path must be valid percent-encoding');
  const status = statusOf(error);
  if (status === undefined) return error;
  if (!isOfParser(error)) return new HttpException('refused by the application', status);
  if (status === 413) return new InvalidRequestError('the request body is too large', 413);
  try {
    requireJson(request);
  } catch (refusal) {
    return refusal;
  }
  if (status === 415) return new InvalidRequestError('the request must be application/json in UTF-8', 415);
  return new InvalidClientMetadataError('the request body must be a JSON object');
}

/** The status of a refusal; undefined for any other error. */
function statusOf(error: unknown): number | undefined {
  const status = member(error, 'statusCode') ?? member(error, 'status');
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** Whether a body parser refused the body; Fastify's JSON parser throws a plain `SyntaxError`. */
export function isOfParser(error: unknown): boolean {
  return (
    error instanceof SyntaxError ||
    BODY_PARSER.test(String(member(error, 'type'))) ||
    CONTENT_TYPE_PARSER.test(String(member(error, 'code'))) ||
    ZLIB.test(String(member(error, 'code')))
  );
}

function member(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}
