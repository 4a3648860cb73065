import { InvalidClientError, InvalidRequestError } from '../errors/registration.error.js';

/** What of a request proves who the client is: the `Authorization` header, and the parameters of the body. */
export interface ClientAuthenticationRequest {
  /** The value of the header; undefined when the request has none. */
  readonly authorization?: string | undefined;
  /** The parameters of the form (RFC 6749 appendix B), as a body parser made them. */
  readonly body?: unknown;
}

/** A client identifier alone (RFC 6749 section 3.2.1). */
export interface PresentedIdentifier {
  readonly kind: 'identifier';
  readonly clientId: string;
}

/** A secret, in the header or in the body (RFC 6749 section 2.3.1). */
export interface PresentedSecret {
  readonly kind: 'secret';
  readonly clientId: string;
  readonly secret: string;
}

/** A JWT that the client has signed (RFC 7523 section 2.2). */
export interface PresentedAssertion {
  readonly kind: 'assertion';
  /** Of the body, where it stands beside the assertion. */
  readonly clientId: string | undefined;
  readonly assertion: string;
}

export type PresentedCredentials = PresentedIdentifier | PresentedSecret | PresentedAssertion;

/** The one type of client assertions there is (RFC 7523 section 2.2). */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** No assertion needs more, and each is parsed before anything is known of the client. */
const ASSERTION_MAX_CHARACTERS = 16_384;

/**
 * Reads how a client authenticates: by exactly one method (RFC 6749 section 2.3).
 * @throws InvalidRequestError for a repeated parameter and for two methods at once (RFC 6749 section 5.2)
 * @throws InvalidClientError for no method, or one that cannot be read
 */
export function presentedCredentials({ authorization, body }: ClientAuthenticationRequest): PresentedCredentials {
  const clientId = parameter(body, 'client_id');
  const secret = parameter(body, 'client_secret');
  const assertion = parameter(body, 'client_assertion');
  const assertionType = parameter(body, 'client_assertion_type');
  const isAssertion = assertion !== undefined || assertionType !== undefined;
  if ([authorization !== undefined, secret !== undefined, isAssertion].filter(Boolean).length > 1) {
    throw new InvalidRequestError('the client must authenticate by one method only');
  }
  if (authorization !== undefined) return inHeader(authorization, clientId);
  if (isAssertion) return inAssertion(assertion, assertionType, clientId);
  if (clientId === undefined) throw new InvalidClientError('client authentication is required');
  return secret === undefined ? { kind: 'identifier', clientId } : { kind: 'secret', clientId, secret };
}

/** HTTP Basic, whose halves are form-encoded (RFC 6749 section 2.3.1); a public client may send its id with an empty password. */
function inHeader(authorization: string, clientIdOfBody: string | undefined): PresentedIdentifier | PresentedSecret {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  const decoded = encoded === undefined ? undefined : textOf(encoded);
  const [, id, password] = /^([^:]+):(.*)$/s.exec(decoded ?? '') ?? [];
  const clientId = id === undefined ? undefined : formDecoded(id);
  const secret = password === undefined ? undefined : formDecoded(password);
  if (clientId === undefined || secret === undefined) {
    throw new InvalidClientError('the Authorization header must be Basic with client_id and client_secret', true);
  }
  if (clientIdOfBody !== undefined && clientIdOfBody !== clientId) {
    throw new InvalidRequestError('client_id must be that of the Authorization header');
  }
  return secret === '' ? { kind: 'identifier', clientId } : { kind: 'secret', clientId, secret };
}

function inAssertion(
  assertion: string | undefined,
  type: string | undefined,
  clientId: string | undefined,
): PresentedAssertion {
  if (assertion === undefined || type === undefined) {
    throw new InvalidRequestError('client_assertion and client_assertion_type must be sent together');
  }
  if (type !== JWT_BEARER) throw new InvalidClientError('client_assertion_type is not supported');
  if (assertion.length > ASSERTION_MAX_CHARACTERS) {
    throw new InvalidClientError(`client_assertion must have at most ${ASSERTION_MAX_CHARACTERS} characters`);
  }
  return { kind: 'assertion', clientId, assertion };
}

/**
 * A parameter of the form. One without a value counts as omitted (RFC 6749 section 3.2).
 * @throws InvalidRequestError for one that is repeated, which parsers make a list or an object of
 */
function parameter(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value: unknown = Reflect.get(body, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new InvalidRequestError(`${name} must not be repeated`);
  return value;
}

function textOf(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** RFC 6749 appendix B. */
function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
