import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { InvalidRequestError } from '../errors/registration.error.js';
import { requestOf, type HttpRequest } from './http-request.js';

/** Lets requests through whose body is JSON in UTF-8 (RFC 7591 section 3.1, RFC 8259 section 8.1). */
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    requireJson(requestOf(context));
    return true;
  }
}

/** @throws InvalidRequestError 415 for another media type, charset or content coding */
export function requireJson({ headers }: Pick<HttpRequest, 'headers'>): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charsets = parameters
    .map((parameter) => parameter.replace(/[\s"]/g, ''))
    .filter((parameter) => parameter.startsWith('charset='));
  if (type.trim() !== 'application/json' || charsets.some((charset) => charset !== 'charset=utf-8')) {
    throw new InvalidRequestError('the request must be application/json in UTF-8', 415);
  }
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity')
    throw new InvalidRequestError('the request must not have a content coding', 415);
}

/** The parsed body; undefined where none was sent, which Express may parse to an empty object. */
export function bodyOf(request: HttpRequest & { readonly body?: unknown }): unknown {
  if (request.raw) return request.body;
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers;
  const isSent = transfer !== undefined || Number(length ?? 0) > 0;
  return isSent ? request.body : undefined;
}
