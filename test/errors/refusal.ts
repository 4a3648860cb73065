import { expect } from 'vitest';
import type { JsonResponse } from '../support/start-server.js';

/** What a refused caller is told (RFC 7591 section 3.2.2, RFC 6750 section 3). */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly description: string | RegExp;
  /** `WWW-Authenticate`; none when absent. */
  readonly challenge?: string;
  /** `Allow`; none when absent. */
  readonly allow?: string;
}

/** The body is no JSON object, or a member of it is not acceptable. */
export const invalidMetadata = (description: string | RegExp): Refusal => ({
  status: 400,
  error: 'invalid_client_metadata',
  description,
});

/** A redirection URI is missing or not acceptable. */
export const invalidRedirectUri = (description: string | RegExp): Refusal => ({
  status: 400,
  error: 'invalid_redirect_uri',
  description,
});

/** The request cannot be read. */
export const invalidRequest = (status: number, description: string): Refusal => ({
  status,
  error: 'invalid_request',
  description,
});

export const WRONG_MEDIA_TYPE = invalidRequest(415, 'the request must be application/json in UTF-8');
export const CONTENT_CODING = invalidRequest(415, 'the request must not have a content coding');
export const TOO_LARGE = invalidRequest(413, 'the request body is too large');
export const NO_OBJECT = invalidMetadata('the request body must be a JSON object');
export const NO_REDIRECT_URI = invalidRedirectUri(
  'redirect_uris must contain at least one URI when a response type is registered',
);

/** Nothing was presented (RFC 6750 section 3). */
export const NO_TOKEN: Refusal = {
  status: 401,
  error: 'invalid_token',
  description: 'a bearer token is required',
  challenge: 'Bearer',
};

/** What was presented is of no use, whatever the reason. */
export const BAD_TOKEN: Refusal = {
  status: 401,
  error: 'invalid_token',
  description: 'the bearer token is not valid here',
  challenge: 'Bearer error="invalid_token"',
};

/** The method is not offered here (RFC 9110 section 15.5.6). */
export const notOffered = (method: string, allow: string): Refusal => ({
  ...invalidRequest(405, `the method ${method} is not offered here`),
  allow,
});

/** Asserts everything a refusal is made of: status, body and headers. */
export function expectRefusal(response: JsonResponse, refusal: Refusal): void {
  const { description } = refusal;
  expect({ status: response.status, ...response.body }).toEqual({
    status: refusal.status,
    error: refusal.error,
    error_description: typeof description === 'string' ? description : expect.stringMatching(description),
  });
  // RFC 6749 section 5.2: no quotation mark, no backslash, ASCII.
  expect(response.body.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  expectRefusalHeaders(response, refusal);
}

/** The headers alone, for an answer without a body. */
export function expectRefusalHeaders({ headers }: JsonResponse, { challenge, allow }: Refusal): void {
  expect({
    'content-type': headers.get('content-type')?.split(';')[0],
    'cache-control': headers.get('cache-control'),
    pragma: headers.get('pragma'),
    'x-content-type-options': headers.get('x-content-type-options'),
    'referrer-policy': headers.get('referrer-policy'),
    'www-authenticate': headers.get('www-authenticate'),
    allow: headers.get('allow'),
  }).toEqual({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'www-authenticate': challenge ?? null,
    allow: allow ?? null,
  });
}
