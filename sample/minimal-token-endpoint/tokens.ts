import { createHash, randomBytes } from 'node:crypto';

/** Tokens in clear, which exist in one answer. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
}

/** Tokens and their scope. */
export type Issued = Tokens & { readonly scope: string };

/** An access token of 256 random bits; the prefix is for secret scanners. */
export function newAccessToken(): string {
  return `at_${randomBytes(32).toString('base64url')}`;
}

/** A refresh token, which names its grant: so one that was replaced still leads to the grant it has to end. */
export function newRefreshToken(grantId: string): string {
  return `rt_${grantId}_${randomBytes(32).toString('base64url')}`;
}

/** @returns the grant that a refresh token names; undefined for what is none */
export function grantIdOf(refreshToken: string): string | undefined {
  return /^rt_([0-9a-f-]{36})_/.exec(refreshToken)?.[1];
}

/** What is kept of a token. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Seconds since the epoch. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
