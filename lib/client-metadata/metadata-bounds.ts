import type { ConsistencyRule } from './consistency-rule.js';
import type { MetadataTable } from './metadata-table.js';

/** What one client may be, of all that the server supports. */
export interface MetadataBounds {
  /** Scopes it may have; undefined for all. */
  readonly scopes: readonly string[] | undefined;
  /** Grant types it may have; undefined for all. */
  readonly grantTypes: readonly string[] | undefined;
  /** What its metadata must keep, every default included. */
  readonly rules: readonly ConsistencyRule[];
  /** The request as it is judged. */
  readonly apply: (request: Members, context: BoundsContext) => Members;
}

/** What decides which members of a request mean something. */
export interface BoundsContext {
  readonly metadataTable: MetadataTable;
  /** Whether an empty list of grant types is taken for none at all. */
  readonly mayHaveNone: boolean;
}

type Members = Readonly<Record<string, unknown>>;

/** Of a client that may be whatever the server supports. */
export const UNBOUNDED: MetadataBounds = {
  scopes: undefined,
  grantTypes: undefined,
  rules: [],
  apply: (request) => request,
};
