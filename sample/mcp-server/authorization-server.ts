import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import {
  allowInsecureRequests,
  dynamicClientRegistration,
  ResponseBodyError,
  tokenIntrospection,
  type ClientMetadata,
  type Configuration,
  type IntrospectionResponse,
} from 'openid-client';
import { environment } from './environment.js';

/** The authorization server, of which this server is a client itself: only clients may ask what a token is worth (RFC 7662 section 2.1). */
@Injectable()
export class AuthorizationServer implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AuthorizationServer.name);
  private registration: Promise<Configuration> | undefined;

  /** What a token is worth now: asked each time, so that it ends when its client does. */
  async introspect(token: string): Promise<IntrospectionResponse> {
    try {
      return await tokenIntrospection(await this.registered(), token);
    } catch (error) {
      if (!(error instanceof ResponseBodyError) || error.error !== 'invalid_client') throw error;
      // This client is gone, too: it registers again, once.
      this.registration = undefined;
      return tokenIntrospection(await this.registered(), token);
    }
  }

  /** A client that is not needed any more deletes itself (RFC 7592 section 2.3). */
  async beforeApplicationShutdown(): Promise<void> {
    try {
      const { registration_client_uri: uri, registration_access_token: token } =
        (await this.registration)?.clientMetadata() ?? ({} as Partial<ClientMetadata>);
      if (typeof uri !== 'string' || typeof token !== 'string') return;
      await fetch(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    } catch {
      this.logger.warn(`the client of this server is left at ${environment.issuer}`);
    }
  }

  /** With the first token, so that either server may start first. */
  private async registered(): Promise<Configuration> {
    this.registration ??= this.register();
    try {
      return await this.registration;
    } catch (error) {
      this.registration = undefined;
      this.logger.error(
        'registration failed: start the authorization server with ACCESS=open, or set INITIAL_ACCESS_TOKEN',
      );
      throw error;
    }
  }

  private async register(): Promise<Configuration> {
    const { issuer, initialAccessToken, redirectUri } = environment;
    const metadata = { client_name: 'Tide tables, an MCP server', redirect_uris: [redirectUri] };
    return dynamicClientRegistration(new URL(issuer), metadata, undefined, {
      algorithm: 'oauth2',
      ...(initialAccessToken !== undefined && { initialAccessToken }),
      execute: issuer.startsWith('http:') ? [allowInsecureRequests] : [],
    });
  }
}
