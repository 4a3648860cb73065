import { HttpException } from '@nestjs/common';

type Code = 'invalid_request' | 'invalid_grant' | 'invalid_scope' | 'unauthorized_client' | 'unsupported_grant_type';

/** A refusal of the token endpoint (RFC 6749 section 5.2). */
export class OAuthError extends HttpException {
  constructor(code: Code, description: string) {
    super({ error: code, error_description: description }, 400);
  }
}
