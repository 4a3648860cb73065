import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { randomUUID } from 'node:crypto';
import { isWithin, type ClientBoundary } from '../client/client-boundary.js';
import { isOwner, OWNER_RULE } from '../client/client.rules.js';
import { RegistrationListeners } from '../client-registration/registration-listeners.js';
import { DuplicateKeyError } from '../storage/storage-failure.js';
import { epochNow } from '../token/clock.js';
import { tokenHash, TokenGenerator } from '../token/opaque-token.js';
import { refusalOf, tokenEvent, type InitialAccessTokenRecord } from './initial-access-token.record.js';
import { InitialAccessTokenRepository } from './initial-access-token.repository.js';
import type { RegistrationBounds } from './registration-bounds.js';
import { RegistrationBoundsValidator } from './registration-bounds.validator.js';
import type { RegistrationCredential } from './registration-credential.js';

/** What an initial access token is good for. */
export interface InitialAccessTokenOptions {
  /** Who is responsible for the clients that register with it. @default none */
  readonly owner?: string;
  /** In whose part of the server these clients live. @default none */
  readonly tenant?: string;
  /** What these clients may be, now and after every update. @default whatever the server allows */
  readonly bounds?: RegistrationBounds;
  /** Lifetime in seconds; 0 means it never expires. @default 3600 */
  readonly expiresInSeconds?: number;
  /** How many clients may register with it. @default any number */
  readonly maxUses?: number;
  /** The token itself, where it is not to be generated: at least 32 b64token characters (RFC 6750 section 2.1). */
  readonly token?: string;
}

/** A new token in clear, shown once, and what is kept of it. */
export interface IssuedInitialAccessToken {
  readonly token: string;
  readonly record: InitialAccessTokenRecord;
}

/** Lifetime of a token that names none, in seconds. */
export const DEFAULT_LIFETIME_SECONDS = 3600;
/** A century: more is a slip of the finger. */
const LONGEST_LIFETIME_SECONDS = 36_525 * 86_400;
/** What the column holds. */
const MOST_USES = 2_147_483_647;
const PREFIX = 'iat_';
/** How many tokens are remembered, and how long. */
const RECENT = 1_000;
const RECENT_MS = 1_000;

/** Issues, lists and revokes initial access tokens: who may register (RFC 7591 section 3). */
@Injectable()
export class InitialAccessTokenService {
  /** By hash. */
  private readonly recent = new LRUCache<string, InitialAccessTokenRecord>({ max: RECENT, ttl: RECENT_MS });

  constructor(
    private readonly tokens: InitialAccessTokenRepository,
    private readonly generator: TokenGenerator,
    private readonly listeners: RegistrationListeners,
    private readonly boundsValidator: RegistrationBoundsValidator,
  ) {}

  /** @throws RangeError for a lifetime, a number of uses, an owner, a tenant, bounds or a token that make no sense */
  async issue(options: InitialAccessTokenOptions = {}): Promise<IssuedInitialAccessToken> {
    const {
      owner = null,
      tenant = null,
      bounds = null,
      expiresInSeconds = DEFAULT_LIFETIME_SECONDS,
      maxUses = null,
    } = options;
    requireInteger('expiresInSeconds', expiresInSeconds, 0, LONGEST_LIFETIME_SECONDS);
    if (maxUses !== null) requireInteger('maxUses', maxUses, 1, MOST_USES);
    if (owner !== null && !isOwner(owner)) throw new RangeError(`owner ${OWNER_RULE}`);
    if (tenant !== null && !isOwner(tenant)) throw new RangeError(`tenant ${OWNER_RULE}`);
    const validBounds = bounds === null ? null : await this.boundsValidator.validate(bounds);
    const token = options.token ?? this.generator.generate(PREFIX);
    if (typeof token !== 'string' || !/^[A-Za-z0-9\-._~+/]{32,}=*$/.test(token)) {
      throw new RangeError('token must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /');
    }
    const now = epochNow();
    const record: InitialAccessTokenRecord = {
      id: randomUUID(),
      tokenHash: tokenHash(token),
      owner,
      tenant,
      bounds: validBounds,
      issuedAt: now,
      expiresAt: expiresInSeconds === 0 ? null : now + expiresInSeconds,
      maxUses,
      uses: 0,
      revokedAt: null,
    };
    const event = tokenEvent('issued', record);
    try {
      await this.tokens.insert(record, this.listeners.participant(event));
    } catch (error) {
      if (error instanceof DuplicateKeyError) throw new RangeError('token is issued already');
      throw error;
    }
    await this.listeners.tell(event);
    return { token, record };
  }

  /** @returns what is kept of a token, usable or not; undefined when it was never issued */
  async find(token: string): Promise<InitialAccessTokenRecord | undefined> {
    return typeof token === 'string' ? this.tokens.findByHash(tokenHash(token)) : undefined;
  }

  /** All tokens, the newest first; those of one owner or tenant where it is given, and none for what cannot be one. */
  async list(owner?: string, tenant?: string): Promise<InitialAccessTokenRecord[]> {
    return this.tokens.list({ owner, tenant });
  }

  /**
   * Revokes a token by its id; clients that registered with it stay.
   * @returns whether there is such a token within the boundary
   */
  async revoke(id: string, within?: ClientBoundary): Promise<boolean> {
    const token = await this.tokens.findById(id);
    if (!token || !isWithin(token, within)) return false;
    const event = tokenEvent('revoked', token);
    // One that is revoked already keeps its time.
    const isChanged = await this.tokens.revoke(token, epochNow(), this.listeners.participant(event));
    // Not before: somebody would look it up meanwhile, and remember it.
    this.recent.delete(token.tokenHash);
    if (isChanged) await this.listeners.tell(event);
    return true;
  }

  /** @returns the credential a usable token makes; undefined for every other token, of which listeners are told */
  async authenticate(token: string): Promise<RegistrationCredential | undefined> {
    return this.credentialOf(await this.find(token));
  }

  /**
   * The same for a registration, which is stored only if the token is still usable then, and refused for nothing else if it is not: a token that was
   * usable within the last second is not looked up again.
   */
  async recognize(token: string): Promise<RegistrationCredential | undefined> {
    const recent = typeof token === 'string' ? this.recent.get(tokenHash(token)) : undefined;
    if (recent && refusalOf(recent, epochNow()) === undefined) return credentialOf(recent);
    const record = await this.find(token);
    const credential = this.credentialOf(record);
    // One that is counted has another count after each use.
    if (record && credential && record.maxUses === null) this.recent.set(record.tokenHash, record);
    return credential;
  }

  private credentialOf(record: InitialAccessTokenRecord | undefined): RegistrationCredential | undefined {
    const refusal = refusalOf(record, epochNow());
    if (record && refusal === undefined) return credentialOf(record);
    this.listeners.tellLater({ ...tokenEvent('refused', record), reason: refusal ?? 'unknown' });
    return undefined;
  }
}

function credentialOf(token: InitialAccessTokenRecord): RegistrationCredential {
  const { owner, tenant, bounds } = token;
  return { owner, tenant, bounds, initialAccessToken: token };
}

function requireInteger(name: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name} must be an integer from ${minimum} to ${maximum}`);
  }
}
