import { timingSafeEqual } from 'node:crypto';
import type { FindAccount } from 'oidc-provider';

/** The one account of this demonstration; yours are in your database, with hashed passwords. */
export const DEMO = { username: 'alice', password: 'alice' } as const;

const CLAIMS = { sub: DEMO.username, name: 'Alice Ebb', email: 'alice@tides.example', email_verified: true };

/** The claims of an account, of which the provider shows those that were consented to. */
export const findAccount: FindAccount = async (_ctx, accountId) =>
  accountId === DEMO.username ? { accountId, claims: async () => CLAIMS } : undefined;

/** Whether this is the username and the password of the account. */
export function isAccount(username: unknown, password: unknown): boolean {
  return username === DEMO.username && isPassword(password);
}

function isPassword(password: unknown): boolean {
  const given = Buffer.from(typeof password === 'string' ? password : '');
  const right = Buffer.from(DEMO.password);
  return given.length === right.length && timingSafeEqual(given, right);
}
