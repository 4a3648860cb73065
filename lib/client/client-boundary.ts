import { isKey } from '../storage/registration-data-source.js';
import type { OAuthClientRecord } from './oauth-client.record.js';

/** Whose clients and tokens are looked at: those of others are as if they were not there. */
export interface ClientBoundary {
  /** Those of one owner. @default of all, and of none */
  readonly owner?: string | undefined;
  /** Those of one tenant. @default of all, and of none */
  readonly tenant?: string | undefined;
}

/** Whether a client or token lies within it, letter by letter. What cannot be an owner or a tenant bounds to nothing. */
export function isWithin(
  { owner, tenant }: Pick<OAuthClientRecord, 'owner' | 'tenant'>,
  within: ClientBoundary = {},
): boolean {
  if (!isBoundary(within)) return false;
  return (
    (within.owner === undefined || within.owner === owner) && (within.tenant === undefined || within.tenant === tenant)
  );
}

/** Whether owner and tenant are left out, or can be one. */
export function isBoundary({ owner, tenant }: ClientBoundary): boolean {
  return [owner, tenant].every((name) => name === undefined || isKey(name));
}
