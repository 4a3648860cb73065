import { readFileSync } from 'node:fs';
import type { SoftwareStatementOptions } from 'nestjs-dynamic-registration';

/** Whose software statements are accepted: those of one issuer, where the environment names it and a file of its public keys. */
export function softwareStatements(issuer: string | undefined, file: string | undefined): SoftwareStatementOptions {
  if (issuer === undefined && file === undefined) return { mode: 'ignored' };
  if (issuer === undefined || file === undefined) {
    throw new Error('SOFTWARE_STATEMENT_ISSUER and SOFTWARE_STATEMENT_JWKS belong together');
  }
  return { mode: 'optional', issuers: [{ issuer, jwks: JSON.parse(readFileSync(file, 'utf8')) }] };
}
