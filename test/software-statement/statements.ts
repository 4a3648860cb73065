import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '../support/databases.js';
import { ISSUER } from '../support/start-server.js';

/** Somebody who signs statements, with a key of their own. */
export interface Signer {
  readonly issuer: string;
  /** The public key, with the name `kid`. */
  readonly jwk: JWK;
  /** A statement of now, with these claims; `undefined` leaves one out. The header is added to `alg` and `kid`. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export const now = (): number => Math.floor(Date.now() / 1000);

/** Where the server is registered at, as the audience of a statement. */
export const AUDIENCE = ISSUER;

export async function signer(issuer: string, alg = 'ES256', kid = 'of-2026'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    issuer,
    jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' },
    sign: async (claims = {}, header = {}) => {
      const all = { iss: issuer, iat: now(), software_id: 'tides', ...claims };
      const given = Object.entries(all).filter(([, value]) => value !== undefined);
      return new SignJWT(Object.fromEntries(given) as JWTPayload)
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey);
    },
  };
}

/** A `jti` nobody has used. */
export const jti = (): string => randomUUID();

/** The text of a statement with other parts, its signature kept. */
export function withPart(statement: string, index: 0 | 1, value: unknown): string {
  const encoded = Buffer.from(JSON.stringify(value)).toString('base64url');
  return statement.split('.').with(index, encoded).join('.');
}

/** One database for several servers, which the last of them drops. */
export async function sharedDatabase(database: TestDatabase): Promise<TestDatabase> {
  const created = await database.create();
  let servers = 0;
  const drop = async () => {
    if (--servers === 0) await created.drop();
  };
  return {
    ...database,
    create: async () => {
      servers++;
      return { ...created, drop };
    },
  };
}
