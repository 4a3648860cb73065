import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const FILE = '.data/encryption-key';

/** 32 random octets for client secrets that the server needs in clear: made at the first start, and kept where only its user reads. */
export function encryptionKey(): string {
  mkdirSync(dirname(FILE), { recursive: true });
  const draft = `${FILE}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, randomBytes(32).toString('base64'), { mode: 0o600 });
  try {
    // The first of several instances that start at once makes it, whole; the others use it.
    linkSync(draft, FILE);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(FILE, 'utf8');
}
