/**
 * A refusal as it stands on the wire: `error` and `error_description` of RFC 7591 section 3.2.2.
 * The message names the field and states the rule; it repeats no value, and it is ASCII without `"` and `\`.
 */
export abstract class RegistrationError extends Error {
  /** The `error` member of the answer. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A redirection URI is missing or invalid (RFC 7591 section 3.2.2). */
export class InvalidRedirectUriError extends RegistrationError {
  readonly code = 'invalid_redirect_uri';
}

/** Any other member is invalid or contradicts another one (RFC 7591 section 3.2.2). */
export class InvalidClientMetadataError extends RegistrationError {
  readonly code = 'invalid_client_metadata';
}

/** The software statement is no signed statement, or not one for this server at this time (RFC 7591 section 3.2.2). */
export class InvalidSoftwareStatementError extends RegistrationError {
  readonly code = 'invalid_software_statement';
}

/** The software statement is valid, but its issuer or its software is not accepted (RFC 7591 section 3.2.2). */
export class UnapprovedSoftwareStatementError extends RegistrationError {
  readonly code = 'unapproved_software_statement';
}

/** The request cannot be read at all: its media type, size, method or path. */
export class InvalidRequestError extends RegistrationError {
  readonly code = 'invalid_request';

  constructor(
    message: string,
    readonly status: 400 | 405 | 413 | 415 = 400,
    /** Methods the resource offers; sent as `Allow` with a 405 (RFC 9110 section 15.5.6). */
    readonly allow: readonly string[] = [],
  ) {
    super(message);
  }
}

/** The client is at another version than the request is for (RFC 9110 section 13.1.1); nothing was done. No code is registered for it. */
export class PreconditionFailedError extends RegistrationError {
  readonly code = 'invalid_request';

  constructor(message = 'If-Match must name the current entity tag of the client') {
    super(message);
  }
}

/** The client is not known, or did not prove who it is (RFC 6749 section 5.2). */
export class InvalidClientError extends RegistrationError {
  readonly code = 'invalid_client';

  constructor(
    message: string,
    /** Whether the client used the `Authorization` header; then the answer has to name the scheme. */
    readonly inHeader = false,
  ) {
    super(message);
  }
}

/** The client has proved who it is, and is held: it waits for an approval, or was suspended (RFC 6749 section 5.2). */
export class UnauthorizedClientError extends RegistrationError {
  readonly code = 'unauthorized_client';

  constructor(message = 'the client may not be used at present') {
    super(message);
  }
}

/** The bearer token is missing, malformed, expired, revoked or of somebody else (RFC 6750 section 3.1). */
export class InvalidTokenError extends RegistrationError {
  readonly code = 'invalid_token';

  /** @param presented whether the request carried any credential; without one the challenge names no error code (RFC 6750 section 3) */
  constructor(readonly presented: boolean) {
    super(presented ? 'the bearer token is not valid here' : 'a bearer token is required');
  }
}

/** The credential is genuine but may not do this (RFC 6750 section 3.1). */
export class InsufficientScopeError extends RegistrationError {
  readonly code = 'insufficient_scope';

  constructor(message = 'the credential does not allow this request') {
    super(message);
  }
}

/** Registration is disabled, or a policy refuses this caller whatever it sends. */
export class AccessDeniedError extends RegistrationError {
  readonly code = 'access_denied';
}

/** The state changed under the request too often; nothing was done and the same request may succeed later. */
export class ConflictError extends RegistrationError {
  readonly code = 'temporarily_unavailable';

  constructor(message = 'the client was changed by other requests at the same time') {
    super(message);
  }
}

/** This caller, or all of them together, ask more often than they may; nothing was done (RFC 6585 section 4). */
export class TooManyRequestsError extends RegistrationError {
  readonly code = 'temporarily_unavailable';

  constructor(
    message: string,
    /** When to come back; sent as `Retry-After` (RFC 9110 section 10.2.3), a part of a second as a whole one. */
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** The database or a bounded queue cannot serve this request now; nothing was done. */
export class TemporarilyUnavailableError extends RegistrationError {
  readonly code = 'temporarily_unavailable';

  /** @param cause what the log says about it */
  constructor(cause?: string) {
    super('the server cannot answer now, try again later', cause === undefined ? {} : { cause });
  }
}

/** The key of an encrypted client secret is not configured, or does not fit: that says nothing about the client. */
export class UndecryptableSecretError extends TemporarilyUnavailableError {}
