import { Injectable } from '@nestjs/common';
import { hash, randomFillSync, timingSafeEqual } from 'node:crypto';

/** What tokens and secrets of this module consist of, unless they are keys: 256 random bits in base64url. */
const RANDOM_BYTES = 32;

/**
 * Makes opaque tokens. Extend it and list it in `providers` to change their form; a token has at least 256 random bits and consists of
 * b64token characters (RFC 6750 section 2.1).
 */
@Injectable()
export class TokenGenerator {
  /**
   * @param prefix names the kind, for secret scanners; it is no condition for a token to be accepted
   * @param bytes how many random octets it has
   */
  generate(prefix: string, bytes = RANDOM_BYTES): string {
    return prefix + randomText(bytes);
  }
}

/** Random octets for many tokens: asking for those of each costs ten times as much. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random octets in base64url, none of which is kept. */
function randomText(bytes: number): string {
  if (bytes > pool.length) return randomFillSync(Buffer.alloc(bytes)).toString('base64url');
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('base64url', used, used + bytes);
  pool.fill(0, used, used + bytes);
  used += bytes;
  return text;
}

/** SHA-256 of a token, in hex. Tokens have 256 random bits, so a slow hash would add nothing. */
export function tokenHash(token: string): string {
  return hash('sha256', token);
}

/** Compares two hashes of equal kind in constant time. */
export function equalHashes(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
