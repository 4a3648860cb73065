import { HttpException, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ErrorResponse } from '../errors/error-response.js';
import { InvalidRequestError } from '../errors/registration.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { retryAfterOfHost, varyOrigin, type HttpResponse } from './http-response.js';

/** On every answer, refusals included: secrets and tokens travel in them. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** Writes answers, the same bytes on Express and on Fastify, whatever interceptors the host has. */
@Injectable()
export class WireResponse {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly errors: ErrorResponse,
    private readonly config: RegistrationConfiguration,
  ) {}

  /** 201 (RFC 7591 section 3.2.1). */
  created(response: HttpResponse, body: object): void {
    this.write(response, 201, HEADERS, body);
  }

  /** 200 (RFC 7592 section 3). */
  ok(response: HttpResponse, body: object, headers: Readonly<Record<string, string>>): void {
    this.write(response, 200, { ...HEADERS, ...headers }, body);
  }

  /** 204 (RFC 7592 section 2.3). */
  noContent(response: HttpResponse): void {
    this.write(response, 204, HEADERS);
  }

  /** 200 for a document that holds nothing secret and may be cached. */
  document(response: HttpResponse, body: object): void {
    this.write(response, 200, { 'X-Content-Type-Options': 'nosniff' }, body);
  }

  /** Whatever went wrong (RFC 7591 section 3.2.2). */
  error(response: HttpResponse, error: unknown): void {
    const { status, headers, body } = this.errors.from(error);
    // A throttler knows when there is room again, we do not.
    const retryAfter = 'Retry-After' in headers && error instanceof HttpException && retryAfterOfHost(response);
    this.write(response, status, { ...HEADERS, ...headers, ...(retryAfter && { 'Retry-After': retryAfter }) }, body);
  }

  /** A method a resource does not offer: 405, or for OPTIONS what it offers, a browser's preflight request included. */
  otherMethod(response: HttpResponse, method: string, allow: readonly string[]): void {
    if (method !== 'OPTIONS') {
      this.error(response, new InvalidRequestError(`the method ${method} is not offered here`, 405, allow));
      return;
    }
    this.write(response, 204, {
      Allow: allow.join(', '),
      ...(this.config.cors && {
        'Access-Control-Allow-Methods': allow.join(', '),
        'Access-Control-Allow-Headers': 'content-type, authorization, if-match, mcp-protocol-version',
        'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
      }),
    });
  }

  private write(
    response: HttpResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): void {
    const adapter = this.adapterHost.httpAdapter;
    const text = body === undefined ? '' : JSON.stringify(body);
    for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
    for (const [name, value] of Object.entries(this.crossOrigin(response))) adapter.setHeader(response, name, value);
    if (body !== undefined) {
      adapter.setHeader(response, 'Content-Type', 'application/json');
      adapter.setHeader(response, 'Content-Length', String(Buffer.byteLength(text)));
    }
    adapter.status(response, status);
    // Express would add an ETag to what it sends itself, and answer a conditional read with a 304.
    if (adapter.getType() === 'express') adapter.end(response, text);
    else adapter.reply(response, text);
  }

  /** CORS for the origins of the option, without credentials; nothing for other requests. */
  private crossOrigin(response: HttpResponse): Readonly<Record<string, string>> {
    const { cors } = this.config;
    if (!cors) return {};
    const expose = { 'Access-Control-Expose-Headers': 'ETag, Retry-After, WWW-Authenticate' };
    if (cors.origins === '*') return { 'Access-Control-Allow-Origin': '*', ...expose };
    const vary = { Vary: varyOrigin(response) };
    const { origin } = (response.req ?? response.request)?.headers ?? {};
    return origin !== undefined && cors.origins.includes(origin)
      ? { 'Access-Control-Allow-Origin': origin, ...vary, ...expose }
      : vary;
  }
}
