import { Injectable } from '@nestjs/common';
import {
  ResponseBodyError,
  tokenIntrospection,
  WWWAuthenticateChallengeError,
  type IntrospectionResponse,
} from 'openid-client';
import { OwnClient } from './own-client.js';

/** The authorization server that protects this one. */
@Injectable()
export class AuthorizationServer {
  constructor(private readonly client: OwnClient) {}

  /** What a token is worth now: asked each time, so that it ends when its client does. */
  async introspect(token: string): Promise<IntrospectionResponse> {
    const registration = this.client.registration();
    try {
      return await tokenIntrospection(await registration, token);
    } catch (error) {
      if (!isUnknownClient(error)) throw error;
      // The client that this server is has been deleted: it registers again, once.
      this.client.forget(registration);
      return tokenIntrospection(await this.client.registration(), token);
    }
  }
}

/** RFC 7662 section 2.3. */
function isUnknownClient(error: unknown): boolean {
  return (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) && error.status === 401;
}
