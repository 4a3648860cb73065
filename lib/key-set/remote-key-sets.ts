import { Injectable } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { LRUCache } from 'lru-cache';
import { jwkSet, withoutUnknownKeys } from '../client-metadata/jwk-set.rules.js';
import { TemporarilyUnavailableError } from '../errors/registration.error.js';
import { OutboundRequestError } from '../outbound-requests/outbound-request.error.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { RemoteDocuments } from '../remote-document/remote-documents.js';

/** How long a set is not asked for again because of a key it does not have. */
const RENEWAL_MILLISECONDS = 30_000;
/** How many sets that is remembered of. */
const RENEWALS = 1000;

/** Whose keys they are: a set that is read for one is not taken for the other. */
export type KeySetPurpose = 'client' | 'software-statement';

/** How a set was read again. */
interface Renewal {
  readonly failure?: TemporarilyUnavailableError;
}

/** Reads JWK Sets at URLs (RFC 7517 section 5). */
@Injectable()
export class RemoteKeySets {
  private readonly renewals = new LRUCache<string, Renewal>({ max: RENEWALS, ttl: RENEWAL_MILLISECONDS });

  constructor(
    private readonly documents: RemoteDocuments,
    private readonly config: RegistrationConfiguration,
  ) {}

  /**
   * The public keys at a URL.
   * @param kid the key that is looked for: where the set as it is known has none of this name, it is read again, once in 30 seconds
   * @throws TemporarilyUnavailableError when they cannot be had now, or are no set of public keys: that says nothing about who signs
   */
  async fetch(purpose: KeySetPurpose, uri: string, kid?: string): Promise<JSONWebKeySet> {
    const known = await this.read(purpose, uri, false);
    if (kid === undefined || known.keys.some((key) => key.kid === kid)) return known;
    const key = JSON.stringify([purpose, uri]);
    const renewal = this.renewals.get(key);
    // That the key is unknown was not found out then, and must not be concluded.
    if (renewal?.failure) throw renewal.failure;
    return renewal ? known : this.renew(key, purpose, uri);
  }

  /** Remembered when it has ended: until then, who looks for a new key too waits for the same request. */
  private async renew(key: string, purpose: KeySetPurpose, uri: string): Promise<JSONWebKeySet> {
    try {
      const keySet = await this.read(purpose, uri, true);
      this.renewals.set(key, {});
      return keySet;
    } catch (error) {
      if (error instanceof TemporarilyUnavailableError) this.renewals.set(key, { failure: error });
      throw error;
    }
  }

  private async read(purpose: KeySetPurpose, url: string, isRenewed: boolean): Promise<JSONWebKeySet> {
    const maximumBytes = this.config.limits.jwksBytes;
    try {
      return await this.documents.read({ purpose: `keys of ${purpose}`, url, maximumBytes, read: keySetOf, isRenewed });
    } catch (error) {
      if (!(error instanceof OutboundRequestError)) throw error;
      throw new TemporarilyUnavailableError(`keys: ${error.message}`);
    }
  }
}

function keySetOf(json: unknown): JSONWebKeySet {
  const [violation] = jwkSet(json);
  if (violation) throw new OutboundRequestError(`the set of keys${violation.at} ${violation.rule}`, false);
  return withoutUnknownKeys(json as object) as JSONWebKeySet;
}
