import { Injectable } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { RemoteKeySets } from '../key-set/remote-key-sets.js';

/** Fetches the keys of clients that register `jwks_uri`. Extend it and list it in `providers` to get them from elsewhere. */
@Injectable()
export class ClientKeySetFetcher {
  constructor(private readonly keySets: RemoteKeySets) {}

  /**
   * @param kid the key that the client says it has used
   * @throws TemporarilyUnavailableError when the keys cannot be had now, which says nothing about the client
   */
  async fetch(jwksUri: string, kid?: string): Promise<JSONWebKeySet> {
    return this.keySets.fetch('client', jwksUri, kid);
  }
}
