import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Configuration } from 'openid-client';
import { environment } from './environment.js';
import { register, unregister } from './registration.js';

/** This server as a client of the authorization server: only clients may ask what a token is worth (RFC 7662 section 2.1). */
@Injectable()
export class OwnClient implements BeforeApplicationShutdown {
  private readonly logger = new Logger(OwnClient.name);
  private current: Promise<Configuration> | undefined;

  /** Registers when it is asked for the first time, so that either server may start first. */
  registration(): Promise<Configuration> {
    if (this.current) return this.current;
    const registration = register();
    this.current = registration;
    registration.catch(() => {
      this.logger.error(
        'registration failed: start the authorization server with ACCESS=open, or set INITIAL_ACCESS_TOKEN',
      );
      this.forget(registration);
    });
    return registration;
  }

  /** Registers anew the next time, unless another request has seen that this one is gone, too. */
  forget(registration: Promise<Configuration>): void {
    if (this.current === registration) this.current = undefined;
  }

  /** A client that is not needed any more is not left behind. */
  async beforeApplicationShutdown(): Promise<void> {
    try {
      if (this.current) await unregister(await this.current);
    } catch {
      this.logger.warn(`the client of this server is left at ${environment.issuer}`);
    }
  }
}
