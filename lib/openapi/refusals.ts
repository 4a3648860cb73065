import type { JsonSchema } from '../client-metadata/json-schema.js';
import { json, type OpenApiHeader, type OpenApiResponse } from './openapi-document.js';

/** On every answer that may hold something secret, refusals included. */
export const NO_STORE: Readonly<Record<string, OpenApiHeader>> = {
  'Cache-Control': { required: true, schema: { type: 'string', const: 'no-store' } },
  Pragma: { required: true, schema: { type: 'string', const: 'no-cache' } },
};

/** RFC 7591 section 3.2.2, in the words of RFC 6749 section 5.2. The codes are not an `enum`: a policy of the host may have its own. */
export const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['error', 'error_description'],
  properties: {
    error: { type: 'string', examples: ['invalid_client_metadata'] },
    error_description: {
      type: 'string',
      description: 'Names the field, the entry and the rule; for people.',
      examples: ['redirect_uris[2] must not contain a fragment'],
    },
  },
};

const CHALLENGE: OpenApiHeader = {
  description: 'RFC 6750 section 3',
  schema: { type: 'string', examples: ['Bearer', 'Bearer error="invalid_token"'] },
};
const RETRY_AFTER: OpenApiHeader = {
  description: 'Seconds (RFC 9110 section 10.2.3)',
  schema: { type: 'integer', minimum: 0 },
};

/** One kind of refusal. */
interface Refusal {
  readonly status: number;
  readonly description: string;
  readonly headers?: Readonly<Record<string, OpenApiHeader>>;
}

const REFUSALS = {
  InvalidMetadata: {
    status: 400,
    description:
      '`invalid_redirect_uri`: a redirection URI is missing or invalid. `invalid_client_metadata`: any other member is invalid or ' +
      'contradicts another one, or the body is no JSON object. `invalid_software_statement`: a software statement is malformed, badly signed, or not for this server at this time. ' +
      '`unapproved_software_statement`: its issuer or its software is not accepted. ' +
      '`invalid_request`: the path is malformed.',
  },
  InvalidPath: { status: 400, description: '`invalid_request`: the path is malformed.' },
  InvalidToken: {
    status: 401,
    description: '`invalid_token`: no bearer token, or one that is not valid here.',
    headers: { 'WWW-Authenticate': { ...CHALLENGE, required: true } },
  },
  Forbidden: {
    status: 403,
    description: '`access_denied` or `insufficient_scope`: not with this credential, or not at all.',
    headers: { 'WWW-Authenticate': CHALLENGE },
  },
  Conflict: {
    status: 409,
    description: '`temporarily_unavailable`: other requests changed the client meanwhile, nothing was done.',
    headers: { 'Retry-After': RETRY_AFTER },
  },
  PreconditionFailed: {
    status: 412,
    description: '`invalid_request`: `If-Match` does not name the current entity tag of the client, nothing was done.',
  },
  TooLarge: { status: 413, description: '`invalid_request`: the body is too large.' },
  UnsupportedMediaType: { status: 415, description: '`invalid_request`: the body is not `application/json` in UTF-8.' },
  TooManyRequests: {
    status: 429,
    description: '`temporarily_unavailable`: too many requests of this caller, or of all of them; nothing was done.',
    headers: { 'Retry-After': { ...RETRY_AFTER, required: true } },
  },
  ServerError: { status: 500, description: '`server_error`: unexpected; the description has a correlation id.' },
  Unavailable: {
    status: 503,
    description: '`temporarily_unavailable`: the server cannot answer now, nothing was done.',
    headers: { 'Retry-After': RETRY_AFTER },
  },
} as const satisfies Readonly<Record<string, Refusal>>;

export type RefusalName = keyof typeof REFUSALS;

/** Their statuses. */
export function statusOf(name: RefusalName): number {
  return REFUSALS[name].status;
}

/** All of them as components. */
export function refusalResponses(error: JsonSchema): Record<string, OpenApiResponse> {
  return Object.fromEntries(
    Object.entries<Refusal>(REFUSALS).map(([name, { description, headers }]) => [
      name,
      { description, headers: { ...NO_STORE, ...headers }, content: json(error) },
    ]),
  );
}
