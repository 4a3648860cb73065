import { Injectable } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';

/**
 * Fetches the keys of clients that register `jwks_uri`. This one fetches nothing: a URL that strangers register is a way into the network of
 * the server. Extend it and list it in `providers` where you have a client that is safe for that.
 */
@Injectable()
export class ClientKeySetFetcher {
  /** @throws TemporarilyUnavailableError when the keys cannot be had now, which says nothing about the client */
  async fetch(_jwksUri: string): Promise<JSONWebKeySet> {
    throw new TemporarilyUnavailableError('there is no ClientKeySetFetcher for the jwks_uri of clients');
  }
}
